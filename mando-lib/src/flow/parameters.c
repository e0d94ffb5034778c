#include "flow/parameters.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "base/text.h"

static enum mando_status read_day(const char *text, const struct mando_zone *zone, int64_t now_us,
                                  struct flow_given *given, struct mando_error *error)
{
    int64_t time_us;
    struct mando_error problem;
    if (mando_time_parse_relative(text, strlen(text), zone, now_us, &time_us, &problem))
        return mando_fail_at(error, MANDO_E_FLOW_PARAMETER, "day", 0, 0,
                             "day is \"%.40s\"; it must be a date, D, D-1 or D+1: %.120s", text,
                             problem.message);
    given->from_us = mando_zone_day_start_us(zone, time_us, 0);
    given->to_us = mando_zone_day_start_us(zone, time_us, 1);
    if (given->from_us == time_us && given->to_us > given->from_us)
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_FLOW_PARAMETER, "day", 0, 0,
                         "day is \"%.40s\", which is not the start of a day", text);
}

static enum mando_status read_number(const struct flow *flow,
                                     const struct mando_flow_parameter *given, double *number_out,
                                     struct mando_error *error)
{
    size_t place = flow_parameter_find(flow->decides, given->name);
    double value;
    if (place == flow->decides->parameter_count)
        return mando_fail_at(error, MANDO_E_FLOW_PARAMETER, given->name, 0, 0,
                             "\"%.60s\" is no parameter of the flow; there is day, and those of %s",
                             given->name, flow->decides->name);
    if (!mando_number_parse(given->value, strlen(given->value), &value))
        return mando_fail_at(error, MANDO_E_FLOW_PARAMETER, given->name, 0, 0,
                             "%.60s is \"%.60s\", which is no number", given->name, given->value);
    const struct flow_parameter *bounds = &flow->parameters[place];
    if (!(value >= bounds->minimum && value <= bounds->maximum))
        return mando_fail_at(error, MANDO_E_FLOW_PARAMETER, given->name, 0, 0,
                             "%.60s is %.9g; it must be from %.9g to %.9g", given->name, value,
                             bounds->minimum, bounds->maximum);
    number_out[place] = value;
    return MANDO_OK;
}

static void write_day(struct mando_text *text, const struct mando_zone *zone, int64_t from_us)
{
    struct mando_calendar day = mando_zone_calendar(zone, from_us);
    mando_text_append_format(text, "{\"day\":\"%04d-%02d-%02d\"", (int)day.year, day.month,
                             day.day);
}

static enum mando_status write_all(const struct flow *flow, const struct flow_given *given,
                                   const struct mando_zone *zone,
                                   char text_out[MANDO_RUN_PARAMETERS_SIZE],
                                   struct mando_error *error)
{
    struct mando_text text;
    mando_text_init(&text, MANDO_RUN_PARAMETERS_SIZE - 1);
    write_day(&text, zone, given->from_us);
    for (size_t i = 0; i < flow->decides->parameter_count; i++) {
        mando_text_append_format(&text, ",\"%s\":", flow->decides->parameters[i].name);
        mando_text_append_number(&text, given->numbers[i]);
    }
    mando_text_append(&text, "}", 1);
    enum mando_status status = text.status;
    if (!status)
        memcpy(text_out, text.bytes, text.length + 1);
    mando_text_release(&text);
    return status ? mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for parameters")
                  : MANDO_OK;
}

enum mando_status
flow_parameters_read(const struct flow *flow, const struct mando_flow_options *options,
                     const struct mando_zone *zone, int64_t now_us, struct flow_given *given_out,
                     char text_out[MANDO_RUN_PARAMETERS_SIZE], struct mando_error *error)
{
    struct flow_given given = {0};
    const char *day = "D+1";
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < flow->decides->parameter_count; i++)
        given.numbers[i] = flow->parameters[i].value;
    for (size_t i = 0; i < options->parameter_count && !status; i++) {
        const struct mando_flow_parameter *one = &options->parameters[i];
        if (strcmp(one->name, "day") == 0)
            day = one->value;
        else
            status = read_number(flow, one, given.numbers, error);
    }
    if (!status)
        status = read_day(day, zone, now_us, &given, error);
    if (!status)
        status = write_all(flow, &given, zone, text_out, error);
    if (!status)
        *given_out = given;
    return status;
}

enum mando_status flow_parameters_recorded(const struct mando_run *run,
                                           struct flow_recorded *recorded_out,
                                           struct mando_error *error)
{
    struct mando_json json = {0};
    struct flow_recorded *recorded = recorded_out;
    recorded->count = 0;
    enum mando_status status = mando_json_parse(run->parameters, strlen(run->parameters),
                                                MANDO_RUN_PARAMETERS_SIZE, run->id, &json, error);
    if (status == MANDO_NO_MEMORY)
        return status;
    if (status)
        return mando_fail_at(error, MANDO_E_DB_CORRUPT, run->id, 0, 0,
                             "the parameters of the run cannot be read");
    yyjson_obj_iter members = yyjson_obj_iter_with(yyjson_doc_get_root(json.doc));
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key && recorded->count < FLOW_GIVEN_MAX;
         key = yyjson_obj_iter_next(&members)) {
        size_t i = recorded->count++;
        yyjson_val *value = yyjson_obj_iter_get_val(key);
        (void)snprintf(recorded->names[i], sizeof recorded->names[i], "%s", yyjson_get_str(key));
        if (yyjson_is_str(value))
            (void)snprintf(recorded->values[i], sizeof recorded->values[i], "%s",
                           yyjson_get_str(value));
        else
            (void)mando_number_format(yyjson_get_num(value), recorded->values[i]);
        recorded->items[i] = (struct mando_flow_parameter){recorded->names[i], recorded->values[i]};
    }
    mando_json_release(&json);
    return MANDO_OK;
}
