#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/number.h"
#include "codec/output.h"
#include "mando/codec.h"

static const char HEADER[] =
    "start,power_mw,soc_mwh,price_eur_per_mwh,profit_eur,water_value_eur_per_mwh";
static const char SITE_HEADER[] = ",grid_mw,curtailed_mw"; /* where there are such */

#define NUMBERS 5
#define NUMBERS_MAX (NUMBERS + 2)
#define ROW_SIZE (MANDO_TIME_TEXT_SIZE + NUMBERS_MAX * (MANDO_NUMBER_TEXT_SIZE + 1) + 1)

static void free_output(struct mando_output **output)
{
    mando_output_free(*output);
}

/* "2025-12-01T00:00:00Z,10,5.5,93.47,12.3,"; returns the length. */
static size_t write_row(const struct mando_plan *plan, size_t period, char row_out[ROW_SIZE])
{
    bool has_site = plan->grid_mw != NULL;
    const double numbers[NUMBERS_MAX] = {plan->power_mw[period],
                                         plan->soc_mwh[period],
                                         plan->price_eur_per_mwh[period],
                                         plan->profit_eur[period],
                                         plan->water_value_eur_per_mwh[period],
                                         has_site ? plan->grid_mw[period] : NAN,
                                         plan->curtailed_mw ? plan->curtailed_mw[period] : NAN};
    mando_time_format(plan->start_us + (int64_t)period * plan->step_us, row_out);
    size_t length = strlen(row_out);
    for (size_t i = 0; i < (has_site ? NUMBERS_MAX : NUMBERS); i++) {
        row_out[length++] = ',';
        if (!isnan(numbers[i]))
            length += mando_number_format(numbers[i], row_out + length);
    }
    row_out[length++] = '\n';
    return length;
}

static bool ends_with(const char *path, const char *ending)
{
    size_t length = strlen(path), ending_length = strlen(ending);
    return length >= ending_length && strcmp(path + length - ending_length, ending) == 0;
}

enum mando_status mando_schedule_write(const char *path, const struct mando_plan *plan,
                                       struct mando_error *error)
{
    bool gzip = ends_with(path, ".csv.gz");
    if (!gzip && !ends_with(path, ".csv") && strcmp(path, "-") != 0)
        return mando_fail_at(error, MANDO_E_IO_FORMAT, path, 0, 0,
                             "a schedule is CSV: its name must end in .csv or .csv.gz");
    MANDO_CLEANUP(free_output) struct mando_output *output = NULL;
    enum mando_status status = mando_output_open(path, gzip, &output, error);
    if (!status)
        status = mando_output_write(output, HEADER, sizeof HEADER - 1, error);
    if (!status && plan->grid_mw)
        status = mando_output_write(output, SITE_HEADER, sizeof SITE_HEADER - 1, error);
    if (!status)
        status = mando_output_write(output, "\n", 1, error);
    for (size_t i = 0; !status && i < plan->periods; i++) {
        char row[ROW_SIZE];
        size_t length = write_row(plan, i, row);
        status = mando_output_write(output, row, length, error);
    }
    return status ? status : mando_output_finish(output, error);
}
