#include "schema/points.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"

static bool is_pair(yyjson_val *value)
{
    return yyjson_is_arr(value) && yyjson_arr_size(value) == 2
           && yyjson_is_num(yyjson_arr_get_first(value))
           && yyjson_is_num(yyjson_arr_get_last(value));
}

enum mando_status schema_points_read(const struct mando_field *field, const struct mando_json *json,
                                     yyjson_val *value, void *record, struct mando_error *error)
{
    if (!yyjson_is_arr(value))
        return schema_fail_type(json, field->name, value, "a list of points [x, y]", error);
    size_t count = yyjson_arr_size(value);
    char text[248];
    if (count < 1 || count > MANDO_POINTS_MAX) {
        (void)snprintf(text, sizeof text, "%s has %zu points; it may have 1 to %d", field->name,
                       count, MANDO_POINTS_MAX);
        return schema_fail_at(json, value, MANDO_E_FIELD_RANGE, text, error);
    }
    struct mando_points points = {0};
    yyjson_arr_iter pairs = yyjson_arr_iter_with(value);
    for (yyjson_val *pair = yyjson_arr_iter_next(&pairs); pair;
         pair = yyjson_arr_iter_next(&pairs)) {
        (void)snprintf(text, sizeof text, "point %zu of %s", points.count + 1, field->name);
        if (!is_pair(pair))
            return schema_fail_type(json, text, pair, "two numbers [x, y]", error);
        points.x[points.count] = yyjson_get_num(yyjson_arr_get_first(pair));
        points.y[points.count++] = yyjson_get_num(yyjson_arr_get_last(pair));
    }
    memcpy((char *)record + field->offset, &points, sizeof points);
    return MANDO_OK;
}

static enum mando_status check_point(const struct mando_field *field,
                                     const struct mando_points *points, size_t i, double x_before,
                                     struct mando_error *error)
{
    static const struct mando_bound ANY = {0, MANDO_BOUND_NONE};
    char pointer[96], name[96];
    (void)snprintf(pointer, sizeof pointer, "/%s/%zu/0", field->name, i);
    (void)snprintf(name, sizeof name, "x of point %zu of %s", i + 1, field->name);
    if (!schema_bounds_hold(field->low_x, ANY, points->x[i]))
        return schema_bounds_fail(field->low_x, ANY, points->x[i], name, pointer, error);
    if (!(points->x[i] > x_before)) {
        char x[MANDO_NUMBER_TEXT_SIZE], before[MANDO_NUMBER_TEXT_SIZE];
        (void)mando_number_format(points->x[i], x);
        (void)mando_number_format(x_before, before);
        return mando_fail_at(error, MANDO_E_FIELD_RANGE, pointer, 0, 0,
                             "%s is %s; it must be above that of the point before, %s", name, x,
                             before);
    }
    pointer[strlen(pointer) - 1] = '1';
    name[0] = 'y';
    if (!schema_bounds_hold(field->low, field->high, points->y[i]))
        return schema_bounds_fail(field->low, field->high, points->y[i], name, pointer, error);
    return MANDO_OK;
}

enum mando_status schema_points_check(const struct mando_field *field, const void *record,
                                      struct mando_error *error)
{
    struct mando_points points;
    memcpy(&points, (const char *)record + field->offset, sizeof points);
    if (points.count > MANDO_POINTS_MAX) {
        char pointer[96];
        (void)snprintf(pointer, sizeof pointer, "/%s", field->name);
        return mando_fail_at(error, MANDO_E_FIELD_RANGE, pointer, 0, 0,
                             "%s has %zu points; it may have 1 to %d", field->name, points.count,
                             MANDO_POINTS_MAX);
    }
    enum mando_status status = MANDO_OK;
    double x_before = -INFINITY;
    for (size_t i = 0; i < points.count && !status; i++) {
        status = check_point(field, &points, i, x_before, error);
        x_before = points.x[i];
    }
    return status;
}
