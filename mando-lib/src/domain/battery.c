#include "mando/battery.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/number.h"
#include "domain/battery_fields.h"

/* Thousands of times longer than any battery file. */
#define TEXT_LENGTH_MAX ((size_t)1 << 20)

static bool is_id_segment(const char *id)
{
    static const char LETTERS_AND_DIGITS[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    return *id && !strchr("_.-", *id) && id[strspn(id, LETTERS_AND_DIGITS)] == '\0';
}

static enum mando_status check_id(const struct mando_battery *battery, struct mando_error *error)
{
    if (is_id_segment(battery->id))
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_FIELD_RANGE, "/id", 0, 0,
                         "id is \"%.64s\"; it must begin with a letter or digit and hold only "
                         "letters, digits and _ . -",
                         battery->id);
}

static enum mando_status check_soc_limits(const struct mando_battery *battery,
                                          struct mando_error *error)
{
    if (battery->soc_min_mwh < battery->soc_max_mwh)
        return MANDO_OK;
    char low[MANDO_NUMBER_TEXT_SIZE], high[MANDO_NUMBER_TEXT_SIZE];
    (void)mando_number_format(battery->soc_min_mwh, low);
    (void)mando_number_format(battery->soc_max_mwh, high);
    return mando_fail_at(error, MANDO_E_BATTERY_SOC_LIMITS, "/soc_max_mwh", 0, 0,
                         "soc_max_mwh is %s; it must be above soc_min_mwh, which is %s", high, low);
}

/* pointer is that of the field that holds soc_mwh; NaN is absent. */
static enum mando_status check_soc(const struct mando_battery *battery, double soc_mwh,
                                   enum mando_error_code code, const char *pointer,
                                   struct mando_error *error)
{
    if (isnan(soc_mwh) || (soc_mwh >= battery->soc_min_mwh && soc_mwh <= battery->soc_max_mwh))
        return MANDO_OK;
    char given[MANDO_NUMBER_TEXT_SIZE], low[MANDO_NUMBER_TEXT_SIZE], high[MANDO_NUMBER_TEXT_SIZE];
    (void)mando_number_format(soc_mwh, given);
    (void)mando_number_format(battery->soc_min_mwh, low);
    (void)mando_number_format(battery->soc_max_mwh, high);
    return mando_fail_at(error, code, pointer, 0, 0,
                         "%s is %s; it must be within soc_min_mwh and soc_max_mwh, %s to %s",
                         pointer + 1, given, low, high);
}

static enum mando_status check_end_value(const struct mando_battery *battery,
                                         struct mando_error *error)
{
    if (battery->soc_end_value_eur_per_mwh == 0 || isnan(battery->soc_end_mwh))
        return MANDO_OK;
    char value[MANDO_NUMBER_TEXT_SIZE], end[MANDO_NUMBER_TEXT_SIZE];
    (void)mando_number_format(battery->soc_end_value_eur_per_mwh, value);
    (void)mando_number_format(battery->soc_end_mwh, end);
    return mando_fail_at(error, MANDO_E_BATTERY_END_VALUE, "/soc_end_value_eur_per_mwh", 0, 0,
                         "soc_end_value_eur_per_mwh is %s, which needs a free end, but soc_end_mwh "
                         "is %s",
                         value, end);
}

/* The bend of three points of a line that must be concave (sign 1) or convex (sign -1): true where it
 * is wrong by more than rounding. */
static bool bends_wrong(double slope_before, double slope, int sign)
{
    return sign * (slope - slope_before) > 1e-12 * (fabs(slope) + fabs(slope_before));
}

static enum mando_status fail_curve(const char *field, size_t point, const char *why,
                                    struct mando_error *error)
{
    char pointer[96];
    (void)snprintf(pointer, sizeof pointer, "/%s/%zu", field, point);
    return mando_fail_at(error, MANDO_E_BATTERY_CURVE, pointer, 0, 0, "point %zu of %s %s",
                         point + 1, field, why);
}

/* From the origin: power at the cells over power at the grid. */
static enum mando_status check_efficiency(const char *field, const struct mando_points *points,
                                          double power_mw, bool charges, struct mando_error *error)
{
    double from_mw = 0, from_cells_mw = 0, slope_before = charges ? INFINITY : 0;
    for (size_t i = 0; i < points->count; i++) {
        double to_mw = points->x[i];
        double to_cells_mw = charges ? to_mw * points->y[i] : to_mw / points->y[i];
        double slope = (to_cells_mw - from_cells_mw) / (to_mw - from_mw);
        if (charges && !(slope > 0))
            return fail_curve(field, i, "stores no more power than the point before", error);
        if (i > 0 && bends_wrong(slope_before, slope, charges ? 1 : -1))
            return fail_curve(field, i,
                              charges ? "makes the stored power bend up: its slope must fall"
                                      : "makes the withdrawn power bend down: its slope must rise",
                              error);
        from_mw = to_mw;
        from_cells_mw = to_cells_mw;
        slope_before = slope;
    }
    if (points->count && from_mw < power_mw)
        return fail_curve(field, points->count - 1,
                          charges ? "is the last one, but lies below power_charge_mw"
                                  : "is the last one, but lies below power_discharge_mw",
                          error);
    return MANDO_OK;
}

