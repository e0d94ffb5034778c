#include "codec/paths.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "codec/path_file.h"
#include "codec/price_request.h"

/* Rows and paths of a matrix that are turned over at a time: both sides then stay in the cache. */
#define TILE ((size_t)16)

struct read {
    struct mando_price_request request;
    struct mando_csv csv;
    struct mando_price_rows rows;
    struct mando_path_file file;
};

static void release(struct read *read)
{
    mando_path_file_release(&read->file);
    mando_csv_release(&read->csv);
}

static size_t smaller_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The matrix with a row for each period becomes one with a row for each path. */
static void turn_over(const double *values, size_t periods, size_t paths, double *out)
{
    for (size_t t = 0; t < periods; t += TILE)
        for (size_t i = 0; i < paths; i += TILE)
            for (size_t row = t; row < smaller_of(t + TILE, periods); row++)
                for (size_t path = i; path < smaller_of(i + TILE, paths); path++)
                    out[path * periods + row] = values[row * paths + path];
}

static enum mando_status fail_memory(const struct read *read, struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for %zu paths of %zu periods",
                      read->file.paths, read->rows.kept);
}

static struct mando_prices prices_of(const struct mando_paths *paths, size_t path)
{
    const double *prices = paths->price_eur_per_mwh + path * paths->periods;
    return (struct mando_prices){.count = paths->periods,
                                 .start_us = paths->start_us,
                                 .step_us = paths->step_us,
                                 .buy_eur_per_mwh = prices,
                                 .sell_eur_per_mwh = prices};
}

/* Converts path by path; the first one tells how many periods there are. */
static enum mando_status convert(const struct mando_paths *paths,
                                 const struct mando_prices_resolution *resolution,
                                 struct mando_paths *paths_out, struct mando_error *error)
{
    double *values = NULL;
    struct mando_paths converted = {.paths = paths->paths};
    for (size_t i = 0; i < paths->paths; i++) {
        const struct mando_prices prices = prices_of(paths, i);
        struct mando_prices path = {0};
        enum mando_status status = mando_prices_convert(&prices, resolution, &path, error);
        if (!status && !values) {
            values = mando_alloc(paths->paths, path.count * sizeof *values);
            converted.periods = path.count;
            converted.start_us = path.start_us;
            converted.step_us = path.step_us;
        }
        if (!status && values)
            memcpy(values + i * path.count, path.buy_eur_per_mwh, path.count * sizeof *values);
        mando_prices_release(&path);
        if (status || !values) {
            mando_free(values);
            return status ? status
                          : mando_fail(error, MANDO_E_MEMORY, -1,
                                       "there is no memory for %zu converted paths", paths->paths);
        }
    }
    converted.price_eur_per_mwh = converted.owned_prices = values;
    *paths_out = converted;
    return MANDO_OK;
}

/* The rows as paths, without labels. */
static enum mando_status take_rows(struct read *read, struct mando_paths *paths_out,
                                   struct mando_error *error)
{
    const struct mando_price_rows *rows = &read->rows;
    size_t periods = rows->kept, paths = read->file.paths;
    double *values = mando_alloc(paths, periods * sizeof *values);
    if (!values)
        return fail_memory(read, error);
    turn_over(read->file.values, periods, paths, values);
    mando_free(read->file.values);
    read->file.values = NULL;
    *paths_out = (struct mando_paths){.paths = paths,
                                      .periods = periods,
                                      .start_us = rows->first_us
                                                  + (int64_t)rows->index_first * rows->step_us,
                                      .step_us = rows->step_us,
                                      .index_first = (int64_t)rows->index_first,
                                      .price_eur_per_mwh = values,
                                      .owned_prices = values};
    return MANDO_OK;
}

static enum mando_status finish(struct read *read, struct mando_paths *paths_out,
                                struct mando_error *error)
{
    struct mando_prices_resolution resolution;
    struct mando_paths paths;
    enum mando_status status = mando_price_request_check(&read->request, &read->rows, error);
    if (!status)
        status = take_rows(read, &paths, error);
    if (status)
        return status;
    if (mando_price_request_converts(&read->request, &read->rows, &resolution)) {
        struct mando_paths source = paths;
        status = convert(&source, &resolution, &paths, error);
        mando_paths_release(&source);
        if (status == MANDO_INVALID)
            mando_fail_place(error, read->rows.name, 0, 0);
        if (status)
            return status;
    }
    paths.labels = (const char *const *)read->file.labels;
    paths.owned_labels = read->file.labels;
    read->file.labels = NULL;
    *paths_out = paths;
    return MANDO_OK;
}

enum mando_status mando_paths_read_input(struct mando_input *input,
                                         const struct mando_prices_options *options,
                                         struct mando_paths *paths_out, struct mando_error *error)
{
    const struct mando_prices_options defaults = {0};
    MANDO_CLEANUP(release)
    struct read read = {.rows.name = mando_input_name(input)};
    if (!options)
        options = &defaults;
    enum mando_status status = mando_csv_open(&read.csv, input, 0, error);
    if (!status)
        status = mando_price_request_take(&read.request, options, NULL, &read.rows, error);
    if (!status)
        status = mando_path_file_read(&read.csv, read.request.zone, &read.rows, &read.file, error);
    return status ? status : finish(&read, paths_out, error);
}

enum mando_status mando_paths_read(const char *path, const struct mando_prices_options *options,
                                   struct mando_paths *paths_out, struct mando_error *error)
{
    struct mando_input_options input_options = {0};
    struct mando_input *input = NULL;
    if (options)
        input_options = (struct mando_input_options){options->bytes_max, options->progress,
                                                     options->progress_context};
    enum mando_status status = mando_input_open(path, &input_options, &input, error);
    if (!status)
        status = mando_paths_read_input(input, options, paths_out, error);
    mando_input_free(input);
    return status;
}
