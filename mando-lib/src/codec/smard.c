#include "codec/smard.h"

#include "base/fail.h"
#include "codec/smard_cells.h"

struct reader {
    struct mando_smard_cells cells;
    const char *column;
    struct mando_price_rows *rows;
    size_t place; /* of the column */
};

static enum mando_status read_row(struct reader *reader, struct mando_error *error)
{
    struct mando_csv *csv = reader->cells.csv;
    double values[MANDO_PRICE_COLUMNS] = {0};
    bool there = false;
    int64_t start_us = 0;
    enum mando_status status = mando_smard_read_start(&reader->cells, &start_us, error);
    if (!status)
        status = mando_price_rows_start(reader->rows, start_us, &csv->cells[0], error);
    if (!status)
        status = mando_smard_read_price(&reader->cells, reader->place, &values[MANDO_PRICE], &there,
                                        error);
    if (status || !mando_price_rows_keeps(reader->rows))
        return status;
    if (there)
        return mando_price_rows_keep(reader->rows, values, error);
    const struct mando_csv_cell *cell = &csv->cells[reader->place];
    return mando_fail_at(error, MANDO_E_PRICES_MISSING, csv->name, cell->line, cell->column,
                         "%.40s has no price in this row", reader->column);
}

enum mando_status mando_smard_read(struct mando_csv *csv, const char *column,
                                   const struct mando_zone *berlin, struct mando_price_rows *rows,
                                   struct mando_error *error)
{
    struct reader reader = {
        .cells = {.csv = csv, .berlin = berlin}, .column = column, .rows = rows};
    rows->has_column[MANDO_PRICE] = true;
    enum mando_status status = mando_smard_read_header(&reader.cells, error);
    if (!status)
        status = mando_smard_find(&reader.cells, column, &reader.place, error);
    while (!status) {
        status = mando_csv_next(csv, error);
        if (status || csv->cell_count == 0)
            break;
        status = read_row(&reader, error);
    }
    return status;
}
