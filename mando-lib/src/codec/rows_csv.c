#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "codec/csv.h"
#include "codec/rows_reader.h"

struct rows_csv {
    struct mando_csv csv;
    int *fields;     /* of each cell */
    size_t id_place; /* of the cell that is read before the others; SIZE_MAX = there is none */
};

MANDO_PRINTF(5, 6)
static enum mando_status fail_cell(const struct rows_csv *self, const struct mando_csv_cell *cell,
                                   enum mando_error_code code, struct mando_error *error,
                                   const char *format, ...)
{
    char message[248];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return mando_fail_at(error, code, self->csv.name, cell->line, cell->column, "%s", message);
}

static enum mando_status read_header_cell(const struct mando_rows_reader *reader,
                                          struct rows_csv *self, size_t place,
                                          struct mando_error *error)
{
    const struct mando_csv_cell *cell = &self->csv.cells[place];
    char shown[MANDO_CSV_SHOWN_SIZE], message[248];
    int likely = place ? self->fields[place - 1] + 1 : ROWS_START;
    int field = rows_columns_find(&reader->columns, likely, cell->text, cell->length);
    (void)mando_csv_show(cell, shown);
    if (field < 0) {
        rows_columns_explain(&reader->columns, shown, shown, message);
        return fail_cell(self, cell, MANDO_E_CSV_HEADER, error, "%s", message);
    }
    for (size_t i = 0; i < place; i++)
        if (self->fields[i] == field)
            return fail_cell(self, cell, MANDO_E_CSV_HEADER, error, "column %s is there twice",
                             shown);
    self->fields[place] = field;
    if (field == ROWS_ID)
        self->id_place = place;
    return MANDO_OK;
}

static bool has_field(const struct rows_csv *self, int field)
{
    for (size_t i = 0; i < self->csv.cell_count; i++)
        if (self->fields[i] == field)
            return true;
    return false;
}

/* All but end, known and deleted must be there, and id where no other is given. */
static enum mando_status check_header(const struct mando_rows_reader *reader,
                                      const struct rows_csv *self, struct mando_error *error)
{
    for (int field = 0; rows_columns_name(&reader->columns, (size_t)field); field++) {
        bool may_lack = field == ROWS_ID
                            ? rows_reader_may_lack_id(reader)
                            : field == ROWS_END || field == ROWS_KNOWN || field == ROWS_DELETED;
        if (!may_lack && !has_field(self, field))
            return mando_fail_at(error, MANDO_E_CSV_HEADER, self->csv.name, 1, 1,
                                 "column %.80s is missing",
                                 rows_columns_name(&reader->columns, (size_t)field));
    }
    return MANDO_OK;
}

static enum mando_status open_csv(struct mando_rows_reader *reader, void *of,
                                  struct mando_error *error)
{
    struct rows_csv *self = of;
    enum mando_status status = mando_csv_open(&self->csv, reader->input, 0, error);
    if (!status)
        status = mando_csv_next(&self->csv, error);
    if (status)
        return status;
    self->fields = mando_alloc(self->csv.cell_count, sizeof *self->fields);
    if (!self->fields)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read rows");
    self->id_place = SIZE_MAX;
    for (size_t i = 0; i < self->csv.cell_count && !status; i++)
        status = read_header_cell(reader, self, i, error);
    return status ? status : check_header(reader, self, error);
}

static enum mando_status read_time(struct mando_rows_reader *reader, const struct rows_csv *self,
                                   const struct mando_csv_cell *cell, enum rows_field field,
                                   struct mando_error *error)
{
    int64_t time_us = 0;
    enum mando_status status =
        mando_time_parse(cell->text, cell->length, reader->zone, &time_us, error);
    if (status)
        return mando_csv_place(&self->csv, cell, status, error);
    rows_batch_set_time(&reader->batch, field, time_us);
    return MANDO_OK;
}

static enum mando_status read_deleted(struct mando_rows_reader *reader, const struct rows_csv *self,
                                      const struct mando_csv_cell *cell, struct mando_error *error)
{
    char shown[MANDO_CSV_SHOWN_SIZE];
    if (mando_csv_cell_is(cell, "true"))
        rows_batch_set_deleted(&reader->batch);
    else if (!mando_csv_cell_is(cell, "false"))
        return fail_cell(self, cell, MANDO_E_ROWS_CELL, error,
                         "deleted is \"%s\"; it must be true or false",
                         mando_csv_show(cell, shown));
    return MANDO_OK;
}

