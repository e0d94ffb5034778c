#include <string.h>

#include "codec/rows_writer.h"

/* Neither CSV nor NDJSON remembers anything from row to row. */
struct nothing {
    char none;
};

static void nothing_to_close(const struct rows_writer *writer, void *self)
{
    (void)writer;
    (void)self;
}

static enum mando_status nothing_to_finish(struct rows_writer *writer, void *self,
                                           struct mando_error *error)
{
    (void)writer;
    (void)self;
    (void)error;
    return MANDO_OK;
}

static size_t cells_of(const struct rows_writer *writer, enum rows_part part)
{
    return part == ROWS_PART_VALUE ? writer->width : 1;
}

static enum mando_status open_csv(struct rows_writer *writer, void *self, struct mando_error *error)
{
    struct mando_text *text = &writer->text;
    (void)self;
    for (int part = 0; part < ROWS_PARTS; part++) {
        if (!rows_writer_has(writer, (enum rows_part)part))
            continue;
        for (size_t i = 0; i < cells_of(writer, (enum rows_part)part); i++) {
            const char *name = rows_writer_name(writer, (enum rows_part)part, i);
            mando_text_append(text, ",", text->length > 0);
            rows_writer_append_csv(text, name, strlen(name));
        }
    }
    mando_text_append(text, "\n", 1);
    return rows_writer_flush(writer, false, error);
}

static void append_csv(const struct rows_writer *writer, struct mando_text *text,
                       const struct mando_rows *rows, size_t row)
{
    bool is_first = true;
    for (int part = 0; part < ROWS_PARTS; part++) {
        if (!rows_writer_has(writer, (enum rows_part)part))
            continue;
        for (size_t i = 0; i < cells_of(writer, (enum rows_part)part); i++) {
            mando_text_append(text, ",", !is_first);
            rows_writer_csv(writer, text, rows, row, (enum rows_part)part, i);
            is_first = false;
        }
    }
    mando_text_append(text, "\n", 1);
}

static enum mando_status rows_csv(struct rows_writer *writer, void *self,
                                  const struct mando_rows *rows, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    (void)self;
    for (size_t i = 0; i < rows->count && !status; i++) {
        append_csv(writer, &writer->text, rows, i);
        status = rows_writer_flush(writer, false, error);
    }
    return status;
}

static enum mando_status open_ndjson(struct rows_writer *writer, void *self,
                                     struct mando_error *error)
{
    return nothing_to_finish(writer, self, error);
}

static void append_ndjson(const struct rows_writer *writer, struct mando_text *text,
                          const struct mando_rows *rows, size_t row)
{
    char separator = '{';
    for (int part = 0; part < ROWS_PARTS; part++) {
        if (!rows_writer_has(writer, (enum rows_part)part))
            continue;
        for (size_t i = 0; i < cells_of(writer, (enum rows_part)part); i++) {
            const char *name = rows_writer_name(writer, (enum rows_part)part, i);
            mando_text_append(text, &separator, 1);
            mando_text_append_quoted(text, name, strlen(name));
            mando_text_append(text, ":", 1);
            rows_writer_json(writer, text, rows, row, (enum rows_part)part, i);
            separator = ',';
        }
    }
    mando_text_append(text, "}\n", 2);
}

static enum mando_status rows_ndjson(struct rows_writer *writer, void *self,
                                     const struct mando_rows *rows, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    (void)self;
    for (size_t i = 0; i < rows->count && !status; i++) {
        append_ndjson(writer, &writer->text, rows, i);
        status = rows_writer_flush(writer, false, error);
    }
    return status;
}

const struct rows_write_format rows_write_csv = {sizeof(struct nothing), open_csv, rows_csv,
                                                 nothing_to_finish, nothing_to_close};

const struct rows_write_format rows_write_ndjson = {
    sizeof(struct nothing), open_ndjson, rows_ndjson, nothing_to_finish, nothing_to_close};
