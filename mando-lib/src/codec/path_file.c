#include "codec/path_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"

#define ROWS_FIRST 128

/* Columns of a price file that no path can be called after: a price file is not a matrix of paths. */
static const char *const RESERVED[] = {
    "buy_eur_per_mwh",
    "sell_eur_per_mwh",
    "power_charge_mw_max",
    "power_discharge_mw_max",
    "soc_min_mwh",
    "soc_max_mwh",
    "pv_mw",
    "load_mw",
};

struct reader {
    struct mando_csv *csv;
    const struct mando_zone *zone;
    struct mando_price_rows *rows;
    struct mando_path_file *file;
};

void mando_path_file_release(struct mando_path_file *file)
{
    mando_free(file->values);
    mando_free(file->labels);
    *file = (struct mando_path_file){0};
}

static bool is_reserved(const struct mando_csv_cell *cell)
{
    for (size_t i = 0; i < sizeof RESERVED / sizeof *RESERVED; i++)
        if (mando_csv_cell_is(cell, RESERVED[i]))
            return true;
    return false;
}

static enum mando_status check_label(const struct reader *reader, size_t place,
                                     struct mando_error *error)
{
    const struct mando_csv_cell *cell = &reader->csv->cells[place];
    char shown[MANDO_CSV_SHOWN_SIZE];
    const char *why = NULL;
    if (cell->length == 0)
        why = "has no label for its path";
    else if (is_reserved(cell))
        why = "is a column of a price file, which --prices reads, and no label of a path";
    if (!why)
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_CSV_HEADER, reader->csv->name, cell->line, cell->column,
                         "column %zu \"%s\" %s", place + 1, mando_csv_show(cell, shown), why);
}

static enum mando_status fail_memory(const struct reader *reader, struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for %zu paths",
                      reader->file->paths);
}

static enum mando_status keep_labels(struct reader *reader, struct mando_error *error)
{
    const struct mando_csv *csv = reader->csv;
    size_t paths = reader->file->paths, bytes = paths;
    for (size_t i = 1; i <= paths; i++)
        bytes += csv->cells[i].length;
    char **labels = mando_alloc(1, paths * sizeof *labels + bytes);
    if (!labels)
        return fail_memory(reader, error);
    reader->file->labels = labels;
    char *text = (char *)(labels + paths);
    for (size_t i = 0; i < paths; i++) {
        const struct mando_csv_cell *cell = &csv->cells[i + 1];
        memcpy(text, cell->text, cell->length);
        labels[i] = text;
        text += cell->length + 1;
    }
    return MANDO_OK;
}

/* By text, equal ones in their order in the file. */
static int compare_labels(const void *a, const void *b)
{
    const char *left = *(char *const *)a, *right = *(char *const *)b;
    int order = strcmp(left, right);
    return order != 0 ? order : (left > right) - (left < right);
}

/* The place among `paths` sorted labels of one that stands before it too, else 0. */
static size_t find_repeated(char *const *sorted, size_t paths)
{
    size_t i = 1;
    while (i < paths && strcmp(sorted[i], sorted[i - 1]) != 0)
        i++;
    return i < paths ? i : 0;
}

static enum mando_status check_repeated(const struct reader *reader, struct mando_error *error)
{
    const struct mando_path_file *file = reader->file;
    char **sorted = mando_alloc(file->paths, sizeof *sorted), shown[MANDO_CSV_SHOWN_SIZE];
    if (!sorted)
        return fail_memory(reader, error);
    memcpy(sorted, file->labels, file->paths * sizeof *sorted);
    qsort(sorted, file->paths, sizeof *sorted, compare_labels);
    size_t found = find_repeated(sorted, file->paths), place = 1;
    while (found && file->labels[place - 1] != sorted[found])
        place++;
    mando_free(sorted);
    const struct mando_csv_cell *cell = &reader->csv->cells[place];
    return found ? mando_fail_at(error, MANDO_E_CSV_HEADER, reader->csv->name, cell->line,
                                 cell->column, "path \"%s\" is there twice",
                                 mando_csv_show(cell, shown))
                 : MANDO_OK;
}

