#include "flow/document.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/nearest.h"
#include "domain/accounts_fields.h"
#include "flow/strategies.h"
#include "mando/flow.h"
#include "schema/entity.h"

#define NAME_SIZE 64

struct flow_fields {
#define TEXT_FIELD(name, size, initial, rule, text) char name[size];
#define JSON_FIELD(name, kind, text) yyjson_val *name;
#include "schema/flow.def"
#undef TEXT_FIELD
#undef JSON_FIELD
};

static const struct mando_field FLOW_FIELDS[] = {
#define TEXT_FIELD(field, bytes, start, presence, about)                                           \
    MANDO_TEXT_FIELD(struct flow_fields, field, bytes, start, presence, about),
#define JSON_FIELD(field, kind, about) MANDO_JSON_FIELD(struct flow_fields, field, about),
#include "schema/flow.def"
#undef TEXT_FIELD
#undef JSON_FIELD
};

static const struct mando_field INPUT_FIELDS[] = {
#define TEXT_FIELD(field, bytes, start, presence, about)                                           \
    MANDO_TEXT_FIELD(struct flow_input, field, bytes, start, presence, about),
#include "schema/flow_input.def"
#undef TEXT_FIELD
};

#define ANY 0, MANDO_BOUND_NONE

static const struct mando_field PARAMETER_FIELDS[] = {
#define NUMBER_FIELD(field, measure, start, presence, least, most, about)                          \
    MANDO_NUMBER_FIELD(struct flow_parameter, field, measure, start, presence, about,              \
                       .low = {least}, .high = {most}),
#include "schema/flow_parameter.def"
#undef NUMBER_FIELD
};

static const struct mando_field SEND_FIELDS[] = {
#define TEXT_FIELD(field, bytes, start, presence, about)                                           \
    MANDO_TEXT_FIELD(struct flow_send, field, bytes, start, presence, about),
#include "schema/flow_send.def"
#undef TEXT_FIELD
};

#define ENTITY(name, fields)                                                                       \
    {                                                                                              \
        name, fields, sizeof(fields) / sizeof *(fields)                                            \
    }

static const struct mando_entity FLOW = ENTITY("flow", FLOW_FIELDS);
static const struct mando_entity INPUT = ENTITY("flow's input", INPUT_FIELDS);
static const struct mando_entity PARAMETER = ENTITY("flow's parameter", PARAMETER_FIELDS);
static const struct mando_entity SEND = ENTITY("flow's send", SEND_FIELDS);

/* A document while it is read. */
struct reading {
    struct mando_json json;
    struct flow_fields fields;
    struct flow *flow;
    const struct mando_strategy *strategy;
    struct mando_error *error;
};

MANDO_PRINTF(4, 5)
static enum mando_status fail(const struct reading *reading, yyjson_val *value,
                              enum mando_error_code code, const char *format, ...)
{
    char message[248];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return schema_fail_at(&reading->json, value, code, message, reading->error);
}

/* Reads an object; every text that is required is there. */
static enum mando_status read_object(const struct reading *reading,
                                     const struct mando_entity *entity, yyjson_val *object,
                                     void *record)
{
    enum mando_status status =
        mando_entity_read(entity, &reading->json, object, record, reading->error);
    for (size_t i = 0; i < entity->field_count && !status; i++) {
        const struct mando_field *field = &entity->fields[i];
        const char *text = (const char *)record + field->offset;
        if (field->type == MANDO_FIELD_TEXT && field->rule == MANDO_FIELD_REQUIRED && !*text)
            status = fail(reading, object, MANDO_E_FIELD_MISSING,
                          "%s is missing; it is required: %s", field->name, field->text);
    }
    return status;
}

/* What the members of an object are named after. */
struct names {
    const struct mando_strategy *strategy;
    const char *(*at)(const struct mando_strategy *strategy, size_t i);
};

static const char *name_at(const void *context, size_t i)
{
    const struct names *names = context;
    return names->at(names->strategy, i);
}

static const char *input_at(const struct mando_strategy *strategy, size_t i)
{
    return i < strategy->input_count ? strategy->inputs[i].name : NULL;
}

static const char *parameter_at(const struct mando_strategy *strategy, size_t i)
{
    return i < strategy->parameter_count ? strategy->parameters[i].name : NULL;
}

