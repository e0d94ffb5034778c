#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "import.h"

/* What --unit or the format says that values are in; NULL = neither does. */
static const char *unit_of(const struct import *import)
{
    const char *unit = import_flag(import, "--unit");
    return unit || import->source == SOURCE_VALUES ? unit : "EUR/MWh";
}

static enum mando_status make_point(struct import *import, const struct mando_rows_point *told,
                                    struct target *target, struct mando_error *error)
{
    const char *id = told->id, *unit = unit_of(import), *zone = import_zone_name(import);
    unit = unit ? unit : told->unit;
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
        return mando_fail_at(error, unit == told->unit ? MANDO_E_VALUES_TYPE : MANDO_E_USAGE_FLAG,
                             unit == told->unit ? NULL : "--unit", 0, 0,
                             "the unit \"%.60s\" is longer than %zu bytes", unit,
                             sizeof point->unit - 1);
    target->is_new = true;
    return MANDO_OK;
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
    const struct mando_rows_point asked = {.id = point->id, .unit = unit_of(import)};
    enum mando_status status = cli_unit_check(&asked, point, error);
    if (!status)
        status = check_agrees(import, "--time-zone", point->time_zone, point, error);
    if (!status)
        status = check_agrees(import, "--aggregation", mando_aggregation_name(point->aggregation),
                              point, error);
    return status;
}

static enum mando_status find_point(struct import *import, const struct mando_rows_point *told,
                                    struct target *target, struct mando_error *error)
{
    struct mando_query query = MANDO_QUERY_DEFAULT;
    struct mando_catalog catalog = {0};
    query.patterns = &told->id;
    query.pattern_count = 1;
    enum mando_status status = mando_service_catalog(import->service, &query, &catalog, error);
    if (status == MANDO_NOT_FOUND)
        return make_point(import, told, target, error);
    if (!status) {
        target->point = catalog.items[0].point;
        target->point.document = NULL;
        status = check_point(import, &target->point, error);
        mando_catalog_release(&catalog);
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

/* Whether the step is known before a row was looked at. */
static enum mando_status begin_step(const struct import *import, struct target *target,
                                    struct mando_error *error)
{
    struct mando_duration step = {0};
    enum mando_status status = MANDO_OK;
    bool has_flag = import_flag(import, "--resolution") != NULL;
    if (has_flag && !import_is_irregular(import))
        status = import_read_resolution(import, &step, error);
    if (!status && (has_flag || (!target->is_new && !cli_is_length(target->point.resolution))))
        decide(target, step);
    return status;
}

static enum mando_status find_target(struct import *import, const struct mando_rows_point *told,
                                     struct target *target, struct mando_error *error)
{
    enum mando_status status = find_point(import, told, target, error);
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
    import->target_count = import->target_capacity = 0;
}

static enum mando_status reserve(struct import *import, struct mando_error *error)
{
    size_t capacity = import->target_capacity ? 2 * import->target_capacity : 64;
    if (import->target_count < import->target_capacity)
        return MANDO_OK;
    struct target *targets = mando_realloc(import->targets, capacity, sizeof *targets);
    if (targets)
        import->targets = targets;
    const char **names = mando_realloc(import->names, capacity, sizeof *names);
    if (names)
        import->names = names;
    if (!targets || !names)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the data points");
    import->target_capacity = capacity;
    return MANDO_OK;
}

/* The step that a file tells: rows of it have their ends already, a new data point takes it. */
static enum mando_status take_step(const struct import *import, const struct mando_duration *told,
                                   struct target *target, struct mando_error *error)
{
    char text[MANDO_TIME_TEXT_SIZE];
    const char *flag = import_flag(import, "--resolution");
    if (!told || (!cli_is_length(*told) && !target->is_new))
        return MANDO_OK;
    mando_duration_format(*told, text);
    if (flag && cli_is_length(*told) && !cli_is_step(*told, target->step))
        return mando_fail_at(error, MANDO_E_USAGE_VALUE, "--resolution", 0, 0,
                             "the file says that rows of %.120s are %s long, not %.40s: leave "
                             "--resolution out",
                             target->point.id, text, flag);
    if (!target->is_decided)
        decide(target, *told);
    return MANDO_OK;
}

enum mando_status import_point_take(void *context, const struct mando_rows_point *told,
                                    const struct mando_zone **zone_out, struct mando_error *error)
{
    struct import *import = context;
    enum mando_status status = MANDO_OK;
    if (told->index == import->target_count) {
        status = reserve(import, error);
        if (status)
            return status;
        import->targets[told->index] = (struct target){0};
        import->target_count++;
        status = find_target(import, told, &import->targets[told->index], error);
    }
    struct target *target = &import->targets[told->index];
    if (!status)
        status = cli_unit_check(told, &target->point, error);
    if (!status)
        status = take_step(import, told->resolution, target, error);
    *zone_out = target->zone;
    return status;
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

static void note_first(struct target *target, const struct mando_rows *rows, size_t i)
{
    target->has_first = true;
    target->first_us = rows->valid_start_us[i];
    target->has_length = mando_rows_has_end(rows, i);
    if (target->has_length)
        target->first_length_us = rows->valid_end_us[i] - target->first_us;
}

static size_t count_undecided(const struct import *import)
{
    size_t count = 0;
    for (size_t i = 0; i < import->target_count; i++)
        count += !import->targets[i].is_decided && import->targets[i].has_first;
    return count;
}

bool import_steps_find(struct import *import, const struct mando_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        struct target *target = &import->targets[rows->point ? rows->point[i] : 0];
        int64_t start_us = rows->valid_start_us[i];
        if (target->is_decided)
            continue;
        if (!target->has_first) {
            note_first(target, rows, i);
        } else if (start_us != target->first_us) {
            decide(target, step_between(target->first_us, start_us, target->zone));
            target->is_guessed = true;
        }
    }
    return count_undecided(import) == 0;
}

enum mando_status import_steps_end(struct import *import, struct mando_error *error)
{
    for (size_t i = 0; i < import->target_count; i++) {
        struct target *target = &import->targets[i];
        if (target->is_decided || !target->has_first)
            continue;
        if (target->is_new && !target->has_length)
            return mando_fail(
                error, MANDO_E_USAGE_MISSING, (int64_t)i,
                "%.120s is new and only one start of its rows was found: --resolution "
                "must say how long they are, none of instants",
                target->point.id);
        struct mando_duration step = target->point.resolution;
        if (target->is_new)
            step = (struct mando_duration){.time_us = target->first_length_us};
        decide(target, step);
    }
    return MANDO_OK;
}
