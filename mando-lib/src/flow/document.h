/* flow/document.h: a flow document, read and checked against its strategy. */
#ifndef MANDO_FLOW_DOCUMENT_H
#define MANDO_FLOW_DOCUMENT_H

#include "base/json.h"
#include "mando/accounts.h"
#include "mando/spi/strategy.h"

#define FLOW_BYTES_MAX ((size_t)1 << 20)
#define FLOW_SENDS_MAX 8

struct flow_input {
#define TEXT_FIELD(name, size, initial, rule, text) char name[size];
#include "schema/flow_input.def"
#undef TEXT_FIELD
};

struct flow_parameter {
#define NUMBER_FIELD(name, unit, initial, rule, low, high, text) double name;
#include "schema/flow_parameter.def"
#undef NUMBER_FIELD
};

struct flow_send {
#define TEXT_FIELD(name, size, initial, rule, text) char name[size];
#include "schema/flow_send.def"
#undef TEXT_FIELD
};

struct flow {
#define TEXT_FIELD(name, size, initial, rule, text) char name[size];
#define JSON_FIELD(name, kind, text)
#include "schema/flow.def"
#undef TEXT_FIELD
#undef JSON_FIELD
    const struct mando_strategy *decides;
    /* In the order of the strategy's tables; an id that is "" is not used. */
    struct flow_input inputs[MANDO_STRATEGY_INPUTS_MAX];
    struct flow_parameter parameters[MANDO_STRATEGY_PARAMETERS_MAX];
    char outputs[MANDO_STRATEGY_OUTPUTS_MAX][256];
    struct mando_accounts accounts;
    struct flow_send sends[FLOW_SENDS_MAX];
    size_t send_count;
};

/* As mando_flow_check; whether the zone exists is not looked at. */
enum mando_status flow_read(const char *text, size_t length, const char *where,
                            struct flow *flow_out, struct mando_error *error);

/* The place of a parameter of the strategy by its name; parameter_count where there is none. */
size_t flow_parameter_find(const struct mando_strategy *strategy, const char *name);

#endif
