/* Linked with none.c in place of the solver that the library was built with. */
#include "mando/plan.h"

#include "check.h"

static const double PRICES[] = {10, 50};

static struct mando_battery battery(void)
{
    struct mando_battery battery;
    mando_battery_init(&battery);
    battery.power_charge_mw = battery.power_discharge_mw = 1;
    battery.soc_max_mwh = 2;
    battery.soc_start_mwh = 0;
    battery.efficiency_charge = battery.efficiency_discharge = 1;
    return battery;
}

TEST(piecewise_batteries_are_refused_without_a_solver_and_others_are_not)
{
    struct mando_battery b = battery();
    const struct mando_prices prices = {.count = 2,
                                        .step_us = MANDO_HOUR_US,
                                        .buy_eur_per_mwh = PRICES,
                                        .sell_eur_per_mwh = PRICES};
    struct mando_plan *plan = NULL;
    struct mando_error error;
    CHECK_EQ(mando_plan_make(&b, &prices, NULL, &plan, &error), MANDO_OK);
    CHECK_NEAR(plan->totals.objective_eur, 40, 1e-12);
    mando_plan_free(plan);
    b.ramp_mw_per_h_max = 1;
    CHECK_EQ(mando_plan_make(&b, &prices, NULL, &plan, &error), MANDO_UNSUPPORTED);
    CHECK_TEXT(error.code, "optimize.unsupported");
    CHECK_TEXT(error.message,
               "this build has no linear-programming solver, which points, ramps, auxiliary_mw, "
               "pv_mw and load_mw need");
}