static enum mando_status check_taper(const struct mando_battery *battery, const char *field,
                                     const struct mando_points *points, struct mando_error *error)
{
    if (points->count == 0)
        return MANDO_OK;
    if (points->x[0] > battery->soc_min_mwh)
        return fail_curve(field, 0, "is the first one, but lies above soc_min_mwh", error);
    size_t last = points->count - 1;
    if (points->x[last] < battery->soc_max_mwh)
        return fail_curve(field, last, "is the last one, but lies below soc_max_mwh", error);
    double slope_before = INFINITY;
    for (size_t i = 1; i < points->count; i++) {
        double slope = (points->y[i] - points->y[i - 1]) / (points->x[i] - points->x[i - 1]);
        if (i > 1 && bends_wrong(slope_before, slope, 1))
            return fail_curve(field, i, "makes the power limit bend up: its slope must fall",
                              error);
        slope_before = slope;
    }
    return MANDO_OK;
}

static enum mando_status check_levels(const struct mando_battery *battery,
                                      struct mando_error *error)
{
    static const char FIELD
    [] = "degradation_eur_per_mwh_by_power";
    const struct mando_points *levels = &battery->degradation_eur_per_mwh_by_power;
    for (size_t i = 1; i < levels->count; i++)
        if (levels->y[i] < levels->y[i - 1])
            return fail_curve(FIELD, i, "costs less than the point before: levels must rise",
                              error);
    if (levels->count && levels->x[levels->count - 1] < battery->power_discharge_mw)
        return fail_curve(FIELD, levels->count - 1,
                          "is the last one, but lies below power_discharge_mw", error);
    return MANDO_OK;
}

static enum mando_status check_curves(const struct mando_battery *battery,
                                      struct mando_error *error)
{
    enum mando_status status =
        check_efficiency("efficiency_charge_by_power", &battery->efficiency_charge_by_power,
                         battery->power_charge_mw, true, error);
    if (!status)
        status = check_efficiency("efficiency_discharge_by_power",
                                  &battery->efficiency_discharge_by_power,
                                  battery->power_discharge_mw, false, error);
    if (!status)
        status =
            check_taper(battery, "power_charge_mw_by_soc", &battery->power_charge_mw_by_soc, error);
    if (!status)
        status = check_taper(battery, "power_discharge_mw_by_soc",
                             &battery->power_discharge_mw_by_soc, error);
    return status ? status : check_levels(battery, error);
}

void mando_battery_init(struct mando_battery *battery_out)
{
    mando_entity_init(&mando_entity_battery, battery_out);
}

enum mando_status mando_battery_check(const struct mando_battery *battery,
                                      struct mando_error *error)
{
    enum mando_status status = mando_entity_check(&mando_entity_battery, battery, error);
    if (!status)
        status = check_id(battery, error);
    if (!status)
        status = check_soc_limits(battery, error);
    if (!status)
        status = check_soc(battery, battery->soc_start_mwh, MANDO_E_BATTERY_SOC_START,
                           "/soc_start_mwh", error);
    if (!status)
        status = check_soc(battery, battery->soc_end_mwh, MANDO_E_BATTERY_SOC_END, "/soc_end_mwh",
                           error);
    if (!status)
        status = check_end_value(battery, error);
    return status ? status : check_curves(battery, error);
}

static enum mando_status read_battery(const struct mando_json *json,
                                      struct mando_battery *battery_out, struct mando_error *error)
{
    struct mando_battery battery = {0};
    yyjson_val *object = yyjson_doc_get_root(json->doc);
    enum mando_status status =
        mando_entity_read(&mando_entity_battery, json, object, &battery, error);
    if (status)
        return status;
    if (isnan(battery.soc_start_mwh))
        battery.soc_start_mwh = battery.soc_min_mwh;
    struct mando_error problem;
    status = mando_battery_check(&battery, &problem);
    if (!status) {
        *battery_out = battery;
    } else if (error) {
        mando_json_place_error(json, object, &problem);
        *error = problem;
    }
    return status;
}

enum mando_status mando_battery_parse(const char *text, size_t length, const char *where,
                                      struct mando_battery *battery_out, struct mando_error *error)
{
    MANDO_CLEANUP(mando_json_release) struct mando_json json = {0};
    enum mando_status status = mando_json_parse(text, length, TEXT_LENGTH_MAX, where, &json, error);
    return status ? status : read_battery(&json, battery_out, error);
}
