#include "mando/gate.h"

#include "check.h"

static struct mando_battery battery(void)
{
    struct mando_battery battery;
    mando_battery_init(&battery);
    battery.power_charge_mw = 4;
    battery.power_discharge_mw = 5;
    battery.soc_max_mwh = 10;
    battery.soc_start_mwh = 2;
    battery.efficiency_charge = 0.9;
    battery.efficiency_discharge = 0.8;
    return battery;
}

static const double POWER_MW[] = {-4, 0, 4};
static const double SOC_MWH[] = {3.8, 3.8, 1.3}; /* 2 + 4 * 0.5 * 0.9; 3.8 - 4 * 0.5 / 0.8 */

static struct mando_gate_plan plan(void)
{
    return (struct mando_gate_plan){.periods = 3,
                                    .step_h = 0.5,
                                    .soc_start_mwh = 2,
                                    .soc_end_mwh = 1.3,
                                    .power_mw = POWER_MW,
                                    .soc_mwh = SOC_MWH};
}

static void check_refusal(const struct mando_battery *battery, const struct mando_gate_plan *plan,
                          const char *code, int64_t index)
{
    struct mando_error error = {0};
    CHECK(mando_gate_check(battery, plan, &error) != MANDO_OK);
    CHECK_TEXT(error.code, code);
    CHECK_EQ(error.index, index);
}

TEST(gate_passes_a_plan_that_keeps_every_limit)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    p.soc_mwh = NULL;
    p.soc_end_mwh = NAN;
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
}

TEST(gate_names_the_first_period_above_a_power_limit)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    b.power_discharge_mw = 3.99;
    check_refusal(&b, &p, "gate.power", 2);
    b.power_charge_mw = 3.99;
    check_refusal(&b, &p, "gate.power", 0);
}

TEST(gate_forgives_rounding_and_nothing_more)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    b.power_charge_mw = 4 - 1e-9; /* half of it in MWh */
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    b.power_charge_mw = 4 - 3e-9;
    check_refusal(&b, &p, "gate.power", 0);
    b = battery();
    b.soc_max_mwh = 3.8 - 0.5e-9;
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    b.soc_max_mwh = 3.8 - 2e-9;
    check_refusal(&b, &p, "gate.soc", 0);
}

TEST(gate_keeps_the_connection_in_each_direction)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    b.import_mw_max = 3;
    check_refusal(&b, &p, "gate.connection", 0);
    b.import_mw_max = 4;
    b.export_mw_max = 0;
    check_refusal(&b, &p, "gate.connection", 2);
}

TEST(gate_keeps_the_limits_of_single_periods)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    const double charge[] = {9, NAN, NAN, 0}, discharge[] = {NAN, 5, 5, 3};
    const double low[] = {0, 0, 3.9, 0}, high[] = {9, 3, 3, 3};
    struct mando_prices limits = {.count = 4};
    p.limits = &limits;
    p.limits_first = 1;
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    p.limits_first = 2;
    check_refusal(&b, &p, "gate.value", -1);
    p.limits_first = SIZE_MAX;
    check_refusal(&b, &p, "gate.value", -1);
    p.limits_first = 1;
    limits.power_charge_mw_max = charge;
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    limits.power_discharge_mw_max = discharge;
    check_refusal(&b, &p, "gate.power", 2);
    limits.power_discharge_mw_max = NULL;
    limits.soc_min_mwh = low;
    check_refusal(&b, &p, "gate.soc", 1);
    limits.soc_min_mwh = NULL;
    limits.soc_max_mwh = high;
    check_refusal(&b, &p, "gate.soc", 0);
}

TEST(gate_replays_the_energy_itself)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    const double claimed[] = {3.8, 3.8 + 2e-9, 1.3};
    p.soc_mwh = claimed;
    check_refusal(&b, &p, "gate.energy", 1);
    p = plan();
    p.soc_start_mwh = 0.4;
    p.soc_mwh = NULL;
    check_refusal(&b, &p, "gate.soc", 2);
}

TEST(gate_lets_energy_leak)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    b.self_discharge_per_h = 0.19; /* 0.9 is left after half an hour */
    const double leaking[] = {3.6, 3.24, 0.416};
    p.soc_mwh = leaking;
    p.soc_end_mwh = 0.416;
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
}

TEST(gate_asks_for_the_energy_at_the_end)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    p.soc_end_mwh = 1.4;
    check_refusal(&b, &p, "gate.end", 2);
    p.end_slack_mwh = 0.1;
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
}

TEST(gate_refuses_a_start_that_the_battery_cannot_hold)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    const double power[] = {5, 5, 5}; /* 9.375 MWh in all */
    p.power_mw = power;
    p.soc_mwh = NULL;
    p.soc_end_mwh = NAN;
    p.soc_start_mwh = 10 + 0.5e-9;
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    p.soc_start_mwh = 10 + 2e-9;
    check_refusal(&b, &p, "gate.soc", 0);
    const double charge[] = {-4, 0, 0};
    p.power_mw = charge;
    p.soc_start_mwh = -2e-9;
    check_refusal(&b, &p, "gate.soc", 0);
}

