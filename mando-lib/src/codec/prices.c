#include "codec/prices.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "codec/price_file.h"
#include "codec/price_request.h"
#include "codec/smard.h"
#include "codec/smard_cells.h"

struct read {
    const struct mando_prices_options *options;
    struct mando_price_request request;
    struct mando_zone *berlin; /* a SMARD download only */
    struct mando_csv csv;
    bool is_smard;
    struct mando_price_rows rows;
};

static void release(struct read *read)
{
    mando_price_rows_release(&read->rows);
    mando_csv_release(&read->csv);
    mando_zone_free(read->berlin);
}

static enum mando_status finish(struct read *read, struct mando_prices *prices_out,
                                struct mando_error *error)
{
    struct mando_price_rows *rows = &read->rows;
    enum mando_status status = mando_price_request_check(&read->request, rows, error);
    if (status)
        return status;
    struct mando_prices_resolution resolution;
    struct mando_prices prices;
    bool converts = mando_price_request_converts(&read->request, rows, &resolution);
    mando_price_rows_take(rows, converts ? &prices : prices_out);
    if (!converts)
        return MANDO_OK;
    status = mando_prices_convert(&prices, &resolution, prices_out, error);
    mando_prices_release(&prices);
    if (status)
        mando_fail_place(error, rows->name, 0, 0);
    return status;
}

/* `Datum von` and the separator after it tell a SMARD download. */
static enum mando_status open_smard(struct read *read, struct mando_error *error)
{
    read->is_smard = mando_smard_begins(&read->csv);
    if (!read->is_smard)
        return MANDO_OK;
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
    return mando_price_file_read(&read->csv, read->request.zone, &read->rows, error);
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
        status =
            mando_price_request_take(&read.request, read.options, read.berlin, &read.rows, error);
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
