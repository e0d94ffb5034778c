/* codec/rows_reader.h: what the readers of the formats share: the rows that they fill, and how they are
 * opened on any input. */
#ifndef MANDO_CODEC_ROWS_READER_H
#define MANDO_CODEC_ROWS_READER_H

#include "base/json.h"
#include "codec/input.h"
#include "codec/rows_columns.h"
#include "codec/rows_ids.h"
#include "mando/codec.h"

/* A format: its own struct of `size` bytes, zeroed. open needs close also after a failure; fill adds
 * rows to the batch until it is full or the input ends. locate, where it is not NULL, turns the column
 * that a row was given into its place. */
struct rows_format {
    size_t size;
    enum mando_status (*open)(struct mando_rows_reader *reader, void *self,
                              struct mando_error *error);
    enum mando_status (*fill)(struct mando_rows_reader *reader, void *self,
                              struct mando_error *error);
    void (*close)(void *self);
    struct mando_json_place (*locate)(const void *self, int64_t column);
};

extern const struct rows_format rows_format_csv, rows_format_ndjson, rows_format_json,
    rows_format_smard;

struct mando_rows_reader {
    const struct rows_format *format;
    void *self;
    struct mando_input *input;
    bool owns_input;
    struct mando_rows_options options;
    struct rows_columns columns;
    struct rows_ids ids;
    struct rows_batch batch;
    struct mando_vector zones;     /* const struct mando_zone * of the ids that options.point saw */
    const struct mando_zone *zone; /* of dates in the row at hand */
    uint64_t rows;                 /* in the batches before */
};

/* mando_rows_read_open on an input, which is borrowed. */
enum mando_status rows_reader_open(struct mando_input *input, enum mando_rows_format format,
                                   const struct mando_rows_options *options,
                                   struct mando_rows_reader **reader_out,
                                   struct mando_error *error);

/* Whether rows may name no id: all are of one, or those that name none are of options.id_otherwise. */
static inline bool rows_reader_may_lack_id(const struct mando_rows_reader *reader)
{
    return reader->options.id || reader->options.id_otherwise;
}

/* Takes the id of the row, and with it the zone of its dates; one that options.id does not allow is
 * refused. MANDO_INVALID (point.id, rows.cell), MANDO_LIMIT, MANDO_NO_MEMORY; without a place; what
 * options.point answers. */
enum mando_status rows_reader_take_id(struct mando_rows_reader *reader, const char *id,
                                      size_t length, struct mando_error *error);

/* The same of a series: options.point is told anew. `id` may be NULL: that of the options. */
enum mando_status rows_reader_take_series(struct mando_rows_reader *reader, const char *id,
                                          size_t length, const char *unit,
                                          const struct mando_duration *resolution,
                                          struct mando_error *error);

/* Whether a failure is about what stands in the file, and has no place yet. */
bool rows_reader_lacks_place(enum mando_status status, const struct mando_error *error);

/* Lets the row, whose start is set, end after a step, unless it has an end. MANDO_INVALID (time.range). */
enum mando_status rows_reader_set_step(struct mando_rows_reader *reader, struct mando_duration step,
                                       struct mando_error *error);

/* Completes the row that begins at a place. MANDO_INVALID (time.order), MANDO_LIMIT (io.limit),
 * MANDO_NO_MEMORY. */
enum mando_status rows_reader_end_row(struct mando_rows_reader *reader, int64_t line,
                                      int64_t column, struct mando_error *error);

/* Takes a document, without the blanks that its text may have. */
enum mando_status rows_reader_take_document(struct mando_rows_reader *reader, const char *text,
                                            size_t length, struct mando_error *error);

#endif
