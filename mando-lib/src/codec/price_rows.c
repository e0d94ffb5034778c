#include "codec/price_rows.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

#define CAPACITY_FIRST 4096

static enum mando_status fail_order(const struct mando_price_rows *rows, int64_t start_us,
                                    const struct mando_csv_cell *cell, struct mando_error *error)
{
    char start[MANDO_TIME_TEXT_SIZE], last[MANDO_TIME_TEXT_SIZE];
    mando_time_format(start_us, start);
    mando_time_format(rows->last_us, last);
    if (start_us == rows->last_us)
        return mando_fail_at(error, MANDO_E_PRICES_DUPLICATE, rows->name, cell->line, cell->column,
                             "two rows start at %s", start);
    return mando_fail_at(error, MANDO_E_PRICES_ORDER, rows->name, cell->line, cell->column,
                         "the row starts at %s, before the row above it at %s", start, last);
}

static enum mando_status fail_step(const struct mando_price_rows *rows, int64_t start_us,
                                   const struct mando_csv_cell *cell, struct mando_error *error)
{
    char start[MANDO_TIME_TEXT_SIZE], expected[MANDO_TIME_TEXT_SIZE], step[MANDO_TIME_TEXT_SIZE];
    mando_time_format(start_us, start);
    mando_time_format(rows->last_us + rows->step_us, expected);
    mando_duration_format((struct mando_duration){.time_us = rows->step_us}, step);
    return mando_fail_at(error, MANDO_E_PRICES_STEP, rows->name, cell->line, cell->column,
                         "the row starts at %s where %s was expected: the first two rows are %s "
                         "apart",
                         start, expected, step);
}

enum mando_status mando_price_rows_start(struct mando_price_rows *rows, int64_t start_us,
                                         const struct mando_csv_cell *cell,
                                         struct mando_error *error)
{
    if (rows->rows == rows->rows_max)
        return mando_fail_at(error, MANDO_E_IO_LIMIT, rows->name, cell->line, cell->column,
                             "there are more rows than the limit of %" PRIu64, rows->rows_max);
    if (rows->rows == 0) {
        rows->first_us = start_us;
    } else {
        int64_t step_us = start_us - rows->last_us;
        if (step_us <= 0)
            return fail_order(rows, start_us, cell, error);
        if (rows->rows == 1)
            rows->step_us = step_us;
        if (step_us != rows->step_us)
            return fail_step(rows, start_us, cell, error);
    }
    rows->last_us = start_us;
    rows->rows++;
    return MANDO_OK;
}

bool mando_price_rows_keeps(const struct mando_price_rows *rows)
{
    return rows->last_us >= rows->from_us && rows->last_us < rows->to_us;
}

static size_t columns(const struct mando_price_rows *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < MANDO_PRICE_COLUMNS; i++)
        count += rows->has_column[i];
    return count;
}

static enum mando_status grow(struct mando_price_rows *rows, struct mando_error *error)
{
    size_t capacity = rows->capacity ? 2 * rows->capacity : CAPACITY_FIRST;
    size_t count = columns(rows);
    double *values = mando_alloc(capacity, count * sizeof *values);
    if (!values)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for %zu price rows",
                          capacity);
    for (size_t i = 0; rows->kept && i < count; i++)
        memcpy(values + i * capacity, rows->values + i * rows->capacity,
               rows->kept * sizeof *values);
    mando_free(rows->values);
    rows->values = values;
    rows->capacity = capacity;
    return MANDO_OK;
}

enum mando_status mando_price_rows_keep(struct mando_price_rows *rows,
                                        const double values[MANDO_PRICE_COLUMNS],
                                        struct mando_error *error)
{
    enum mando_status status = rows->kept == rows->capacity ? grow(rows, error) : MANDO_OK;
    if (status)
        return status;
    if (rows->kept == 0)
        rows->index_first = rows->rows - 1;
    double *at = rows->values + rows->kept++;
    for (size_t i = 0; i < MANDO_PRICE_COLUMNS; i++) {
        if (!rows->has_column[i])
            continue;
        *at = values[i];
        at += rows->capacity;
    }
    return MANDO_OK;
}

void mando_price_rows_take(struct mando_price_rows *rows, struct mando_prices *prices_out)
{
    const double *column[MANDO_PRICE_COLUMNS] = {0}, *next = rows->values;
    for (size_t i = 0; i < MANDO_PRICE_COLUMNS; i++) {
        if (!rows->has_column[i])
            continue;
        column[i] = next;
        next += rows->capacity;
    }
    bool one_price = rows->has_column[MANDO_PRICE];
    *prices_out = (struct mando_prices){
        .count = rows->kept,
        .start_us = rows->first_us + (int64_t)rows->index_first * rows->step_us,
        .step_us = rows->step_us,
        .index_first = (int64_t)rows->index_first,
        .buy_eur_per_mwh = column[one_price ? MANDO_PRICE : MANDO_PRICE_BUY],
        .sell_eur_per_mwh = column[one_price ? MANDO_PRICE : MANDO_PRICE_SELL],
        .power_charge_mw_max = column[MANDO_PRICE_CHARGE_MAX],
        .power_discharge_mw_max = column[MANDO_PRICE_DISCHARGE_MAX],
        .soc_min_mwh = column[MANDO_PRICE_SOC_MIN],
        .soc_max_mwh = column[MANDO_PRICE_SOC_MAX],
        .pv_mw = column[MANDO_PRICE_PV],
        .load_mw = column[MANDO_PRICE_LOAD],
        .owned = rows->values};
    rows->values = NULL;
}

void mando_price_rows_release(struct mando_price_rows *rows)
{
    mando_free(rows->values);
    rows->values = NULL;
}
