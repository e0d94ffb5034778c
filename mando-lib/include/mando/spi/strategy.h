/* mando/spi/strategy.h: what decides in a flow, for authors of strategies.
 *
 * A weaker promise than that of the other headers: a strategy of another `abi` is refused, never guessed.
 *
 * A strategy sees no database. It says which inputs it needs, and gets them as they were known at the cut
 * of the run, so that it cannot look ahead; the same inputs, parameters and seed must give the same result. */
#ifndef MANDO_SPI_STRATEGY_H
#define MANDO_SPI_STRATEGY_H

#include "mando/battery.h"
#include "mando/plan.h"
#include "mando/point.h"
#include "mando/prices.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MANDO_STRATEGY_ABI 1
#define MANDO_STRATEGY_INPUTS_MAX 8
#define MANDO_STRATEGY_PARAMETERS_MAX 16
#define MANDO_STRATEGY_OUTPUTS_MAX 8

struct mando_strategy_input {
    const char *name, *unit, *text; /* unit: of a series */
    enum mando_point_type type;     /* MANDO_SERIES or MANDO_DOCUMENT */
    int is_optional;
};

struct mando_strategy_parameter {
    const char *name, *unit, *text;
    double value, minimum, maximum; /* of a run that gives none; bounds that always hold */
};

/* An output is a series of the step of the result, or a document. */
struct mando_strategy_output {
    const char *name, *unit, *text;
    enum mando_point_type type;
    enum mando_aggregation aggregation;
};

/* An input as it was known. */
struct mando_strategy_data {
    int is_there;
    size_t count; /* of a series, ascending */
    const int64_t *start_us, *end_us;
    const double *value;  /* NaN = missing */
    const char *document; /* of a document, with a NUL at its end */
};

struct mando_strategy_context {
    int64_t from_us, to_us; /* the delivery day */
    int64_t as_of_us;
    const struct mando_zone *zone;                                /* of its delivery days */
    struct mando_strategy_data inputs[MANDO_STRATEGY_INPUTS_MAX]; /* in the order of the table */
    double parameters[MANDO_STRATEGY_PARAMETERS_MAX];
    uint64_t seed;
};

/* What a strategy decides. */
struct mando_strategy_result {
    int64_t start_us, step_us; /* of all series */
    size_t count;
    const double *series[MANDO_STRATEGY_OUTPUTS_MAX];  /* in the order of the table; NULL = none */
    const char *documents[MANDO_STRATEGY_OUTPUTS_MAX]; /* JSON; NULL = none */
    /* What passes the gate and is booked; NULL = nothing is. It was made for this battery and these prices. */
    const struct mando_plan *plan;
    const struct mando_battery *battery;
    const struct mando_prices *prices;
    void *owned; /* the strategy's */
};

struct mando_strategy {
    uint32_t abi; /* MANDO_STRATEGY_ABI */
    const char *name, *version, *text;
    size_t input_count, parameter_count, output_count;
    struct mando_strategy_input inputs[MANDO_STRATEGY_INPUTS_MAX];
    struct mando_strategy_parameter parameters[MANDO_STRATEGY_PARAMETERS_MAX];
    struct mando_strategy_output outputs[MANDO_STRATEGY_OUTPUTS_MAX];

    /* Decides. *result_out is untouched on failure, else released by `release`. Any thread. */
    enum mando_status (*run)(const struct mando_strategy_context *context,
                             struct mando_strategy_result *result_out, struct mando_error *error);
    void (*release)(struct mando_strategy_result *result);
};

#ifdef __cplusplus
}
#endif

#endif
