#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "codec/rows_writer.h"

/* The columns of the series at hand, each as a text that grows; they are known whole only when the
 * series ends. */
struct rows_write_json {
    size_t point; /* of the series at hand */
    size_t column_count;
    struct mando_text *columns; /* a value column for each label behind the other parts */
    bool has_other_end;         /* a row whose end is not that of the resolution */
    bool is_next;               /* a series was written before */
};

static struct mando_text *column_of(const struct rows_write_json *self, enum rows_part part,
                                    size_t i)
{
    return &self->columns[part == ROWS_PART_VALUE ? (size_t)ROWS_PARTS + i : (size_t)part];
}

static enum mando_status open_json(struct rows_writer *writer, void *of, struct mando_error *error)
{
    struct rows_write_json *self = of;
    size_t count = ROWS_PARTS + writer->width;
    self->columns = mando_alloc(count, sizeof *self->columns);
    if (!self->columns)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to write rows");
    self->column_count = count;
    for (size_t i = 0; i < count; i++)
        mando_text_init(&self->columns[i], SIZE_MAX);
    mando_text_append(&writer->text, "{\"series\":[", 11);
    return MANDO_OK;
}

static void close_json(const struct rows_writer *writer, void *of)
{
    struct rows_write_json *self = of;
    (void)writer;
    for (size_t i = 0; i < self->column_count; i++)
        mando_text_release(&self->columns[i]);
    mando_free(self->columns);
}

static void append_member(struct mando_text *text, const char *name, const char *value)
{
    mando_text_append_quoted(text, name, strlen(name));
    mando_text_append(text, ":", 1);
    mando_text_append_quoted(text, value, strlen(value));
}

/* {"id":"...","unit":"...","resolution":"..."; a data point without a unit has none here, one of
 * irregular steps null. */
static void append_head(const struct rows_write_json *self, struct mando_text *text,
                        const struct mando_point *point)
{
    char word[MANDO_TIME_TEXT_SIZE];
    struct mando_duration step = point->resolution;
    mando_text_append(text, self->is_next ? ",{" : "{", self->is_next ? 2 : 1);
    append_member(text, "id", point->id);
    if (point->unit[0]) {
        mando_text_append(text, ",", 1);
        append_member(text, "unit", point->unit);
    }
    if (step.months || step.days || step.time_us) {
        mando_duration_format(step, word);
        mando_text_append(text, ",", 1);
        append_member(text, "resolution", word);
    } else if (point->type != MANDO_DOCUMENT) {
        mando_text_append(text, ",\"resolution\":null", 18);
    }
}

static bool is_written(const struct rows_writer *writer, const struct rows_write_json *self,
                       enum rows_part part)
{
    if (part == ROWS_PART_ID)
        return false;
    if (part == ROWS_PART_END && writer->options->may_lack_end)
        return self->has_other_end;
    return rows_writer_has(writer, part);
}

/* "name":[1,2,3] from a column that begins with a comma. */
static void append_column(struct mando_text *text, const char *name, struct mando_text *column)
{
    mando_text_append(text, ",", 1);
    mando_text_append_quoted(text, name, strlen(name));
    mando_text_append(text, ":[", 2);
    if (column->length)
        mando_text_append(text, column->bytes + 1, column->length - 1);
    mando_text_append(text, "]", 1);
    if (column->status && !text->status)
        text->status = column->status;
    column->length = 0;
}

static enum mando_status end_series(struct rows_writer *writer, struct rows_write_json *self,
                                    struct mando_error *error)
{
    struct mando_text *text = &writer->text;
    append_head(self, text, &writer->options->points[self->point]);
    for (int i = 0; i < ROWS_PARTS; i++) {
        enum rows_part part = (enum rows_part)i;
        size_t count = part == ROWS_PART_VALUE ? writer->width : 1;
        for (size_t j = 0; j < count && is_written(writer, self, part); j++)
            append_column(text, rows_writer_name(writer, part, j), column_of(self, part, j));
    }
    mando_text_append(text, "}", 1);
    column_of(self, ROWS_PART_END, 0)->length = 0;
    self->has_other_end = false;
    self->is_next = true;
    self->point++;
    return rows_writer_flush(writer, false, error);
}

/* Whether the row ends where an exact step says; a step of days depends on the zone: then never. */
static bool ends_as_usual(const struct mando_point *point, const struct mando_rows *rows,
                          size_t row)
{
    struct mando_duration step = point->resolution;
    return step.time_us > 0 && step.months == 0 && step.days == 0 && mando_rows_has_end(rows, row)
           && rows->valid_end_us[row] - rows->valid_start_us[row] == step.time_us;
}

static void add_row(const struct rows_writer *writer, struct rows_write_json *self,
                    const struct mando_rows *rows, size_t row)
{
    for (int i = ROWS_PART_START; i < ROWS_PARTS; i++) {
        enum rows_part part = (enum rows_part)i;
        size_t count = part == ROWS_PART_VALUE ? writer->width : 1;
        for (size_t j = 0; j < count && rows_writer_has(writer, part); j++) {
            struct mando_text *column = column_of(self, part, j);
            mando_text_append(column, ",", 1);
            rows_writer_json(writer, column, rows, row, part, j);
        }
    }
    if (!ends_as_usual(&writer->options->points[self->point], rows, row))
        self->has_other_end = true;
}

static enum mando_status rows_json(struct rows_writer *writer, void *of,
                                   const struct mando_rows *rows, struct mando_error *error)
{
    struct rows_write_json *self = of;
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < rows->count && !status; i++) {
        size_t point = rows->point ? (size_t)rows->point[i] : 0;
        if (point < self->point)
            return mando_fail(error, MANDO_E_ARROW_ARRAY, (int64_t)i,
                              "a row of point %zu follows one of point %zu", point, self->point);
        while (self->point < point && !status)
            status = end_series(writer, self, error);
        if (!status)
            add_row(writer, self, rows, i);
    }
    return status;
}

static enum mando_status finish_json(struct rows_writer *writer, void *of,
                                     struct mando_error *error)
{
    struct rows_write_json *self = of;
    enum mando_status status = MANDO_OK;
    while (self->point < writer->options->point_count && !status)
        status = end_series(writer, self, error);
    mando_text_append(&writer->text, "]}\n", 3);
    return status;
}

const struct rows_write_format rows_write_json = {sizeof(struct rows_write_json), open_json,
                                                  rows_json, finish_json, close_json};
