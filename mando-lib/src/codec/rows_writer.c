#include "codec/rows_writer.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "codec/output.h"
#include "codec/parquet.h"

#define PIECE_BYTES ((size_t)64 << 10)

bool rows_writer_has(const struct rows_writer *writer, enum rows_part part)
{
    switch (part) {
    case ROWS_PART_ID:
        return writer->options->with_id;
    case ROWS_PART_START:
    case ROWS_PART_END:
    case ROWS_PART_VALUE:
        return true;
    case ROWS_PART_KNOWN:
        return writer->options->history || writer->options->with_known;
    case ROWS_PART_DELETED:
        return writer->options->history || writer->options->with_deleted;
    default:
        return writer->options->history;
    }
}

const char *rows_writer_name(const struct rows_writer *writer, enum rows_part part, size_t i)
{
    static const char *const NAMES[ROWS_PARTS] = {"id",      "start", "end",    "known",
                                                  "changed", "value", "author", "deleted"};
    return part == ROWS_PART_VALUE && writer->options->labels ? writer->options->labels[i]
                                                              : NAMES[part];
}

static bool needs_quotes(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] == '"' || bytes[i] == ',' || bytes[i] == '\r' || bytes[i] == '\n')
            return true;
    return false;
}

void rows_writer_append_csv(struct mando_text *text, const char *bytes, size_t length)
{
    if (!needs_quotes(bytes, length)) {
        mando_text_append(text, bytes, length);
        return;
    }
    mando_text_append(text, "\"", 1);
    for (size_t i = 0; i < length; i++)
        mando_text_append(text, bytes[i] == '"' ? "\"\"" : &bytes[i], bytes[i] == '"' ? 2 : 1);
    mando_text_append(text, "\"", 1);
}

/* The time of a cell; false where it has none. */
static bool time_of(const struct mando_rows *rows, size_t row, enum rows_part part,
                    int64_t *time_us_out)
{
    bool is_there = part == ROWS_PART_START   ? true
                    : part == ROWS_PART_END   ? mando_rows_has_end(rows, row)
                    : part == ROWS_PART_KNOWN ? mando_rows_is_known(rows, row)
                                              : rows->change_us != NULL;
    const int64_t *times = part == ROWS_PART_START   ? rows->valid_start_us
                           : part == ROWS_PART_END   ? rows->valid_end_us
                           : part == ROWS_PART_KNOWN ? rows->knowledge_us
                                                     : rows->change_us;
    if (is_there)
        *time_us_out = times[row];
    return is_there;
}

static const char *id_of(const struct rows_writer *writer, const struct mando_rows *rows,
                         size_t row)
{
    return writer->options->points[rows->point ? rows->point[row] : 0].id;
}

/* Appends the time of a cell between quotes (or nothing); false where it has none. */
static bool append_time(struct mando_text *text, const struct mando_rows *rows, size_t row,
                        enum rows_part part, const char *quote)
{
    char word[MANDO_TIME_TEXT_SIZE];
    int64_t time_us = 0;
    if (!time_of(rows, row, part, &time_us))
        return false;
    mando_time_format(time_us, word);
    mando_text_append(text, quote, strlen(quote));
    mando_text_append(text, word, strlen(word));
    mando_text_append(text, quote, strlen(quote));
    return true;
}

static void append_word(struct mando_text *text, const char *word)
{
    mando_text_append(text, word, strlen(word));
}

static void append_value(struct mando_text *text, const struct mando_rows *rows, size_t row,
                         size_t column, bool is_json)
{
    const char *null = is_json ? "null" : "";
    if (rows->type == MANDO_DOCUMENT) {
        if (!mando_rows_is_present(rows, row))
            append_word(text, null);
        else if (is_json)
            mando_text_append(text, mando_texts_at(rows->document, row),
                              mando_texts_length(rows->document, row));
        else
            rows_writer_append_csv(text, mando_texts_at(rows->document, row),
                                   mando_texts_length(rows->document, row));
        return;
    }
    double number = mando_rows_number(rows, row, column);
    if (isnan(number))
        append_word(text, null);
    else
        mando_text_append_number(text, number);
}

void rows_writer_csv(const struct rows_writer *writer, struct mando_text *text,
                     const struct mando_rows *rows, size_t row, enum rows_part part, size_t column)
{
    switch (part) {
    case ROWS_PART_ID:
        append_word(text, id_of(writer, rows, row));
        break;
    case ROWS_PART_VALUE:
        append_value(text, rows, row, column, false);
        break;
    case ROWS_PART_AUTHOR:
        if (rows->author.offsets)
            rows_writer_append_csv(text, mando_texts_at(rows->author, row),
                                   mando_texts_length(rows->author, row));
        break;
    case ROWS_PART_DELETED:
        append_word(text, mando_rows_is_deleted(rows, row) ? "true" : "false");
        break;
    default:
        (void)append_time(text, rows, row, part, "");
    }
}

void rows_writer_json(const struct rows_writer *writer, struct mando_text *text,
                      const struct mando_rows *rows, size_t row, enum rows_part part, size_t column)
{
    switch (part) {
    case ROWS_PART_ID:
        mando_text_append_quoted(text, id_of(writer, rows, row), strlen(id_of(writer, rows, row)));
        break;
    case ROWS_PART_VALUE:
        append_value(text, rows, row, column, true);
        break;
    case ROWS_PART_AUTHOR:
        if (rows->author.offsets)
            mando_text_append_quoted(text, mando_texts_at(rows->author, row),
                                     mando_texts_length(rows->author, row));
        else
            append_word(text, "null");
        break;
    case ROWS_PART_DELETED:
        append_word(text, mando_rows_is_deleted(rows, row) ? "true" : "false");
        break;
    default:
        if (!append_time(text, rows, row, part, "\""))
            append_word(text, "null");
    }
}

