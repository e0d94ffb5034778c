#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "import.h"

static enum mando_status make_point(struct import *import, const char *id, struct target *target,
                                    struct mando_error *error)
{
    const char *unit = import_flag(import, "--unit"), *zone = import_zone_name(import);
    if (!unit && import->source != SOURCE_VALUES)
        unit = "EUR/MWh";
    if (!unit)
        return mando_fail(error, MANDO_E_USAGE_MISSING, -1,
                          "%.120s is not there yet: --unit must say what its values are", id);
    struct mando_point *point = &target->point;
    *point =
        (struct mando_point){.type = MANDO_SERIES, .aggregation = import->aggregation, .width = 1};
    (void)snprintf(point->id, sizeof point->id, "%s", id);
    (void)snprintf(point->unit, sizeof point->unit, "%s", unit);
    (void)snprintf(point->time_zone, sizeof point->time_zone, "%s", zone ? zone : "UTC");
    if (strcmp(point->unit, unit) != 0)
        return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--unit", 0, 0,
                             "the unit \"%.60s\" is longer than %zu bytes", unit,
                             sizeof point->unit - 1);
    target->is_new = true;
    return MANDO_OK;
}

static enum mando_status check_unit(const struct import *import, const struct mando_point *point,
                                    struct mando_error *error)
{
    const char *unit = import_flag(import, "--unit");
    if (!unit && import->source != SOURCE_VALUES)
        unit = "EUR/MWh";
    if (!unit || strcmp(unit, point->unit) == 0)
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_VALUES_TYPE, point->id, 0, 0,
                         "the values are in %.40s, those of the data point in %.40s", unit,
                         point->unit);
}

/* A new configuration is no part of an import: it must not seem to be. */
static enum mando_status check_agrees(const struct import *import, const char *name,
                                      const char *own, const struct mando_point *point,
                                      struct mando_error *error)
{
    const char *asked = import_flag(import, name);
    if (!asked || strcmp(asked, own) == 0)
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_USAGE_VALUE, name, 0, 0,
                         "%.120s is there already with %.40s, not %.40s: leave %s out", point->id,
                         own[0] ? own : "none", asked, name);
}

static enum mando_status check_point(const struct import *import, const struct mando_point *point,
                                     struct mando_error *error)
{
    enum mando_status status = check_unit(import, point, error);
    if (!status)
        status = check_agrees(import, "--time-zone", point->time_zone, point, error);
    if (!status)
        status = check_agrees(import, "--aggregation", mando_aggregation_name(point->aggregation),
                              point, error);
    return status;
}

static enum mando_status find_point(struct import *import, const char *id, struct target *target,
                                    struct mando_error *error)
{
    struct mando_query query = MANDO_QUERY_DEFAULT;
    struct mando_catalog catalog = {0};
    query.patterns = &id;
    query.pattern_count = 1;
    enum mando_status status = mando_service_catalog(import->service, &query, &catalog, error);
    if (status == MANDO_NOT_FOUND)
        return make_point(import, id, target, error);
    if (!status) {
        target->point = catalog.items[0].point;
        target->point.document = NULL;
        status = check_point(import, &target->point, error);
        mando_catalog_release(&catalog);
    }
    return status;
}

/* Whether all steps are known before a row was looked at. */
static enum mando_status begin_step(const struct import *import, struct target *target,
                                    struct mando_error *error)
{
    const struct mando_duration *usual = &target->point.resolution;
    target->is_decided = true;
    if (import_is_irregular(import))
        return MANDO_OK;
    if (import_flag(import, "--resolution")) {
        enum mando_status status = import_read_resolution(import, &target->step, error);
        if (target->is_new)
            target->point.resolution = target->step;
        return status;
    }
    bool is_regular = usual->months || usual->days || usual->time_us;
    target->is_decided = !target->is_new && !is_regular;
    return MANDO_OK;
}

static enum mando_status find_target(struct import *import, const char *id, struct target *target,
                                     struct mando_error *error)
{
    enum mando_status status = find_point(import, id, target, error);
    if (!status)
        status = begin_step(import, target, error);
    if (!status && target->point.time_zone[0])
        status = mando_zone_open(target->point.time_zone, import->cli->settings.zone_folder,
                                 &target->zone, error);
    return status;
}

void import_points_forget(struct import *import)
{
    for (size_t i = 0; i < import->target_count; i++)
        mando_zone_free(import->targets[i].zone);
    mando_free(import->targets);
    import->targets = NULL;
    import->target_count = 0;
}

enum mando_status import_points_find(struct import *import, const char *const *ids, size_t count,
                                     struct mando_error *error)
{
    if (count <= import->target_count)
        return MANDO_OK;
    struct target *targets = mando_realloc(import->targets, count, sizeof *targets);
    if (!targets)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the data points");
    import->targets = targets;
    const char **names = mando_realloc(import->names, count, sizeof *names);
    if (!names)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the data points");
    import->names = names;
    enum mando_status status = MANDO_OK;
    for (size_t i = import->target_count; i < count && !status; i++) {
        targets[i] = (struct target){0};
        import->target_count++;
        status = find_target(import, ids[i], &targets[i], error);
    }
    return status;
}

static void decide(struct target *target, struct mando_duration step)
{
    target->step = step;
    target->is_decided = true;
    if (target->is_new)
        target->point.resolution = step;
}

/* From one midnight to the next is a day, however long it is. */
static struct mando_duration step_between(int64_t a_us, int64_t b_us, const struct mando_zone *zone)
{
    int64_t from_us = a_us < b_us ? a_us : b_us, to_us = a_us < b_us ? b_us : a_us;
    bool is_day = zone && mando_zone_day_start_us(zone, from_us, 0) == from_us
                  && mando_zone_day_start_us(zone, from_us, 1) == to_us;
    if (is_day)
        return (struct mando_duration){.days = 1};
    return (struct mando_duration){.time_us = to_us - from_us};
}

bool import_steps_find(struct import *import, const struct mando_rows *rows)
{
    size_t undecided = 0;
    for (size_t i = 0; i < import->target_count; i++)
        undecided += !import->targets[i].is_decided;
    for (size_t i = 0; i < rows->count && undecided; i++) {
        struct target *target = &import->targets[rows->point ? rows->point[i] : 0];
        int64_t start_us = rows->valid_start_us[i];
        if (target->is_decided)
            continue;
        if (!target->has_first) {
            target->has_first = true;
            target->first_us = start_us;
            target->first_length_us =
                mando_rows_has_end(rows, i) ? rows->valid_end_us[i] - start_us : 0;
        } else if (start_us != target->first_us) {
            decide(target, step_between(target->first_us, start_us, target->zone));
            target->is_guessed = true;
            undecided--;
        }
    }
    return undecided == 0;
}

enum mando_status import_steps_end(struct import *import, struct mando_error *error)
{
    for (size_t i = 0; i < import->target_count; i++) {
        struct target *target = &import->targets[i];
        if (target->is_decided || !target->has_first)
            continue;
        if (target->is_new && target->first_length_us <= 0)
            return mando_fail(error, MANDO_E_USAGE_MISSING, -1,
                              "%.120s is new and its rows have one start only: --resolution must "
                              "say how long they are, none of instants",
                              target->point.id);
        struct mando_duration step = target->point.resolution;
        if (target->is_new)
            step = (struct mando_duration){.time_us = target->first_length_us};
        decide(target, step);
    }
    return MANDO_OK;
}
