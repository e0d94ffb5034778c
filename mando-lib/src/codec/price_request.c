#include "codec/price_request.h"

#include <string.h>

#include "base/fail.h"

#define ROWS_MAX_DEFAULT 10000000

/* An error of an option is placed in it: "from", column 3. */
static enum mando_status place_option(enum mando_status status, const char *name,
                                      struct mando_error *error)
{
    if (status)
        mando_fail_place(error, name, 0, error ? error->column : 0);
    return status;
}

static enum mando_status read_bound(const struct mando_price_request *request, const char *text,
                                    const char *name, int64_t *time_us, struct mando_error *error)
{
    if (!text)
        return MANDO_OK;
    return place_option(mando_time_parse_relative(text, strlen(text), request->zone,
                                                  request->options->now_us, time_us, error),
                        name, error);
}

enum mando_status mando_price_request_take(struct mando_price_request *request,
                                           const struct mando_prices_options *options,
                                           const struct mando_zone *zone,
                                           struct mando_price_rows *rows, struct mando_error *error)
{
    const char *resolution = options->resolution;
    request->options = options;
    request->zone = options->zone ? options->zone : zone;
    rows->rows_max = options->rows_max ? options->rows_max : ROWS_MAX_DEFAULT;
    rows->from_us = INT64_MIN;
    rows->to_us = INT64_MAX;
    enum mando_status status = read_bound(request, options->from, "from", &rows->from_us, error);
    if (!status)
        status = read_bound(request, options->to, "to", &rows->to_us, error);
    if (!status && resolution)
        status = place_option(
            mando_duration_parse(resolution, strlen(resolution), &request->resolution, error),
            "resolution", error);
    if (!status && rows->from_us > rows->to_us)
        status = mando_fail_at(error, MANDO_E_TIME_ORDER, "from", 0, 0,
                               "from is %s, which is after to, %s", options->from, options->to);
    return status;
}

static enum mando_status fail_rows(const struct mando_price_request *request,
                                   const struct mando_price_rows *rows, struct mando_error *error)
{
    char first[MANDO_TIME_TEXT_SIZE], last[MANDO_TIME_TEXT_SIZE];
    if (rows->rows == 0)
        return mando_fail_at(error, MANDO_E_PRICES_ROWS, rows->name, 0, 0,
                             "there is no row below the header: at least two are needed");
    if (rows->rows == 1 && !request->options->resolution)
        return mando_fail_at(
            error, MANDO_E_PRICES_ROWS, rows->name, 0, 0,
            "there is one row: its length is unknown unless a resolution is given");
    mando_time_format(rows->first_us, first);
    mando_time_format(rows->last_us, last);
    return mando_fail_at(error, MANDO_E_PRICES_ROWS, rows->name, 0, 0,
                         "no row starts in the wanted range: the rows start from %s to %s", first,
                         last);
}

/* The only row has the length of the resolution. */
static enum mando_status set_step(const struct mando_price_request *request,
                                  struct mando_price_rows *rows, struct mando_error *error)
{
    int64_t end_us = 0;
    enum mando_status status =
        mando_time_add(rows->first_us, request->resolution, request->zone, &end_us, error);
    if (status)
        return place_option(status, "resolution", error);
    if (end_us <= rows->first_us)
        return mando_fail_at(error, MANDO_E_PRICES_RESOLUTION, "resolution", 0, 0,
                             "a resolution of %s is not positive", request->options->resolution);
    rows->step_us = end_us - rows->first_us;
    return MANDO_OK;
}

enum mando_status mando_price_request_check(const struct mando_price_request *request,
                                            struct mando_price_rows *rows,
                                            struct mando_error *error)
{
    if (rows->kept == 0 || (rows->rows == 1 && !request->options->resolution))
        return fail_rows(request, rows, error);
    return rows->rows == 1 ? set_step(request, rows, error) : MANDO_OK;
}

static bool is_step(const struct mando_price_rows *rows, struct mando_duration resolution)
{
    return resolution.time_us == rows->step_us && resolution.days == 0 && resolution.months == 0;
}

bool mando_price_request_converts(const struct mando_price_request *request,
                                  const struct mando_price_rows *rows,
                                  struct mando_prices_resolution *resolution_out)
{
    if (rows->rows == 1 || !request->options->resolution || is_step(rows, request->resolution))
        return false;
    *resolution_out = (struct mando_prices_resolution){
        .length = request->resolution, .zone = request->zone, .count_max = rows->rows_max};
    return true;
}
