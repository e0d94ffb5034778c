#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/calendar.h"
#include "base/fail.h"
#include "domain/rows.h"

/* Whether one of the numbers is NaN or infinite: all exponent bits are set. Without a branch for
 * each, so that it costs little where none is. */
static bool has_odd_number(const double *numbers, size_t count)
{
    const uint64_t exponent = UINT64_C(0x7FF) << 52;
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        found |= (bits & exponent) == exponent;
    }
    return found;
}

static enum mando_status check_numbers(const struct mando_rows *rows, int64_t first,
                                       struct mando_error *error)
{
    size_t count = rows->value ? rows->count * rows->width : 0;
    if (!has_odd_number(rows->value, count))
        return MANDO_OK;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(rows->value[i]) && mando_bit(rows->number_present, i, 1)
            && mando_rows_is_present(rows, i / rows->width)
            && !mando_rows_is_deleted(rows, i / rows->width))
            return mando_fail(error, MANDO_E_ROWS_NUMBER, first + (int64_t)(i / rows->width),
                              "row %" PRId64 " has the value %s; it must be finite, or null",
                              first + (int64_t)(i / rows->width),
                              isnan(rows->value[i]) ? "NaN" : "infinity");
    return MANDO_OK;
}

static enum mando_status fail_time(const char *column, int64_t row, struct mando_error *error)
{
    return mando_fail(error, MANDO_E_TIME_RANGE, row,
                      "%s of row %" PRId64 " is outside the years 1 to 9999", column, row);
}

static enum mando_status check_times(const struct mando_rows *rows, size_t i, int64_t row,
                                     struct mando_error *error)
{
    if (!mando_time_is_valid(rows->valid_start_us[i]))
        return fail_time("start", row, error);
    if (mando_rows_is_known(rows, i) && !mando_time_is_valid(rows->knowledge_us[i]))
        return fail_time("known", row, error);
    if (rows->change_us && !mando_time_is_valid(rows->change_us[i]))
        return fail_time("changed", row, error);
    if (!mando_rows_has_end(rows, i))
        return MANDO_OK;
    if (!mando_time_is_valid(rows->valid_end_us[i]))
        return fail_time("end", row, error);
    if (rows->valid_end_us[i] >= rows->valid_start_us[i])
        return MANDO_OK;
    char start[MANDO_TIME_TEXT_SIZE], end[MANDO_TIME_TEXT_SIZE];
    mando_time_format(rows->valid_start_us[i], start);
    mando_time_format(rows->valid_end_us[i], end);
    return mando_fail(error, MANDO_E_TIME_ORDER, row,
                      "row %" PRId64 " ends at %s, before it starts at %s", row, end, start);
}

static bool are_times(const int64_t *times_us, size_t count)
{
    bool are_valid = true;
    for (size_t i = 0; i < count; i++)
        are_valid &= mando_time_is_valid(times_us[i]);
    return are_valid;
}

/* Whether there is nothing to be found: only starts and perhaps ends, none missing. Without a branch for each row, as
 * most rows are. */
static bool are_plain(const struct mando_rows *rows)
{
    const int64_t *start_us = rows->valid_start_us, *end_us = rows->valid_end_us;
    bool are_plain = !rows->point && !rows->knowledge_us && !rows->change_us && !rows->ended.bytes
                     && are_times(start_us, rows->count);
    if (!are_plain || !end_us)
        return are_plain;
    for (size_t i = 0; i < rows->count; i++)
        are_plain &= end_us[i] >= start_us[i];
    return are_plain && are_times(end_us, rows->count);
}

enum mando_status mando_rows_check(const struct mando_rows *rows, int64_t first,
                                   struct mando_error *error)
{
    enum mando_status status = check_numbers(rows, first, error);
    if (status || are_plain(rows))
        return status;
    for (size_t i = 0; i < rows->count && !status; i++) {
        int64_t row = first + (int64_t)i;
        if (rows->point && rows->point[i] < 0)
            return mando_fail(error, MANDO_E_ARROW_ARRAY, row,
                              "row %" PRId64 " is of point %" PRId32 "; indices count from 0", row,
                              rows->point[i]);
        status = check_times(rows, i, row, error);
    }
    return status;
}
