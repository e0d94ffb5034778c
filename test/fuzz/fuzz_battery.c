#include "mando/battery.h"

#include <math.h>

#include "fuzz.h"

static void check_points(const struct mando_points *points)
{
    MUST(points->count <= MANDO_POINTS_MAX);
    for (size_t i = 0; i < points->count; i++) {
        MUST(isfinite(points->x[i]) && isfinite(points->y[i]));
        MUST(i == 0 || points->x[i] > points->x[i - 1]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct mando_battery battery;
    struct mando_error error = {0};
    enum mando_status status = mando_battery_parse(text, size, "fuzz", &battery, &error);
    if (status) {
        fuzz_check_error(&error, status, text, size);
        return 0;
    }
    MUST(mando_battery_check(&battery, &error) == MANDO_OK);
    MUST(battery.soc_start_mwh >= battery.soc_min_mwh);
    MUST(isfinite(battery.fee_eur_per_mwh) && isfinite(battery.degradation_eur_per_mwh));
    check_points(&battery.efficiency_charge_by_power);
    check_points(&battery.efficiency_discharge_by_power);
    check_points(&battery.power_charge_mw_by_soc);
    check_points(&battery.power_discharge_mw_by_soc);
    check_points(&battery.degradation_eur_per_mwh_by_power);
    return 0;
}
