#include "instances.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "mando/codec.h"

static void fail(const char *where, const char *message)
{
    (void)fprintf(stderr, "%s: %s\n", where, message);
    exit(1);
}

static void read_file(const char *path, char **text_out, size_t *length_out)
{
    struct mando_error error;
    if (mando_file_read(path, 0, text_out, length_out, &error) != MANDO_OK)
        fail(path, error.message);
}

static void read_battery(const char *path, struct mando_battery *battery)
{
    size_t length;
    char *text;
    struct mando_error error;
    read_file(path, &text, &length);
    if (mando_battery_parse(text, length, path, battery, &error) != MANDO_OK)
        fail(path, error.message);
    mando_text_free(text);
}

static size_t count_words(const char *text)
{
    size_t count = 0;
    for (size_t span; (text += strspn(text, " "), span = strcspn(text, " \n")) > 0; text += span)
        count++;
    return count;
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++)
        count++;
    return count;
}

static struct mando_optimize_limit *make_days(const struct instances *instances, size_t count)
{
    double cycle_mwh = instances->battery.soc_max_mwh - instances->battery.soc_min_mwh;
    struct mando_optimize_limit *days = calloc(count, sizeof *days);
    if (!days)
        fail("days", "no memory");
    for (size_t d = 0; d < count; d++)
        days[d].withdrawn_mwh_max = instances->battery.cycles_per_day_max * cycle_mwh;
    return days;
}

/* Days of 24 hours where `lengths`, the rest of the first line, names none. */
static void read_days(const char *path, char *lengths, struct instances *instances)
{
    size_t named = count_words(lengths), first = 0;
    size_t a_day = (size_t)lround(24 / instances->step_h);
    if (isnan(instances->battery.cycles_per_day_max))
        return;
    instances->day_count = named ? named : (instances->periods + a_day - 1) / a_day;
    instances->days = make_days(instances, instances->day_count);
    for (size_t d = 0; d < instances->day_count; d++) {
        size_t length = named ? strtoull(lengths, &lengths, 10) : a_day;
        instances->days[d].first = first;
        instances->days[d].periods = length;
        first += length;
    }
    if (named && first != instances->periods)
        fail(path, "the days and the prices are not equally long");
}

void instances_read(const char *battery, const char *prices, struct instances *instances_out)
{
    size_t length;
    struct instances instances = {0};
    instances.battery.cycles_per_day_max = NAN;
    if (battery)
        read_battery(battery, &instances.battery);
    char *text, *lengths, *end;
    read_file(prices, &text, &length);
    char *line = strchr(text, '\n');
    if (!line)
        fail(prices, "it has no prices");
    instances.step_h = strtod(text, &lengths);
    instances.count = count_lines(++line);
    instances.periods = count_words(line);
    read_days(prices, lengths, &instances);
    size_t total = instances.count * instances.periods;
    instances.prices = bench_doubles(total);
    for (size_t k = 0; k < total; k++, line = end) {
        instances.prices[k] = strtod(line, &end);
        if (end == line)
            fail(prices, "its lines are not equally long");
    }
    mando_text_free(text);
    *instances_out = instances;
}

void instances_release(struct instances *instances)
{
    free(instances->prices);
    free(instances->days);
}

struct mando_optimize_problem instances_problem(const struct instances *instances, size_t i)
{
    const struct mando_battery *battery = &instances->battery;
    const double *prices = instances->prices + i * instances->periods;
    return (struct mando_optimize_problem){
        .periods = instances->periods,
        .step_h = instances->step_h,
        .buy_eur_per_mwh = prices,
        .sell_eur_per_mwh = prices,
        .power_charge_mw = battery->power_charge_mw,
        .power_discharge_mw = battery->power_discharge_mw,
        .soc_min_mwh = battery->soc_min_mwh,
        .soc_max_mwh = battery->soc_max_mwh,
        .soc_start_mwh = battery->soc_start_mwh,
        .soc_end_mwh = battery->soc_end_mwh,
        .soc_end_value_eur_per_mwh = battery->soc_end_value_eur_per_mwh,
        .efficiency_charge = battery->efficiency_charge,
        .efficiency_discharge = battery->efficiency_discharge,
        .fee_eur_per_mwh = battery->fee_eur_per_mwh,
        .degradation_eur_per_mwh = battery->degradation_eur_per_mwh,
        .self_discharge_per_h = battery->self_discharge_per_h,
        .day_limits = instances->days,
        .day_limit_count = instances->day_count};
}
