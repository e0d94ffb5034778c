#include "codec/price_file.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/nearest.h"
#include "base/number.h"

#define CELLS_MAX 10 /* more cannot be without one being there twice */

static const char *const NAMES[] = {
    [MANDO_PRICE] = "price_eur_per_mwh",
    [MANDO_PRICE_BUY] = "buy_eur_per_mwh",
    [MANDO_PRICE_SELL] = "sell_eur_per_mwh",
    [MANDO_PRICE_CHARGE_MAX] = "power_charge_mw_max",
    [MANDO_PRICE_DISCHARGE_MAX] = "power_discharge_mw_max",
    [MANDO_PRICE_SOC_MIN] = "soc_min_mwh",
    [MANDO_PRICE_SOC_MAX] = "soc_max_mwh",
    [MANDO_PRICE_PV] = "pv_mw",
    [MANDO_PRICE_LOAD] = "load_mw",
};

struct reader {
    struct mando_csv *csv;
    const struct mando_zone *zone;
    struct mando_price_rows *rows;
    enum mando_price_column column_of_cell[CELLS_MAX]; /* but of cell 0, which is the start */
};

/* What must stand at a place, or NULL where anything that is left may. */
static const char *expected_at(const struct reader *reader, size_t place)
{
    if (place == 0)
        return "start";
    if (place == 1)
        return "price_eur_per_mwh or buy_eur_per_mwh";
    if (place == 2 && reader->rows->has_column[MANDO_PRICE_BUY])
        return "sell_eur_per_mwh";
    return "a limit of the period, pv_mw or load_mw";
}

static bool fits_at(const struct reader *reader, size_t place, enum mando_price_column column)
{
    if (place == 0)
        return false;
    if (place == 1)
        return column == MANDO_PRICE || column == MANDO_PRICE_BUY;
    if (place == 2 && reader->rows->has_column[MANDO_PRICE_BUY])
        return column == MANDO_PRICE_SELL;
    return column >= MANDO_PRICE_CHARGE_MAX;
}

struct place {
    const struct reader *reader;
    size_t place;
};

/* The columns that fit at a place, for the nearest one; NULL ends. */
static const char *name_at(const void *context, size_t i)
{
    const struct place *place = context;
    if (place->place == 0)
        return i == 0 ? "start" : NULL;
    for (size_t column = 0; column < MANDO_PRICE_COLUMNS; column++)
        if (fits_at(place->reader, place->place, (enum mando_price_column)column) && i-- == 0)
            return NAMES[column];
    return NULL;
}

static enum mando_status fail_unknown(const struct reader *reader, size_t place,
                                      struct mando_error *error)
{
    char shown[MANDO_CSV_SHOWN_SIZE];
    const struct mando_csv_cell *cell = &reader->csv->cells[place];
    const struct place context = {reader, place};
    bool semicolon = memchr(cell->text, ';', cell->length) != NULL;
    const char *nearest = mando_nearest_of_all(mando_csv_show(cell, shown), name_at, &context);
    return mando_fail_at(error, MANDO_E_CSV_HEADER, reader->csv->name, cell->line, cell->column,
                         "\"%s\" is no column of a price file; %s%s", shown,
                         semicolon ? "columns are separated by commas" : "the nearest is ",
                         semicolon ? "" : nearest);
}

static enum mando_status fail_place(const struct reader *reader, const struct mando_csv_cell *cell,
                                    const char *expected, struct mando_error *error)
{
    char shown[MANDO_CSV_SHOWN_SIZE];
    return mando_fail_at(error, MANDO_E_CSV_HEADER, reader->csv->name, cell->line, cell->column,
                         "column %s stands where %s must stand", mando_csv_show(cell, shown),
                         expected);
}

static enum mando_status read_header_cell(struct reader *reader, size_t place,
                                          struct mando_error *error)
{
    const struct mando_csv_cell *cell = &reader->csv->cells[place];
    bool is_start = mando_csv_cell_is(cell, "start");
    if (is_start && place == 0)
        return MANDO_OK;
    size_t column = 0;
    while (!is_start && column < MANDO_PRICE_COLUMNS && !mando_csv_cell_is(cell, NAMES[column]))
        column++;
    if (column == MANDO_PRICE_COLUMNS)
        return fail_unknown(reader, place, error);
    if (is_start || reader->rows->has_column[column])
        return mando_fail_at(error, MANDO_E_CSV_HEADER, reader->csv->name, cell->line, cell->column,
                             "column %s is there twice", is_start ? "start" : NAMES[column]);
    if (!fits_at(reader, place, (enum mando_price_column)column))
        return fail_place(reader, cell, expected_at(reader, place), error);
    reader->rows->has_column[column] = true;
    reader->column_of_cell[place] = (enum mando_price_column)column;
    return MANDO_OK;
}

static enum mando_status read_header(struct reader *reader, struct mando_error *error)
{
    struct mando_csv *csv = reader->csv;
    enum mando_status status = mando_csv_next(csv, error);
    for (size_t i = 0; !status && i < csv->cell_count; i++)
        status = read_header_cell(reader, i, error);
    if (status)
        return status;
    const bool *has = reader->rows->has_column;
    if (has[MANDO_PRICE] || has[MANDO_PRICE_SELL])
        return MANDO_OK;
    const struct mando_csv_cell *last = &csv->cells[csv->cell_count - 1];
    return mando_fail_at(error, MANDO_E_CSV_HEADER, csv->name, last->line, last->column,
                         "column %s is missing after this one",
                         expected_at(reader, csv->cell_count));
}