static enum mando_status read_value(struct mando_rows_reader *reader, const struct rows_csv *self,
                                    const struct mando_csv_cell *cell, int field,
                                    struct mando_error *error)
{
    char shown[MANDO_CSV_SHOWN_SIZE];
    double number = 0;
    if (reader->batch.type == MANDO_DOCUMENT) {
        enum mando_status status =
            rows_reader_take_document(reader, cell->text, cell->length, error);
        if (status && error && error->line)
            mando_fail_place(error, self->csv.name, cell->line, cell->column);
        return status;
    }
    if (!mando_number_parse(cell->text, cell->length, &number))
        return fail_cell(self, cell, MANDO_E_CSV_NUMBER, error,
                         "\"%s\" in %.80s is no finite number", mando_csv_show(cell, shown),
                         rows_columns_name(&reader->columns, (size_t)field));
    rows_batch_set_number(&reader->batch, (size_t)(field - ROWS_VALUE), number);
    return MANDO_OK;
}

static enum mando_status read_id(struct mando_rows_reader *reader, const struct rows_csv *self,
                                 const struct mando_csv_cell *cell, struct mando_error *error)
{
    enum mando_status status = rows_reader_take_id(reader, cell->text, cell->length, error);
    if (rows_reader_lacks_place(status, error))
        mando_fail_place(error, self->csv.name, cell->line, cell->column);
    return status;
}

static enum mando_status read_empty(const struct mando_rows_reader *reader,
                                    const struct rows_csv *self, const struct mando_csv_cell *cell,
                                    int field, struct mando_error *error)
{
    if (field == ROWS_START || (field == ROWS_ID && !rows_reader_may_lack_id(reader)))
        return fail_cell(self, cell, MANDO_E_ROWS_CELL, error, "%s is empty; every row needs one",
                         rows_columns_name(&reader->columns, (size_t)field));
    return MANDO_OK;
}

static enum mando_status read_cell(struct mando_rows_reader *reader, const struct rows_csv *self,
                                   size_t place, struct mando_error *error)
{
    const struct mando_csv_cell *cell = &self->csv.cells[place];
    int field = self->fields[place];
    if (cell->length == 0)
        return read_empty(reader, self, cell, field, error);
    switch (field) {
    case ROWS_ID:
        return read_id(reader, self, cell, error);
    case ROWS_START:
    case ROWS_END:
    case ROWS_KNOWN:
        return read_time(reader, self, cell, (enum rows_field)field, error);
    case ROWS_DELETED:
        return read_deleted(reader, self, cell, error);
    default:
        return read_value(reader, self, cell, field, error);
    }
}

/* Dates are those of the row's data point, whose id may stand anywhere. */
static enum mando_status read_row(struct mando_rows_reader *reader, const struct rows_csv *self,
                                  struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    rows_batch_set_point(&reader->batch, 0);
    if (self->id_place != SIZE_MAX)
        status = read_cell(reader, self, self->id_place, error);
    for (size_t i = 0; i < self->csv.cell_count && !status; i++)
        if (i != self->id_place)
            status = read_cell(reader, self, i, error);
    return status ? status
                  : rows_reader_end_row(reader, self->csv.cells[0].line, self->csv.cells[0].column,
                                        error);
}

static enum mando_status fill_csv(struct mando_rows_reader *reader, void *of,
                                  struct mando_error *error)
{
    struct rows_csv *self = of;
    enum mando_status status = MANDO_OK;
    while (!status && !rows_batch_is_full(&reader->batch)) {
        status = mando_csv_next(&self->csv, error);
        if (status || self->csv.cell_count == 0)
            return status;
        status = read_row(reader, self, error);
    }
    return status;
}

static void close_csv(void *of)
{
    struct rows_csv *self = of;
    mando_csv_release(&self->csv);
    mando_free(self->fields);
}

const struct rows_format rows_format_csv = {sizeof(struct rows_csv), open_csv, fill_csv, close_csv,
                                            NULL};
