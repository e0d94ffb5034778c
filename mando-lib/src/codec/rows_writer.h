/* codec/rows_writer.h: what the writers of the formats share: where bytes go and what columns there are. */
#ifndef MANDO_CODEC_ROWS_WRITER_H
#define MANDO_CODEC_ROWS_WRITER_H

#include <stdbool.h>

#include "base/text.h"
#include "mando/codec.h"

/* The columns of an answer, in their order; of a matrix each label has one in place of `value`. */
enum rows_part {
    ROWS_PART_ID,
    ROWS_PART_START,
    ROWS_PART_END,
    ROWS_PART_KNOWN,
    ROWS_PART_CHANGED,
    ROWS_PART_VALUE,
    ROWS_PART_AUTHOR,
    ROWS_PART_DELETED,
    ROWS_PARTS
};

struct rows_writer {
    const struct mando_rows_write_options *options;
    uint32_t width;
    struct mando_text text; /* what was not handed on */
    int (*write)(void *context, const char *bytes, size_t length);
    void *context;
};

/* Where rows come from: next as mando_rows_next, count 0 is the end. */
struct rows_source {
    enum mando_status (*next)(void *context, struct mando_rows *rows, struct mando_error *error);
    void *context;
};

/* mando_rows_write for any source. */
enum mando_status rows_write_file(const char *path, enum mando_rows_format format,
                                  const struct rows_source *source,
                                  const struct mando_rows_write_options *options,
                                  struct mando_error *error);

/* A format: its own struct of `size` bytes, zeroed; close also follows a failure. */
struct rows_write_format {
    size_t size;
    enum mando_status (*open)(struct rows_writer *writer, void *self, struct mando_error *error);
    enum mando_status (*rows)(struct rows_writer *writer, void *self, const struct mando_rows *rows,
                              struct mando_error *error);
    enum mando_status (*finish)(struct rows_writer *writer, void *self, struct mando_error *error);
    void (*close)(const struct rows_writer *writer, void *self);
};

extern const struct rows_write_format rows_write_csv, rows_write_ndjson, rows_write_json;

/* Whether the answer has a column; its name, that of label `i` for values. */
bool rows_writer_has(const struct rows_writer *writer, enum rows_part part);
const char *rows_writer_name(const struct rows_writer *writer, enum rows_part part, size_t i);

/* What the columns that are written take for granted. MANDO_INVALID (arrow.*). */
enum mando_status rows_writer_check(const struct rows_writer *writer, const struct mando_rows *rows,
                                    struct mando_error *error);

/* Append one cell, as CSV or as JSON; column counts the numbers of a matrix. */
void rows_writer_csv(const struct rows_writer *writer, struct mando_text *text,
                     const struct mando_rows *rows, size_t row, enum rows_part part, size_t column);
void rows_writer_json(const struct rows_writer *writer, struct mando_text *text,
                      const struct mando_rows *rows, size_t row, enum rows_part part,
                      size_t column);

/* Hands on what was appended; small pieces wait unless it is the last. MANDO_CANCELLED,
 * MANDO_NO_MEMORY. */
enum mando_status rows_writer_flush(struct rows_writer *writer, bool last,
                                    struct mando_error *error);

/* A text that CSV can hold, in quotes where it must be. */
void rows_writer_append_csv(struct mando_text *text, const char *bytes, size_t length);

#endif
