/* prices_support.h: prices read from a text in memory. */
#ifndef PRICES_SUPPORT_H
#define PRICES_SUPPORT_H

#include "codec/prices.h"
#include "support.h"

static inline enum mando_status read_prices(const char *text,
                                            const struct mando_prices_options *options,
                                            struct mando_prices *prices, struct mando_error *error)
{
    struct mando_input *input;
    enum mando_status status =
        mando_input_open_memory(text, strlen(text), "prices.csv", NULL, &input, error);
    if (status)
        return status;
    status = mando_prices_read_input(input, options, prices, error);
    mando_input_free(input);
    return status;
}

static inline void check_refused(const char *text, const struct mando_prices_options *options,
                                 const char *code, int64_t line, int64_t column,
                                 const char *message)
{
    struct mando_prices prices = {.count = 42};
    struct mando_error error;
    CHECK(read_prices(text, options, &prices, &error) != MANDO_OK);
    CHECK_ERROR(error, code, line, column, message);
    CHECK_TEXT(error.where, "prices.csv");
    CHECK_EQ(prices.count, 42);
}

static inline void check_start(const struct mando_prices *prices, const char *start)
{
    char text[MANDO_TIME_TEXT_SIZE];
    mando_time_format(prices->start_us, text);
    CHECK_TEXT(text, start);
}

#endif