TEST(gate_refuses_what_is_no_number)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    const double power[] = {-4, NAN, 4}, soc[] = {3.8, INFINITY, 1.3};
    p.power_mw = power;
    check_refusal(&b, &p, "gate.value", 1);
    p = plan();
    p.soc_mwh = soc;
    check_refusal(&b, &p, "gate.value", 1);
    p = plan();
    p.step_h = 0;
    check_refusal(&b, &p, "gate.value", -1);
    p = plan();
    p.soc_end_mwh = 9;
    p.end_slack_mwh = NAN;
    check_refusal(&b, &p, "gate.value", -1);
    p.end_slack_mwh = -1;
    check_refusal(&b, &p, "gate.value", -1);
    p.end_slack_mwh = INFINITY;
    check_refusal(&b, &p, "gate.value", -1);
    p = plan();
    p.soc_end_mwh = INFINITY;
    check_refusal(&b, &p, "gate.value", -1);
    b.efficiency_charge = 1.1;
    check_refusal(&b, &p, "field.range", -1);
}

TEST(gate_keeps_the_ramp_from_one_period_to_the_next)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    b.ramp_mw_per_h_max = 8; /* 4 MW from one period to the next */
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    b.ramp_mw_per_h_max = 7.99;
    check_refusal(&b, &p, "gate.ramp", 1);
    static const double LATE_MW[] = {-4, -1, 4};
    p.power_mw = LATE_MW;
    p.soc_mwh = NULL;
    p.soc_end_mwh = NAN;
    check_refusal(&b, &p, "gate.ramp", 2);
}

TEST(gate_keeps_tapers_at_both_ends_of_a_period)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    /* Period 0 charges 4 MW from 2 to 3.8 MWh, period 2 discharges 4 MW from 3.8 to 1.3 MWh. */
    b.power_charge_mw_by_soc = (struct mando_points){2, {0, 10}, {4 + 3.8, 4 - 6.2}};
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_INVALID); /* below 0 */
    b.power_charge_mw_by_soc = (struct mando_points){3, {0, 3.8, 10}, {5, 4, 0}};
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    b.power_charge_mw_by_soc = (struct mando_points){3, {0, 3.7, 10}, {5, 4, 0}};
    check_refusal(&b, &p, "gate.power", 0);
    b = battery();
    b.power_discharge_mw_by_soc = (struct mando_points){3, {0, 1.3, 10}, {0, 4, 5}};
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    b.power_discharge_mw_by_soc = (struct mando_points){3, {0, 1.4, 10}, {0, 4, 5}};
    check_refusal(&b, &p, "gate.power", 2);
    b.power_discharge_mw_by_soc = (struct mando_points){2, {0, 10}, {5, 3}};
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    b.power_discharge_mw_by_soc = (struct mando_points){2, {0, 10}, {5, 2}};
    check_refusal(&b, &p, "gate.power", 2); /* 5 - 0.3 * 3.8 is too little at the start */
}

TEST(gate_replays_efficiencies_that_depend_on_power)
{
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    b.efficiency_charge_by_power = (struct mando_points){2, {2, 4}, {1, 0.75}};
    b.efficiency_discharge_by_power = (struct mando_points){2, {2, 5}, {1, 0.625}};
    /* 4 MW store 0.9 * 3 MW; 4 MW withdraw (2 + 2 * (8 - 2) / 3) / 0.8 MW. */
    static const double SOC[] = {3.35, 3.35, -0.4};
    p.soc_mwh = NULL;
    p.soc_end_mwh = NAN;
    check_refusal(&b, &p, "gate.soc", 2);
    b.soc_min_mwh = -1;
    p.soc_mwh = SOC;
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    check_refusal(&b,
                  &(struct mando_gate_plan){.periods = 3,
                                            .step_h = 0.5,
                                            .soc_start_mwh = 2,
                                            .soc_end_mwh = NAN,
                                            .power_mw = POWER_MW,
                                            .soc_mwh = SOC_MWH},
                  "gate.energy", 0);
}

TEST(gate_adds_up_what_the_connection_carries)
{
    static const double PV_MW[] = {0, 3, 3}, LOAD_MW[] = {1, 1, 1};
    static const double CURTAILED_MW[] = {0, 0, 2}, TOO_MUCH_MW[] = {0, 0, 3.5};
    struct mando_battery b = battery();
    struct mando_gate_plan p = plan();
    struct mando_prices site = {.count = 3, .pv_mw = PV_MW, .load_mw = LOAD_MW};
    p.limits = &site;
    b.auxiliary_mw = 0.5;
    b.import_mw_max = 5.5;
    b.export_mw_max = 2.5; /* 4 - 1.5 with all of the PV curtailed */
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    b.import_mw_max = 5.4;
    check_refusal(&b, &p, "gate.connection", 0);
    b.import_mw_max = 5.5;
    b.export_mw_max = 2.4;
    check_refusal(&b, &p, "gate.connection", 2);
    b.export_mw_max = 3.5;
    p.curtailed_mw = CURTAILED_MW; /* 4 + 3 - 2 - 1.5 */
    CHECK_EQ(mando_gate_check(&b, &p, NULL), MANDO_OK);
    b.export_mw_max = 3.4;
    check_refusal(&b, &p, "gate.connection", 2);
    p.curtailed_mw = TOO_MUCH_MW;
    check_refusal(&b, &p, "gate.value", 2);
}