static enum mando_status read_header(struct reader *reader, struct mando_error *error)
{
    struct mando_csv *csv = reader->csv;
    enum mando_status status = mando_csv_next(csv, error);
    if (status)
        return status;
    const struct mando_csv_cell *first = &csv->cells[0];
    char shown[MANDO_CSV_SHOWN_SIZE];
    if (!mando_csv_cell_is(first, "start"))
        return mando_fail_at(error, MANDO_E_CSV_HEADER, csv->name, first->line, first->column,
                             "column \"%s\" stands where start must stand, before one column for "
                             "each path",
                             mando_csv_show(first, shown));
    if (csv->cell_count == 1)
        return mando_fail_at(error, MANDO_E_CSV_HEADER, csv->name, first->line, first->column,
                             "there is no path: one column for each must follow this one");
    reader->file->paths = csv->cell_count - 1;
    for (size_t i = 1; !status && i < csv->cell_count; i++)
        status = check_label(reader, i, error);
    if (!status)
        status = keep_labels(reader, error);
    return status ? status : check_repeated(reader, error);
}

/* Room for one row more. */
static enum mando_status grow(struct reader *reader, struct mando_error *error)
{
    struct mando_path_file *file = reader->file;
    if (reader->rows->kept < file->capacity)
        return MANDO_OK;
    size_t capacity = file->capacity ? 2 * file->capacity : ROWS_FIRST;
    double *values = mando_realloc(file->values, capacity, file->paths * sizeof *values);
    if (!values)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for %zu rows of %zu paths",
                          capacity, file->paths);
    file->values = values;
    file->capacity = capacity;
    return MANDO_OK;
}

static enum mando_status read_price(const struct reader *reader, size_t place, double *price_out,
                                    struct mando_error *error)
{
    const struct mando_csv_cell *cell = &reader->csv->cells[place];
    char shown[MANDO_CSV_SHOWN_SIZE], shown_label[MANDO_CSV_SHOWN_SIZE];
    if (mando_number_parse(cell->text, cell->length, price_out))
        return MANDO_OK;
    const char *text = reader->file->labels[place - 1];
    const struct mando_csv_cell as_cell = {.text = text, .length = strlen(text)};
    const char *label = mando_csv_show(&as_cell, shown_label);
    if (cell->length == 0)
        return mando_fail_at(error, MANDO_E_PRICES_MISSING, reader->csv->name, cell->line,
                             cell->column, "path \"%s\" has no price here", label);
    return mando_fail_at(error, MANDO_E_CSV_NUMBER, reader->csv->name, cell->line, cell->column,
                         "\"%s\" in path \"%s\" is no finite number", mando_csv_show(cell, shown),
                         label);
}

/* Rows outside the wanted range are checked as well. */
static enum mando_status read_prices(struct reader *reader, struct mando_error *error)
{
    const size_t paths = reader->file->paths;
    bool keeps = mando_price_rows_keeps(reader->rows);
    enum mando_status status = keeps ? grow(reader, error) : MANDO_OK;
    for (size_t i = 0; !status && i < paths; i++) {
        double price = 0;
        status = read_price(reader, i + 1, &price, error);
        if (keeps && !status)
            reader->file->values[reader->rows->kept * paths + i] = price;
    }
    if (status || !keeps)
        return status;
    if (reader->rows->kept++ == 0)
        reader->rows->index_first = reader->rows->rows - 1;
    return MANDO_OK;
}

static enum mando_status read_row(struct reader *reader, struct mando_error *error)
{
    const struct mando_csv_cell *cell = &reader->csv->cells[0];
    int64_t start_us = 0;
    enum mando_status status =
        mando_time_parse(cell->text, cell->length, reader->zone, &start_us, error);
    if (status)
        return mando_csv_place(reader->csv, cell, status, error);
    status = mando_price_rows_start(reader->rows, start_us, cell, error);
    return status ? status : read_prices(reader, error);
}

enum mando_status mando_path_file_read(struct mando_csv *csv, const struct mando_zone *zone,
                                       struct mando_price_rows *rows,
                                       struct mando_path_file *file_out, struct mando_error *error)
{
    *file_out = (struct mando_path_file){0};
    struct reader reader = {.csv = csv, .zone = zone, .rows = rows, .file = file_out};
    enum mando_status status = read_header(&reader, error);
    while (!status) {
        status = mando_csv_next(csv, error);
        if (status || csv->cell_count == 0)
            break;
        status = read_row(&reader, error);
    }
    return status;
}