enum mando_status rows_writer_flush(struct rows_writer *writer, bool last,
                                    struct mando_error *error)
{
    struct mando_text *text = &writer->text;
    if (text->status)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to write rows");
    if (text->length == 0 || (text->length < PIECE_BYTES && !last))
        return MANDO_OK;
    int stopped = writer->write(writer->context, text->bytes, text->length);
    text->length = 0;
    return stopped ? mando_fail(error, MANDO_E_CANCELLED, -1, "the writing of rows was cancelled")
                   : MANDO_OK;
}

enum mando_status rows_writer_check(const struct rows_writer *writer, const struct mando_rows *rows,
                                    struct mando_error *error)
{
    if (rows->count > 0 && rows->width != writer->width)
        return mando_fail(error, MANDO_E_ARROW_SCHEMA, -1,
                          "a stream has values of %u numbers where there are %u columns",
                          (unsigned)rows->width, (unsigned)writer->width);
    for (size_t i = 0; i < rows->count; i++) {
        int32_t point = rows->point ? rows->point[i] : 0;
        if ((size_t)point >= writer->options->point_count)
            return mando_fail(error, MANDO_E_ARROW_ARRAY, (int64_t)i,
                              "a row is of point %" PRId32 " where there are %zu", point,
                              writer->options->point_count);
    }
    return MANDO_OK;
}

static enum mando_status write_rows(struct rows_writer *writer,
                                    const struct rows_write_format *format, void *self,
                                    const struct rows_source *source, struct mando_error *error)
{
    struct mando_rows rows = {0};
    enum mando_status status = format->open(writer, self, error);
    do {
        if (!status)
            status = source->next(source->context, &rows, error);
        if (!status)
            status = rows_writer_check(writer, &rows, error);
        if (!status && rows.count > 0)
            status = format->rows(writer, self, &rows, error);
    } while (!status && rows.count > 0);
    if (!status)
        status = format->finish(writer, self, error);
    return status ? status : rows_writer_flush(writer, true, error);
}

static enum mando_status write_to(int (*write)(void *context, const char *bytes, size_t length),
                                  void *context, enum mando_rows_format format,
                                  const struct rows_source *source,
                                  const struct mando_rows_write_options *options,
                                  struct mando_error *error)
{
    if (format == MANDO_ROWS_PARQUET)
        return ROWS_WRITE_PARQUET(write, context, source, options, error);
    const struct rows_write_format *operations = format == MANDO_ROWS_CSV      ? &rows_write_csv
                                                 : format == MANDO_ROWS_NDJSON ? &rows_write_ndjson
                                                                               : &rows_write_json;
    struct rows_writer writer = {.options = options,
                                 .width = options->labels ? options->width : 1,
                                 .write = write,
                                 .context = context};
    void *self = mando_alloc(1, operations->size);
    if (!self)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to write rows");
    mando_text_init(&writer.text, SIZE_MAX);
    enum mando_status status = write_rows(&writer, operations, self, source, error);
    operations->close(&writer, self);
    mando_text_release(&writer.text);
    mando_free(self);
    return status;
}

/* A stream as a source; what it holds is released with it. */
struct stream_source {
    struct ArrowArrayStream *stream;
    struct mando_rows rows;
};

static enum mando_status next_of_stream(void *context, struct mando_rows *rows,
                                        struct mando_error *error)
{
    struct stream_source *source = context;
    enum mando_status status = mando_rows_next(source->stream, &source->rows, error);
    if (!status)
        *rows = source->rows;
    return status;
}

enum mando_status mando_rows_write_to(int (*write)(void *context, const char *bytes, size_t length),
                                      void *context, enum mando_rows_format format,
                                      struct ArrowArrayStream *stream,
                                      const struct mando_rows_write_options *options,
                                      struct mando_error *error)
{
    struct stream_source of_stream = {.stream = stream};
    const struct rows_source source = {next_of_stream, &of_stream};
    enum mando_status status = write_to(write, context, format, &source, options, error);
    mando_rows_release(&of_stream.rows);
    return status;
}

struct file {
    struct mando_output *output;
    enum mando_status status;
    struct mando_error error;
};

static int write_file(void *context, const char *bytes, size_t length)
{
    struct file *file = context;
    file->status = mando_output_write(file->output, bytes, length, &file->error);
    return file->status != MANDO_OK;
}

static bool is_gzip_name(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".gz") == 0;
}

enum mando_status rows_write_file(const char *path, enum mando_rows_format format,
                                  const struct rows_source *source,
                                  const struct mando_rows_write_options *options,
                                  struct mando_error *error)
{
    struct file file = {0};
    enum mando_status status = mando_output_open(path, is_gzip_name(path), &file.output, error);
    if (status)
        return status;
    status = write_to(write_file, &file, format, source, options, error);
    if (!status)
        status = mando_output_finish(file.output, error);
    else if (file.status && error)
        *error = file.error; /* the reason why writing was cancelled */
    mando_output_free(file.output);
    return file.status ? file.status : status;
}

enum mando_status mando_rows_write(const char *path, enum mando_rows_format format,
                                   struct ArrowArrayStream *stream,
                                   const struct mando_rows_write_options *options,
                                   struct mando_error *error)
{
    struct stream_source of_stream = {.stream = stream};
    const struct rows_source source = {next_of_stream, &of_stream};
    enum mando_status status = rows_write_file(path, format, &source, options, error);
    mando_rows_release(&of_stream.rows);
    return status;
}