static const char *output_at(const struct mando_strategy *strategy, size_t i)
{
    return i < strategy->output_count ? strategy->outputs[i].name : NULL;
}

static bool find_name(const struct names *names, const char *name, size_t *place_out)
{
    const char *known;
    for (size_t i = 0; (known = name_at(names, i)); i++)
        if (strcmp(known, name) == 0) {
            *place_out = i;
            return true;
        }
    return false;
}

size_t flow_parameter_find(const struct mando_strategy *strategy, const char *name)
{
    const struct names names = {strategy, parameter_at};
    size_t place = strategy->parameter_count;
    (void)find_name(&names, name, &place);
    return place;
}

/* Calls `read` for each member of an object, whose names are those of the strategy, each at most once. */
static enum mando_status read_members(const struct reading *reading, yyjson_val *object,
                                      const char *field, const struct names *names,
                                      enum mando_status (*read)(const struct reading *reading,
                                                                size_t place, yyjson_val *value))
{
    bool is_given[MANDO_STRATEGY_PARAMETERS_MAX] = {false};
    enum mando_status status = MANDO_OK;
    if (!object)
        return MANDO_OK;
    if (!yyjson_is_obj(object))
        return schema_fail_type(&reading->json, field, object, "an object", reading->error);
    yyjson_obj_iter members = yyjson_obj_iter_with(object);
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key && !status;
         key = yyjson_obj_iter_next(&members)) {
        char name[NAME_SIZE];
        size_t place = 0;
        (void)snprintf(name, sizeof name, "%s", yyjson_get_str(key));
        if (!find_name(names, name, &place))
            return fail(reading, key, MANDO_E_FIELD_UNKNOWN,
                        "\"%s\" is none of the %s of %s; the nearest is \"%s\"", name, field,
                        names->strategy->name, mando_nearest_of_all(name, name_at, names));
        if (is_given[place])
            return fail(reading, key, MANDO_E_FIELD_DUPLICATE, "%s is given twice", name);
        is_given[place] = true;
        status = read(reading, place, yyjson_obj_iter_get_val(key));
    }
    return status;
}

static enum mando_status check_id(const struct reading *reading, yyjson_val *value, const char *id)
{
    struct mando_error problem;
    return mando_point_id_check(id, strlen(id), &problem)
               ? fail(reading, value, MANDO_E_POINT_ID, "%.240s", problem.message)
               : MANDO_OK;
}

/* A time that is relative to D; any day will do. */
static enum mando_status check_time(const struct reading *reading, yyjson_val *object,
                                    const char *field, const char *text)
{
    struct mando_error problem;
    int64_t ignored_us;
    if (!*text || !mando_time_parse_relative(text, strlen(text), NULL, 0, &ignored_us, &problem))
        return MANDO_OK;
    yyjson_val *value = yyjson_obj_get(object, field);
    return fail(reading, value ? value : object, MANDO_E_TIME_FORMAT, "%s: %.200s", field,
                problem.message);
}

static enum mando_status read_input(const struct reading *reading, size_t place, yyjson_val *value)
{
    struct flow_input *input = &reading->flow->inputs[place];
    enum mando_status status = read_object(reading, &INPUT, value, input);
    if (!status)
        status = check_id(reading, yyjson_obj_get(value, "id"), input->id);
    if (!status)
        status = check_time(reading, value, "from", input->from);
    if (!status)
        status = check_time(reading, value, "to", input->to);
    return status ? status : check_time(reading, value, "as_of", input->as_of);
}

static enum mando_status read_inputs(const struct reading *reading)
{
    const struct mando_strategy *strategy = reading->strategy;
    const struct names names = {strategy, input_at};
    yyjson_val *root = yyjson_doc_get_root(reading->json.doc);
    enum mando_status status =
        read_members(reading, reading->fields.inputs, "inputs", &names, read_input);
    for (size_t i = 0; i < strategy->input_count && !status; i++)
        if (!reading->flow->inputs[i].id[0] && !strategy->inputs[i].is_optional)
            status = fail(reading, reading->fields.inputs ? reading->fields.inputs : root,
                          MANDO_E_FIELD_MISSING, "the input %s is missing; %s needs it: %s",
                          strategy->inputs[i].name, strategy->name, strategy->inputs[i].text);
    return status;
}