static enum mando_status read_start(struct reader *reader, int64_t *start_us_out,
                                    struct mando_error *error)
{
    const struct mando_csv_cell *cell = &reader->csv->cells[0];
    enum mando_status status =
        mando_time_parse(cell->text, cell->length, reader->zone, start_us_out, error);
    return status ? mando_csv_place(reader->csv, cell, status, error) : MANDO_OK;
}

static enum mando_status read_number(struct reader *reader, size_t place, double *value_out,
                                     struct mando_error *error)
{
    const struct mando_csv_cell *cell = &reader->csv->cells[place];
    enum mando_price_column column = reader->column_of_cell[place];
    char shown[MANDO_CSV_SHOWN_SIZE];
    bool is_limit = column >= MANDO_PRICE_CHARGE_MAX && column <= MANDO_PRICE_SOC_MAX;
    if (cell->length == 0 && is_limit) {
        *value_out = NAN;
        return MANDO_OK;
    }
    if (cell->length == 0)
        return mando_fail_at(error, MANDO_E_PRICES_MISSING, reader->csv->name, cell->line,
                             cell->column, "%s is empty", NAMES[column]);
    if (!mando_number_parse(cell->text, cell->length, value_out))
        return mando_fail_at(error, MANDO_E_CSV_NUMBER, reader->csv->name, cell->line, cell->column,
                             "\"%s\" in %s is no finite number", mando_csv_show(cell, shown),
                             NAMES[column]);
    return MANDO_OK;
}

static enum mando_status fail_pair(const struct reader *reader, enum mando_error_code code,
                                   size_t place, double low, const char *is, double high,
                                   struct mando_error *error)
{
    const struct mando_csv_cell *cell = &reader->csv->cells[place];
    char low_text[MANDO_NUMBER_TEXT_SIZE], high_text[MANDO_NUMBER_TEXT_SIZE];
    (void)mando_number_format(low, low_text);
    (void)mando_number_format(high, high_text);
    return mando_fail_at(error, code, reader->csv->name, cell->line, cell->column,
                         "%s is %s, %s %s", NAMES[reader->column_of_cell[place]], low_text, is,
                         high_text);
}

static size_t place_of(const struct reader *reader, enum mando_price_column column)
{
    size_t place = 1;
    while (reader->column_of_cell[place] != column)
        place++;
    return place;
}

/* NaN, an absent limit or column, makes every comparison false. */
static enum mando_status check_values(const struct reader *reader, const double *values,
                                      struct mando_error *error)
{
    if (values[MANDO_PRICE_BUY] < values[MANDO_PRICE_SELL])
        return fail_pair(reader, MANDO_E_PRICES_SPREAD, place_of(reader, MANDO_PRICE_BUY),
                         values[MANDO_PRICE_BUY], "below the sell price", values[MANDO_PRICE_SELL],
                         error);
    for (size_t i = MANDO_PRICE_CHARGE_MAX; i < MANDO_PRICE_COLUMNS; i++)
        if (values[i] < 0 && i != MANDO_PRICE_SOC_MIN && i != MANDO_PRICE_SOC_MAX)
            return fail_pair(reader, MANDO_E_PRICES_LIMIT,
                             place_of(reader, (enum mando_price_column)i), values[i], "below", 0,
                             error);
    if (values[MANDO_PRICE_SOC_MIN] > values[MANDO_PRICE_SOC_MAX])
        return fail_pair(reader, MANDO_E_PRICES_LIMIT, place_of(reader, MANDO_PRICE_SOC_MIN),
                         values[MANDO_PRICE_SOC_MIN], "above soc_max_mwh",
                         values[MANDO_PRICE_SOC_MAX], error);
    return MANDO_OK;
}

static enum mando_status read_row(struct reader *reader, struct mando_error *error)
{
    struct mando_csv *csv = reader->csv;
    double values[MANDO_PRICE_COLUMNS] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    int64_t start_us = 0;
    enum mando_status status = read_start(reader, &start_us, error);
    if (!status)
        status = mando_price_rows_start(reader->rows, start_us, &csv->cells[0], error);
    for (size_t i = 1; !status && i < csv->cell_count; i++)
        status = read_number(reader, i, &values[reader->column_of_cell[i]], error);
    if (!status)
        status = check_values(reader, values, error);
    if (!status && mando_price_rows_keeps(reader->rows))
        status = mando_price_rows_keep(reader->rows, values, error);
    return status;
}

enum mando_status mando_price_file_read(struct mando_csv *csv, const struct mando_zone *zone,
                                        struct mando_price_rows *rows, struct mando_error *error)
{
    struct reader reader = {.csv = csv, .zone = zone, .rows = rows};
    enum mando_status status = read_header(&reader, error);
    while (!status) {
        status = mando_csv_next(csv, error);
        if (status || csv->cell_count == 0)
            break;
        status = read_row(&reader, error);
    }
    return status;
}
