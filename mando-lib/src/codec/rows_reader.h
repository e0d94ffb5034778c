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
    uint64_t rows; /* in the batches before */
};

/* mando_rows_read_open on an input, which is borrowed. */
enum mando_status rows_reader_open(struct mando_input *input, enum mando_rows_format format,
                                   const struct mando_rows_options *options,
                                   struct mando_rows_reader **reader_out,
                                   struct mando_error *error);

/* Takes the id of the row; one that options.id does not allow is refused. MANDO_INVALID (point.id,
 * rows.cell), MANDO_LIMIT, MANDO_NO_MEMORY; without a place. */
enum mando_status rows_reader_take_id(struct mando_rows_reader *reader, const char *id,
                                      size_t length, struct mando_error *error);

/* Completes the row that begins at a place. MANDO_INVALID (time.order), MANDO_LIMIT (io.limit),
 * MANDO_NO_MEMORY. */
enum mando_status rows_reader_end_row(struct mando_rows_reader *reader, int64_t line,
                                      int64_t column, struct mando_error *error);

/* Takes a document, without the blanks that its text may have. */
enum mando_status rows_reader_take_document(struct mando_rows_reader *reader, const char *text,
                                            size_t length, struct mando_error *error);

#endif
