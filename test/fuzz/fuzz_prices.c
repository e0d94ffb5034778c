/* Any bytes as a price file or a SMARD download: what is read keeps every promise of prices.h. The
 * first byte chooses the options. */
#include "codec/prices.h"

#include <math.h>
#include <stdbool.h>

#include "fuzz.h"

static void check_limits(const double *limits, size_t count, double low)
{
    for (size_t i = 0; limits && i < count; i++)
        MUST(isnan(limits[i]) || (isfinite(limits[i]) && limits[i] >= low));
}

static void check_prices(const struct mando_prices *prices)
{
    MUST(prices->count > 0 && prices->step_us > 0 && prices->index_first >= 0);
    for (size_t i = 0; i < prices->count; i++) {
        double buy = prices->buy_eur_per_mwh[i], sell = prices->sell_eur_per_mwh[i];
        MUST(isfinite(buy) && isfinite(sell) && buy >= sell);
    }
    check_limits(prices->power_charge_mw_max, prices->count, 0);
    check_limits(prices->power_discharge_mw_max, prices->count, 0);
    check_limits(prices->soc_min_mwh, prices->count, -INFINITY);
    check_limits(prices->soc_max_mwh, prices->count, -INFINITY);
    for (size_t i = 0; prices->pv_mw && i < prices->count; i++)
        MUST(isfinite(prices->pv_mw[i]) && prices->pv_mw[i] >= 0);
    for (size_t i = 0; prices->load_mw && i < prices->count; i++)
        MUST(isfinite(prices->load_mw[i]) && prices->load_mw[i] >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const COLUMNS[] = {NULL, "BE", "DE-LU", "Belgien"};
    static const char *const RESOLUTIONS[] = {NULL, "PT1H", "P1D", "PT15M"};
    static const char *const FROMS[] = {NULL, "2023-03-26", "D-1", "1999-01-01"};
    const struct mando_input_options limits = {.bytes_max = 1 << 22};
    struct mando_input *input;
    if (size == 0)
        return 0;
    const struct mando_prices_options options = {.column = COLUMNS[data[0] & 3],
                                                 .resolution = RESOLUTIONS[data[0] >> 2 & 3],
                                                 .from = FROMS[data[0] >> 4 & 3],
                                                 .rows_max = 10000};
    if (mando_input_open_memory(data + 1, size - 1, "fuzz", &limits, &input, NULL))
        return 0;
    struct mando_prices prices;
    struct mando_error error = {0};
    enum mando_status status = mando_prices_read_input(input, &options, &prices, &error);
    mando_input_free(input);
    if (!status) {
        check_prices(&prices);
        mando_prices_release(&prices);
        return 0;
    }
    const char *text = (const char *)data + 1;
    size_t length = size - 1;
    if (!fuzz_is_gzip(text, length))
        fuzz_check_error(&error, status, text, length);
    return 0;
}
