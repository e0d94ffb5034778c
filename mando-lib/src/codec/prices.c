#include "codec/prices.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "codec/price_file.h"
#include "codec/smard.h"
#include "domain/prices.h"

#define ROWS_MAX_DEFAULT 10000000

struct read {
    const struct mando_prices_options *options;
    const struct mando_zone *zone; /* of options; the caller's or berlin */
    struct mando_zone *berlin;     /* a SMARD download only */
    struct mando_csv csv;
    bool is_smard;
    struct mando_price_rows rows;
    struct mando_duration resolution; /* of options->resolution */
};

static void release(struct read *read)
{
    mando_price_rows_release(&read->rows);
    mando_csv_release(&read->csv);
    mando_zone_free(read->berlin);
}

/* An error of an option is placed in it: "from", column 3. */
static enum mando_status place_option(enum mando_status status, const char *name,
                                      struct mando_error *error)
{
    if (status)
        mando_fail_place(error, name, 0, error ? error->column : 0);
    return status;
}

static enum mando_status read_bound(const struct read *read, const char *text, const char *name,
                                    int64_t *time_us, struct mando_error *error)
{
    if (!text)
        return MANDO_OK;
    return place_option(mando_time_parse_relative(text, strlen(text), read->zone,
                                                  read->options->now_us, time_us, error),
                        name, error);
}

static enum mando_status read_options(struct read *read, struct mando_error *error)
{
    const struct mando_prices_options *options = read->options;
    read->rows.rows_max = options->rows_max ? options->rows_max : ROWS_MAX_DEFAULT;
    read->rows.from_us = INT64_MIN;
    read->rows.to_us = INT64_MAX;
    read->zone = options->zone ? options->zone : read->berlin;
    enum mando_status status = read_bound(read, options->from, "from", &read->rows.from_us, error);
    if (!status)
        status = read_bound(read, options->to, "to", &read->rows.to_us, error);
    if (!status && options->resolution)
        status = place_option(mando_duration_parse(options->resolution, strlen(options->resolution),
                                                   &read->resolution, error),
                              "resolution", error);
    if (!status && read->rows.from_us > read->rows.to_us)
        status = mando_fail_at(error, MANDO_E_TIME_ORDER, "from", 0, 0,
                               "from is %s, which is after to, %s", options->from, options->to);
    return status;
}

static enum mando_status fail_rows(const struct read *read, struct mando_error *error)
{
    const struct mando_price_rows *rows = &read->rows;
    char first[MANDO_TIME_TEXT_SIZE], last[MANDO_TIME_TEXT_SIZE];
    if (rows->rows == 0)
        return mando_fail_at(error, MANDO_E_PRICES_ROWS, rows->name, 0, 0,
                             "there is no row below the header: at least two are needed");
    if (rows->rows == 1 && !read->options->resolution)
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
static enum mando_status set_step(struct read *read, struct mando_error *error)
{
    struct mando_price_rows *rows = &read->rows;
    int64_t end_us = 0;
    enum mando_status status =
        mando_time_add(rows->first_us, read->resolution, read->zone, &end_us, error);
    if (status)
        return place_option(status, "resolution", error);
    if (end_us <= rows->first_us)
        return mando_fail_at(error, MANDO_E_PRICES_RESOLUTION, "resolution", 0, 0,
                             "a resolution of %s is not positive", read->options->resolution);
    rows->step_us = end_us - rows->first_us;
    return MANDO_OK;
}

static bool is_step(const struct mando_prices *prices, struct mando_duration resolution)
{
    return resolution.time_us == prices->step_us && resolution.days == 0 && resolution.months == 0;
}

static enum mando_status finish(struct read *read, struct mando_prices *prices_out,
                                struct mando_error *error)
{
    struct mando_price_rows *rows = &read->rows;
    if (rows->kept == 0 || (rows->rows == 1 && !read->options->resolution))
        return fail_rows(read, error);
    enum mando_status status = rows->rows == 1 ? set_step(read, error) : MANDO_OK;
    if (status)
        return status;
    struct mando_prices prices;
    mando_price_rows_take(rows, &prices);
    if (rows->rows == 1 || !read->options->resolution || is_step(&prices, read->resolution)) {
        *prices_out = prices;
        return MANDO_OK;
    }
    const struct mando_prices_resolution resolution = {
        .length = read->resolution, .zone = read->zone, .count_max = rows->rows_max};
    status = mando_prices_convert(&prices, &resolution, prices_out, error);
    mando_prices_release(&prices);
    if (status)
        mando_fail_place(error, rows->name, 0, 0);
    return status;
}

/* `Datum von` and the separator after it tell a SMARD download. */
static enum mando_status open_smard(struct read *read, struct mando_error *error)
{
    bool quoted = mando_csv_begins_with(&read->csv, "\"Datum von\"");
    read->is_smard = quoted || mando_csv_begins_with(&read->csv, "Datum von");
    if (!read->is_smard)
        return MANDO_OK;
    if (mando_csv_begins_with(&read->csv, quoted ? "\"Datum von\";" : "Datum von;"))
        read->csv.separator = ';';
    return mando_zone_open("Europe/Berlin", read->options->zone_folder, &read->berlin, error);
}

static enum mando_status read_rows(struct read *read, struct mando_error *error)
{
    const char *column = read->options->column;
    if (read->is_smard)
        return mando_smard_read(&read->csv, column, read->berlin, &read->rows, error);
    if (column)
        return mando_fail_at(error, MANDO_E_SMARD_COLUMN, read->rows.name, 1, 1,
                             "the file is no SMARD download: no column can be chosen in it");
    return mando_price_file_read(&read->csv, read->zone, &read->rows, error);
}

enum mando_status mando_prices_read_input(struct mando_input *input,
                                          const struct mando_prices_options *options,
                                          struct mando_prices *prices_out,
                                          struct mando_error *error)
{
    const struct mando_prices_options defaults = {0};
    MANDO_CLEANUP(release)
    struct read read = {.options = options ? options : &defaults,
                        .rows.name = mando_input_name(input)};
    enum mando_status status = mando_csv_open(&read.csv, input, 0, error);
    if (!status)
        status = open_smard(&read, error);
    if (!status)
        status = read_options(&read, error);
    if (!status)
        status = read_rows(&read, error);
    return status ? status : finish(&read, prices_out, error);
}

enum mando_status mando_prices_read(const char *path, const struct mando_prices_options *options,
                                    struct mando_prices *prices_out, struct mando_error *error)
{
    struct mando_input_options input_options = {0};
    struct mando_input *input = NULL;
    if (options)
        input_options = (struct mando_input_options){options->bytes_max, options->progress,
                                                     options->progress_context};
    enum mando_status status = mando_input_open(path, &input_options, &input, error);
    if (!status)
        status = mando_prices_read_input(input, options, prices_out, error);
    mando_input_free(input);
    return status;
}