/* A number alone is its value; bounds are never wider than the strategy's. */
static enum mando_status read_parameter(const struct reading *reading, size_t place,
                                        yyjson_val *value)
{
    const struct mando_strategy_parameter *own = &reading->strategy->parameters[place];
    struct flow_parameter *parameter = &reading->flow->parameters[place];
    struct flow_parameter read = {yyjson_get_num(value), NAN, NAN};
    if (!yyjson_is_num(value)) {
        enum mando_status status = read_object(reading, &PARAMETER, value, &read);
        if (status)
            return status;
    }
    parameter->minimum = isnan(read.minimum) ? own->minimum : fmax(own->minimum, read.minimum);
    parameter->maximum = isnan(read.maximum) ? own->maximum : fmin(own->maximum, read.maximum);
    parameter->value = read.value;
    if (read.value >= parameter->minimum && read.value <= parameter->maximum)
        return MANDO_OK;
    return isnan(read.value)
               ? fail(reading, value, MANDO_E_FIELD_MISSING,
                      "value is missing; it is what %s is where a run gives none", own->name)
               : fail(reading, value, MANDO_E_FIELD_RANGE,
                      "%s is %.9g; it must be from %.9g to %.9g", own->name, read.value,
                      parameter->minimum, parameter->maximum);
}

static enum mando_status read_output(const struct reading *reading, size_t place, yyjson_val *value)
{
    const char *name = reading->strategy->outputs[place].name;
    char *id = reading->flow->outputs[place];
    if (!yyjson_is_str(value))
        return schema_fail_type(&reading->json, name, value, "the id of a data point",
                                reading->error);
    (void)snprintf(id, sizeof reading->flow->outputs[place], "%s", yyjson_get_str(value));
    enum mando_status status = check_id(reading, value, yyjson_get_str(value));
    for (size_t i = 0; i < reading->strategy->output_count && !status; i++)
        if (i != place && strcmp(reading->flow->outputs[i], id) == 0)
            status = fail(reading, value, MANDO_E_FIELD_DUPLICATE,
                          "%s is stored under \"%.120s\", as %s is already", name, id,
                          reading->strategy->outputs[i].name);
    return status;
}

static enum mando_status read_accounts(const struct reading *reading)
{
    struct mando_accounts *accounts = &reading->flow->accounts;
    yyjson_val *object = reading->fields.accounts;
    struct mando_error problem;
    mando_accounts_init(accounts);
    if (!object)
        return MANDO_OK;
    enum mando_status status = read_object(reading, &mando_entity_accounts, object, accounts);
    if (status || !mando_accounts_check(accounts, &problem))
        return status;
    yyjson_val *account = yyjson_obj_get(object, problem.where + 1);
    return fail(reading, account ? account : object, MANDO_E_FIELD_RANGE, "%.240s",
                problem.message);
}

static enum mando_status read_send(const struct reading *reading, yyjson_val *value)
{
    struct flow *flow = reading->flow;
    struct flow_send *send = &flow->sends[flow->send_count++];
    const struct names outputs = {reading->strategy, output_at};
    size_t place;
    enum mando_status status = read_object(reading, &SEND, value, send);
    if (!status && strcmp(send->adapter, "file") != 0)
        status = fail(reading, yyjson_obj_get(value, "adapter"), MANDO_E_FIELD_RANGE,
                      "adapter is \"%s\"; it must be file", send->adapter);
    if (!status && (!find_name(&outputs, send->output, &place) || !flow->outputs[place][0]))
        status = fail(reading, yyjson_obj_get(value, "output"), MANDO_E_FIELD_RANGE,
                      "output is \"%s\", which the flow does not store", send->output);
    return status;
}

static enum mando_status read_sends(const struct reading *reading)
{
    yyjson_val *list = reading->fields.send;
    enum mando_status status = MANDO_OK;
    if (!list)
        return MANDO_OK;
    if (!yyjson_is_arr(list))
        return schema_fail_type(&reading->json, "send", list, "a list", reading->error);
    if (yyjson_arr_size(list) > FLOW_SENDS_MAX)
        return fail(reading, list, MANDO_E_FIELD_RANGE, "there are %zu sends; %d can be",
                    yyjson_arr_size(list), FLOW_SENDS_MAX);
    yyjson_arr_iter items = yyjson_arr_iter_with(list);
    for (yyjson_val *item = yyjson_arr_iter_next(&items); item && !status;
         item = yyjson_arr_iter_next(&items))
        status = read_send(reading, item);
    return status;
}

static enum mando_status read_strategy(struct reading *reading)
{
    const struct flow_fields *fields = &reading->fields;
    yyjson_val *root = yyjson_doc_get_root(reading->json.doc);
    if (strcmp(fields->engine, "v1") != 0)
        return fail(reading, yyjson_obj_get(root, "engine"), MANDO_E_FLOW_ENGINE,
                    "engine is \"%s\"; this program has v1", fields->engine);
    reading->strategy = flow_strategy_find(fields->strategy);
    if (!reading->strategy) {
        char names[128] = "";
        for (size_t i = 0; flow_strategy_at(i); i++)
            (void)snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
                           i ? ", " : "", flow_strategy_at(i)->name);
        return fail(reading, yyjson_obj_get(root, "strategy"), MANDO_E_FLOW_STRATEGY,
                    "strategy is \"%s\"; there are: %s", fields->strategy, names);
    }
    if (strcmp(fields->strategy_version, reading->strategy->version) != 0)
        return fail(reading, yyjson_obj_get(root, "strategy_version"), MANDO_E_FLOW_STRATEGY,
                    "strategy_version is \"%s\"; this program has version %s of %s",
                    fields->strategy_version, reading->strategy->version, fields->strategy);
    return MANDO_OK;
}

/* What stands in the document itself. */
static void copy_fields(const struct reading *reading)
{
    struct flow *flow = reading->flow;
    *flow = (struct flow){.decides = reading->strategy};
#define TEXT_FIELD(name, size, initial, rule, text) memcpy(flow->name, reading->fields.name, size);
#define JSON_FIELD(name, kind, text)
#include "schema/flow.def"
#undef TEXT_FIELD
#undef JSON_FIELD
    for (size_t i = 0; i < reading->strategy->parameter_count; i++) {
        const struct mando_strategy_parameter *own = &reading->strategy->parameters[i];
        flow->parameters[i] = (struct flow_parameter){own->value, own->minimum, own->maximum};
    }
}

static enum mando_status read_all(struct reading *reading)
{
    const struct names parameters = {NULL, parameter_at}, outputs = {NULL, output_at};
    yyjson_val *root = yyjson_doc_get_root(reading->json.doc);
    enum mando_status status = read_object(reading, &FLOW, root, &reading->fields);
    if (!status)
        status = read_strategy(reading);
    if (status)
        return status;
    struct names names = parameters;
    names.strategy = reading->strategy;
    copy_fields(reading);
    status = check_time(reading, root, "gate", reading->flow->gate);
    if (!status)
        status = read_inputs(reading);
    if (!status)
        status =
            read_members(reading, reading->fields.parameters, "parameters", &names, read_parameter);
    names.at = outputs.at;
    if (!status)
        status = read_members(reading, reading->fields.outputs, "outputs", &names, read_output);
    if (!status)
        status = read_accounts(reading);
    return status ? status : read_sends(reading);
}

enum mando_status flow_read(const char *text, size_t length, const char *where,
                            struct flow *flow_out, struct mando_error *error)
{
    struct flow *flow = mando_alloc(1, sizeof *flow);
    struct reading reading = {.flow = flow, .error = error};
    if (!flow)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a flow");
    enum mando_status status =
        mando_json_parse(text, length, FLOW_BYTES_MAX, where, &reading.json, error);
    if (!status) {
        status = read_all(&reading);
        mando_json_release(&reading.json);
    }
    if (!status)
        *flow_out = *flow;
    mando_free(flow);
    return status;
}

enum mando_status mando_flow_check(const char *text, size_t length, const char *where,
                                   const char *zone_folder, struct mando_error *error)
{
    struct flow *flow = mando_alloc(1, sizeof *flow);
    struct mando_zone *zone = NULL;
    if (!flow)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a flow");
    enum mando_status status = flow_read(text, length, where, flow, error);
    if (!status)
        status = mando_zone_open(flow->time_zone, zone_folder, &zone, error);
    mando_zone_free(zone);
    mando_free(flow);
    return status;
}
