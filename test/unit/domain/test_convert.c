#include "domain/convert.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/calendar.h"
#include "case_count.h"
#include "check.h"
#include "random.h"

#define MINUTE INT64_C(60000000)
#define HOUR (60 * MINUTE)
#define ROWS_MAX 16384
#define WIDTH_MAX 3

/* Sources or results. */
struct rows {
    size_t count;
    int64_t start[ROWS_MAX], end[ROWS_MAX], known[ROWS_MAX], changed[ROWS_MAX];
    double value[ROWS_MAX * WIDTH_MAX]; /* NaN is missing */
};

static void add(struct rows *rows, int64_t start, int64_t end, double value)
{
    size_t i = rows->count++;
    CHECK(i < ROWS_MAX);
    rows->start[i] = start;
    rows->end[i] = end;
    rows->value[i] = value;
}

static int64_t at(const char *text)
{
    int64_t time_us = 0;
    CHECK_EQ(mando_time_parse(text, strlen(text), NULL, &time_us, NULL), MANDO_OK);
    return time_us;
}

static struct mando_convert_rule rule_of(const char *length, enum mando_aggregation aggregation,
                                         const struct mando_zone *zone)
{
    struct mando_convert_rule rule = {.aggregation = aggregation,
                                      .periods.zone = zone,
                                      .from_us = INT64_MIN,
                                      .to_us = INT64_MAX,
                                      .width = 1};
    CHECK_EQ(mando_duration_parse(length, strlen(length), &rule.periods.length, NULL), MANDO_OK);
    return rule;
}

/* How the work is cut into calls, which must not matter. */
struct cuts {
    size_t rows, capacity;
};

static enum mando_status convert(const struct rows *in, const struct mando_convert_rule *rule,
                                 struct cuts cuts, struct rows *result, struct mando_error *error)
{
    static uint8_t present[ROWS_MAX / 8 + 1], numbers[ROWS_MAX * WIDTH_MAX / 8 + 1];
    struct mando_rows rows = {.count = in->count,
                              .type = rule->width > 1 ? MANDO_MATRIX : MANDO_SERIES,
                              .width = rule->width,
                              .valid_start_us = in->start,
                              .valid_end_us = in->end,
                              .knowledge_us = in->known,
                              .change_us = in->changed,
                              .value = in->value};
    bool has_missing = false;
    memset(numbers, 0xff, sizeof numbers);
    memset(present, 0xff, sizeof present);
    for (size_t i = 0; i < in->count * rule->width; i++)
        if (isnan(in->value[i])) {
            numbers[i / 8] &= (uint8_t) ~(1u << (i % 8));
            has_missing = true;
        }
    if (has_missing && rule->width == 1)
        rows.present = (struct mando_bits){numbers, 0};
    else if (has_missing)
        rows.number_present = (struct mando_bits){numbers, 0};
    struct mando_convert conversion = {0};
    enum mando_status status = mando_convert_start(&conversion, rule, error);
    result->count = 0;
    bool is_done = false;
    for (size_t row = 0; !status && !is_done;) {
        size_t left = ROWS_MAX - result->count, at_row = result->count;
        struct mando_converted out = {.capacity = cuts.capacity < left ? cuts.capacity : left,
                                      .start_us = result->start + at_row,
                                      .end_us = result->end + at_row,
                                      .knowledge_us = result->known + at_row,
                                      .change_us = result->changed + at_row,
                                      .value = result->value + at_row * rule->width};
        size_t to = row + cuts.rows < in->count ? row + cuts.rows : in->count;
        if (row < in->count)
            status = mando_convert_rows(&conversion, &rows, &row, to, &out, error);
        else
            is_done = mando_convert_finish(&conversion, &out);
        result->count += out.count;
        CHECK(result->count < ROWS_MAX);
    }
    mando_convert_release(&conversion);
    return status;
}

static const struct cuts WHOLE = {ROWS_MAX, ROWS_MAX};
static struct rows in, out;

static void check_row(size_t i, const char *start, const char *end, double value)
{
    CHECK(i < out.count);
    CHECK_EQ(out.start[i], at(start));
    CHECK_EQ(out.end[i], at(end));
    CHECK_NEAR(out.value[i], value, 1e-12);
}

static void start_with(int64_t start, int64_t step, const double *values, size_t count)
{
    in.count = 0;
    for (size_t i = 0; i < count; i++)
        add(&in, start + (int64_t)i * step, start + (int64_t)(i + 1) * step, values[i]);
}

TEST(each_rule_makes_one_value_of_four)
{
    static const double EXPECTED[] = {[MANDO_MEAN] = 2.75, [MANDO_SUM] = 11,  [MANDO_MIN] = -1,
                                      [MANDO_MAX] = 7,     [MANDO_FIRST] = 3, [MANDO_LAST] = 2};
    start_with(at("2025-12-01T00:00:00Z"), 15 * MINUTE, (const double[]){3, -1, 7, 2}, 4);
    for (int i = MANDO_MEAN; i <= MANDO_LAST; i++) {
        struct mando_convert_rule rule = rule_of("PT1H", (enum mando_aggregation)i, NULL);
        CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
        CHECK_EQ(out.count, 1);
        check_row(0, "2025-12-01T00:00:00Z", "2025-12-01T01:00:00Z", EXPECTED[i]);
    }
}

TEST(a_mean_is_weighted_by_length)
{
    struct mando_convert_rule rule = rule_of("PT1H", MANDO_MEAN, NULL);
    int64_t start = at("2025-12-01T00:00:00Z");
    in.count = 0;
    add(&in, start, start + 45 * MINUTE, 10);
    add(&in, start + 45 * MINUTE, start + HOUR, 50);
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    check_row(0, "2025-12-01T00:00:00Z", "2025-12-01T01:00:00Z", 20);
}

TEST(a_period_of_which_a_part_is_missing_is_null_unless_parts_will_do)
{
    struct mando_convert_rule rule = rule_of("PT1H", MANDO_MEAN, NULL);
    start_with(at("2025-12-01T00:00:00Z"), 15 * MINUTE, (const double[]){3, NAN, 7, 2, 5}, 5);
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 2);
    check_row(0, "2025-12-01T00:00:00Z", "2025-12-01T01:00:00Z", NAN);
    check_row(1, "2025-12-01T01:00:00Z", "2025-12-01T02:00:00Z", NAN);
    rule.partial = true;
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    check_row(0, "2025-12-01T00:00:00Z", "2025-12-01T01:00:00Z", 4);
    check_row(1, "2025-12-01T01:00:00Z", "2025-12-01T02:00:00Z", 5);
}

/* Rows are compared in blocks. */
TEST(a_gap_or_another_length_is_seen_wherever_in_a_period_it_is)
{
    struct mando_convert_rule rule = rule_of("P1D", MANDO_MEAN, NULL);
    int64_t start = at("2025-12-01T00:00:00Z");
    for (int64_t place = 0; place < 96; place++) {
        in.count = 0;
        for (int64_t i = 0; i < 192; i++)
            if (i != place)
                add(&in, start + i * 15 * MINUTE, start + (i + 1) * 15 * MINUTE, 2);
            else
                add(&in, start + i * 15 * MINUTE, start + i * 15 * MINUTE + 5 * MINUTE, 98);
        CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
        CHECK_EQ(out.count, 2);
        check_row(0, "2025-12-01T00:00:00Z", "2025-12-02T00:00:00Z", NAN);
        check_row(1, "2025-12-02T00:00:00Z", "2025-12-03T00:00:00Z", 2);
        rule.partial = true;
        CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
        check_row(0, "2025-12-01T00:00:00Z", "2025-12-02T00:00:00Z",
                  (95 * 15 * 2 + 5 * 98) / (95 * 15 + 5.0));
        rule.partial = false;
    }
}

TEST(a_period_whose_parts_are_all_null_is_null)
{
    struct mando_convert_rule rule = rule_of("PT1H", MANDO_SUM, NULL);
    rule.partial = true;
    start_with(at("2025-12-01T00:00:00Z"), 30 * MINUTE, (const double[]){NAN, NAN}, 2);
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 1);
    check_row(0, "2025-12-01T00:00:00Z", "2025-12-01T01:00:00Z", NAN);
}

TEST(a_period_without_a_source_is_no_row)
{
    struct mando_convert_rule rule = rule_of("PT1H", MANDO_MEAN, NULL);
    int64_t start = at("2025-12-01T00:00:00Z");
    in.count = 0;
    add(&in, start, start + HOUR, 1);
    add(&in, start + 5 * HOUR, start + 6 * HOUR, 2);
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 2);
    check_row(1, "2025-12-01T05:00:00Z", "2025-12-01T06:00:00Z", 2);
}

TEST(a_shorter_period_repeats_the_value_and_parts_a_sum)
{
    struct mando_convert_rule rule = rule_of("PT15M", MANDO_MEAN, NULL);
    start_with(at("2025-12-01T00:00:00Z"), HOUR, (const double[]){8, NAN}, 2);
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 8);
    check_row(3, "2025-12-01T00:45:00Z", "2025-12-01T01:00:00Z", 8);
    check_row(4, "2025-12-01T01:00:00Z", "2025-12-01T01:15:00Z", NAN);
    rule.aggregation = MANDO_SUM;
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    check_row(0, "2025-12-01T00:00:00Z", "2025-12-01T00:15:00Z", 2);
}

/* On 2025-10-01 (Berlin) the day-ahead auction went from hours to quarter-hours. */
TEST(a_series_may_change_its_resolution)
{
    struct mando_convert_rule rule = rule_of("PT30M", MANDO_MEAN, NULL);
    int64_t change = at("2025-09-30T22:00:00Z");
    in.count = 0;
    add(&in, change - HOUR, change, 4);
    add(&in, change, change + 15 * MINUTE, 1);
    add(&in, change + 15 * MINUTE, change + 30 * MINUTE, 2);
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 3);
    check_row(0, "2025-09-30T21:00:00Z", "2025-09-30T21:30:00Z", 4);
    check_row(1, "2025-09-30T21:30:00Z", "2025-09-30T22:00:00Z", 4);
    check_row(2, "2025-09-30T22:00:00Z", "2025-09-30T22:30:00Z", 1.5);
}

TEST(days_have_23_and_25_hours)
{
    struct mando_zone *zone;
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &zone, NULL), MANDO_OK);
    struct mando_convert_rule rule = rule_of("P1D", MANDO_SUM, zone);
    in.count = 0;
    for (int64_t t = at("2025-03-29T23:00:00Z"); t < at("2025-03-30T22:00:00Z"); t += HOUR)
        add(&in, t, t + HOUR, 1);
    for (int64_t t = at("2025-10-25T22:00:00Z"); t < at("2025-10-26T23:00:00Z"); t += HOUR)
        add(&in, t, t + HOUR, 1);
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 2);
    check_row(0, "2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z", 23);
    check_row(1, "2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z", 25);
    struct mando_convert_rule hours = rule_of("PT1H", MANDO_SUM, zone);
    in = out;
    CHECK_EQ(convert(&in, &hours, WHOLE, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 48);
    CHECK_NEAR(out.value[0], 1, 0);
    CHECK_NEAR(out.value[47], 1, 0);
    mando_zone_free(zone);
}

TEST(weeks_begin_on_monday_months_and_years_on_their_first_day)
{
    static const struct {
        const char *length, *start, *end;
    } CASES[] = {{"P1W", "2025-11-23T23:00:00Z", "2025-11-30T23:00:00Z"},
                 {"P1M", "2025-10-31T23:00:00Z", "2025-11-30T23:00:00Z"},
                 {"P3M", "2025-09-30T22:00:00Z", "2025-12-31T23:00:00Z"},
                 {"P1Y", "2024-12-31T23:00:00Z", "2025-12-31T23:00:00Z"}};
    struct mando_zone *zone;
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &zone, NULL), MANDO_OK);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct mando_convert_rule rule = rule_of(CASES[i].length, MANDO_MAX, zone);
        rule.partial = true;
        start_with(at("2025-11-26T23:00:00Z"), HOUR, (const double[]){5}, 1);
        CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
        CHECK_EQ(out.count, 1);
        check_row(0, CASES[i].start, CASES[i].end, 5);
    }
    mando_zone_free(zone);
}

TEST(an_interval_that_does_not_fit_whole_is_refused)
{
    static const struct {
        const char *start;
        int64_t minutes;
        const char *length, *message;
    } CASES[] = {
        {"2025-12-01T00:30:00Z", 60, "PT1H",
         "the value from 2025-12-01T00:30:00Z to 2025-12-01T01:30:00Z does not fit whole into "
         "periods of PT1H"},
        {"2025-12-01T00:00:00Z", 60, "PT45M",
         "the value from 2025-12-01T00:00:00Z to 2025-12-01T01:00:00Z does not fit whole into "
         "periods of PT45M"},
        {"2025-12-01T00:00:00Z", 36 * 60, "P1D",
         "the value from 2025-12-01T00:00:00Z to 2025-12-02T12:00:00Z does not fit whole into "
         "periods of P1D"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct mando_convert_rule rule = rule_of(CASES[i].length, MANDO_MEAN, NULL);
        struct mando_error error;
        start_with(at(CASES[i].start), CASES[i].minutes * MINUTE, (const double[]){1}, 1);
        CHECK_EQ(convert(&in, &rule, WHOLE, &out, &error), MANDO_INVALID);
        CHECK_TEXT(error.code, "values.resolution");
        CHECK_TEXT(error.message, CASES[i].message);
    }
}

TEST(intervals_that_overlap_are_refused)
{
    struct mando_convert_rule rule = rule_of("PT1H", MANDO_MEAN, NULL);
    struct mando_error error;
    int64_t start = at("2025-12-01T00:00:00Z");
    in.count = 0;
    add(&in, start, start + HOUR, 1);
    add(&in, start + 30 * MINUTE, start + HOUR, 1);
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "values.overlap");
}

TEST(instants_weigh_the_same_and_yield_to_intervals)
{
    struct mando_convert_rule rule = rule_of("PT1H", MANDO_MEAN, NULL);
    int64_t start = at("2025-12-01T00:00:00Z");
    in.count = 0;
    add(&in, start, start, 3);
    add(&in, start + 59 * MINUTE, start + 59 * MINUTE, 5);
    add(&in, start + HOUR + MINUTE, start + HOUR + MINUTE, 1000);
    add(&in, start + HOUR + 30 * MINUTE, start + 2 * HOUR, 7);
    add(&in, start + HOUR + 40 * MINUTE, start + HOUR + 40 * MINUTE, 1000);
    rule.partial = true;
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 2);
    check_row(0, "2025-12-01T00:00:00Z", "2025-12-01T01:00:00Z", 4);
    check_row(1, "2025-12-01T01:00:00Z", "2025-12-01T02:00:00Z", 7);
    rule.partial = false;
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    check_row(0, "2025-12-01T00:00:00Z", "2025-12-01T01:00:00Z", 4);
    check_row(1, "2025-12-01T01:00:00Z", "2025-12-01T02:00:00Z", NAN);
    in.value[1] = NAN;
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    check_row(0, "2025-12-01T00:00:00Z", "2025-12-01T01:00:00Z", NAN);
}

TEST(only_periods_that_start_in_the_range_are_given)
{
    struct mando_convert_rule rule = rule_of("PT1H", MANDO_MEAN, NULL);
    rule.from_us = at("2025-12-01T00:30:00Z");
    rule.to_us = at("2025-12-01T02:00:00Z");
    start_with(at("2025-12-01T00:00:00Z"), 4 * HOUR, (const double[]){1}, 1);
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 1);
    check_row(0, "2025-12-01T01:00:00Z", "2025-12-01T02:00:00Z", 1);
}

TEST(a_period_is_known_when_its_last_source_is)
{
    struct mando_convert_rule rule = rule_of("PT30M", MANDO_MEAN, NULL);
    start_with(at("2025-12-01T00:00:00Z"), 15 * MINUTE, (const double[]){1, 1, 1, 1}, 4);
    for (size_t i = 0; i < 4; i++) {
        in.known[i] = 10 - (int64_t)i;
        in.changed[i] = 20 + (int64_t)i;
    }
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    CHECK_EQ(out.known[0], 10);
    CHECK_EQ(out.known[1], 8);
    CHECK_EQ(out.changed[0], 21);
    CHECK_EQ(out.changed[1], 23);
}

TEST(each_column_of_a_matrix_is_converted)
{
    struct mando_convert_rule rule = rule_of("PT1H", MANDO_MEAN, NULL);
    rule.width = 2;
    int64_t start = at("2025-12-01T00:00:00Z");
    in = (struct rows){.count = 2,
                       .start = {start, start + 30 * MINUTE},
                       .end = {start + 30 * MINUTE, start + HOUR},
                       .value = {1, 10, 3, NAN}};
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    CHECK_NEAR(out.value[0], 2, 0);
    CHECK_NEAR(out.value[1], NAN, 0);
    rule.partial = true;
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, NULL), MANDO_OK);
    CHECK_NEAR(out.value[1], 10, 0);
}

TEST(the_end_of_time_is_refused)
{
    struct mando_convert_rule rule = rule_of("P1Y", MANDO_MEAN, NULL);
    rule.partial = true;
    struct mando_error error;
    in.count = 0;
    add(&in, MANDO_TIME_US_MAX, MANDO_TIME_US_MAX, 1);
    CHECK_EQ(convert(&in, &rule, WHOLE, &out, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "values.resolution");
}

TEST(a_conversion_without_memory_fails)
{
    struct mando_convert_rule rule = rule_of("PT1H", MANDO_MEAN, NULL);
    struct mando_convert conversion = {0};
    for (int64_t i = 0; i < 2; i++) {
        mando_alloc_fail_after(i);
        enum mando_status status = mando_convert_start(&conversion, &rule, NULL);
        mando_alloc_fail_after(-1);
        CHECK_EQ(status, MANDO_NO_MEMORY);
        CHECK(!conversion.sums);
    }
}

/* The naive model: the periods are written out, and each looks through all sources. */
struct period {
    int64_t start, end;
};

static struct period periods[4 * ROWS_MAX];
static size_t period_count;

/* Local midnight of a day of the calendar. */
static int64_t midnight(const struct mando_zone *zone, int64_t day)
{
    int64_t time_us;
    CHECK_EQ(mando_zone_instant(zone, day * MANDO_DAY_US, 0, &time_us, NULL), MANDO_OK);
    return time_us;
}

static int64_t next_day(const struct mando_duration *length, int64_t day)
{
    struct mando_calendar date = mando_calendar_of(day * MANDO_DAY_US);
    int month = date.month - 1 + length->months;
    return length->months ? mando_calendar_day(date.year + month / 12, month % 12 + 1, 1)
                          : day + length->days;
}

/* Periods around a range of some days. */
static void write_periods(const struct mando_convert_rule *rule, int64_t from, int64_t to)
{
    const struct mando_duration *length = &rule->periods.length;
    period_count = 0;
    if (length->time_us) {
        for (int64_t t = (from / length->time_us - 1) * length->time_us; t < to;
             t += length->time_us)
            periods[period_count++] = (struct period){t, t + length->time_us};
        return;
    }
    struct mando_calendar date = mando_calendar_of(from);
    int64_t day = mando_calendar_day(date.year - 1, 1, 1);
    while (length->days == 7 && mando_calendar_of(day * MANDO_DAY_US).weekday != 1)
        day++;
    for (int64_t next; midnight(rule->periods.zone, day) < to; day = next) {
        next = next_day(length, day);
        periods[period_count++] =
            (struct period){midnight(rule->periods.zone, day), midnight(rule->periods.zone, next)};
    }
}

static bool is_inside(const struct rows *rows, size_t i, struct period p)
{
    return rows->start[i] < rows->end[i] && rows->start[i] >= p.start && rows->end[i] <= p.end;
}

static bool is_around(const struct rows *rows, size_t i, struct period p)
{
    return rows->start[i] <= p.start && rows->end[i] >= p.end && !is_inside(rows, i, p);
}

/* How many periods a source is made of; 0 where it does not fit. */
static size_t parts_of(const struct rows *rows, size_t i)
{
    size_t count = 0;
    bool begins = false, ends = false;
    for (size_t k = 0; k < period_count; k++) {
        if (is_inside(rows, i, periods[k]))
            return 1;
        count += is_around(rows, i, periods[k]);
        begins |= periods[k].start == rows->start[i];
        ends |= periods[k].end == rows->end[i];
    }
    return begins && ends ? count : 0;
}

static double aggregate(enum mando_aggregation aggregation, const double *values,
                        const double *weights, size_t count)
{
    double sum = 0, weighted = 0, weight = 0, least = values[0], most = values[0];
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
        weighted += values[i] * weights[i];
        weight += weights[i];
        least = fmin(least, values[i]);
        most = fmax(most, values[i]);
    }
    const double RESULTS[] = {[MANDO_MEAN] = weighted / weight,
                              [MANDO_SUM] = sum,
                              [MANDO_MIN] = least,
                              [MANDO_MAX] = most,
                              [MANDO_FIRST] = values[0],
                              [MANDO_LAST] = values[count - 1]};
    return RESULTS[aggregation];
}

/* The value of a period; false where nothing is in it. */
static bool model_period(const struct rows *rows, const struct mando_convert_rule *rule,
                         struct period p, double *value_out)
{
    static double values[ROWS_MAX], weights[ROWS_MAX];
    size_t count = 0, sources = 0, missing = 0;
    int64_t covered = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (is_around(rows, i, p)) {
            double parts = rule->aggregation == MANDO_SUM ? (double)parts_of(rows, i) : 1;
            *value_out = rows->value[i] / parts;
            return true;
        }
        sources += is_inside(rows, i, p);
    }
    bool has_interval = sources > 0;
    for (size_t i = 0; i < rows->count; i++) {
        bool is_instant = rows->start[i] == rows->end[i];
        bool counts = has_interval
                          ? is_inside(rows, i, p)
                          : is_instant && rows->start[i] >= p.start && rows->start[i] < p.end;
        if (!counts)
            continue;
        sources += !has_interval;
        missing += isnan(rows->value[i]) != 0;
        if (isnan(rows->value[i]))
            continue;
        weights[count] = is_instant ? 1 : (double)(rows->end[i] - rows->start[i]);
        values[count++] = rows->value[i];
        covered += rows->end[i] - rows->start[i];
    }
    bool is_whole = missing == 0 && (!has_interval || covered == p.end - p.start);
    *value_out = count && (is_whole || rule->partial)
                     ? aggregate(rule->aggregation, values, weights, count)
                     : NAN;
    return sources > 0;
}

static bool model(const struct rows *rows, const struct mando_convert_rule *rule,
                  struct rows *expected)
{
    expected->count = 0;
    write_periods(rule, rows->start[0] - 1, rows->end[rows->count - 1] + 40 * MANDO_DAY_US);
    for (size_t i = 0; i < rows->count; i++)
        if (rows->start[i] < rows->end[i] && rows->end[i] > rule->from_us && parts_of(rows, i) == 0)
            return false;
    for (size_t k = 0; k < period_count; k++) {
        double value;
        if (periods[k].start >= rule->from_us && periods[k].start < rule->to_us
            && model_period(rows, rule, periods[k], &value))
            add(expected, periods[k].start, periods[k].end, value);
    }
    return true;
}

static const char *const ZONES[] = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                    "Asia/Kathmandu", "UTC"};

/* A source that begins at `start`: mostly one that fits something. */
static int64_t random_end(struct random *random, const struct mando_zone *zone, int64_t start)
{
    static const int64_t STEPS[] = {15, 15, 15, 30, 60, 60, 7};
    bool is_midnight = mando_zone_day_start_us(zone, start, 0) == start;
    if (is_midnight && random_chance(random, 0.3))
        return mando_zone_day_start_us(zone, start, random_chance(random, 0.2) ? 7 : 1);
    size_t last = random_chance(random, 0.02) ? 7 : 6;
    return start + STEPS[random_below(random, last)] * MINUTE;
}

static void random_rows(struct random *random, const struct mando_zone *zone, int64_t start)
{
    size_t count = 1 + random_below(random, 150);
    in.count = 0;
    while (in.count < count) {
        double value = random_chance(random, 0.03) ? NAN : round(random_normal(random) * 50);
        int64_t end = random_end(random, zone, start);
        if (random_chance(random, 0.05))
            start += 15 * MINUTE * (int64_t)random_below(random, 200);
        else if (random_chance(random, 0.05)) {
            add(&in, start, start, value);
            start++;
        } else {
            add(&in, start, end, value);
            start = end;
        }
        start = (start + MINUTE - 1) / MINUTE * MINUTE;
    }
}

/* Days at which clocks change, and others. */
static const char *const STARTS[] = {
    "2025-03-28T23:00:00Z", "2025-10-24T22:00:00Z", "2025-03-08T05:00:00Z", "2025-11-01T04:00:00Z",
    "2025-04-04T13:00:00Z", "2025-10-03T13:30:00Z", "2024-02-27T18:15:00Z", "2024-12-30T00:00:00Z"};

static const char *const LENGTHS[] = {"PT15M", "PT30M", "PT1H", "PT2H", "PT24H",
                                      "P1D",   "P1W",   "P1M",  "P3M",  "P1Y"};

static void check_same(const struct rows *expected, uint64_t seed)
{
    bool is_same = out.count == expected->count;
    for (size_t i = 0; is_same && i < out.count; i++)
        is_same = out.start[i] == expected->start[i] && out.end[i] == expected->end[i]
                  && ((isnan(out.value[i]) && isnan(expected->value[i]))
                      || fabs(out.value[i] - expected->value[i])
                             <= 1e-12 * (1 + fabs(expected->value[i])));
    if (!is_same)
        print_error("seed %llu: %zu periods, expected %zu\n", (unsigned long long)seed, out.count,
                    expected->count);
    CHECK(is_same);
}

static void check_random(uint64_t seed, struct mando_zone *const *zones)
{
    static struct rows expected;
    struct random random = {seed};
    const struct mando_zone *zone = zones[random_below(&random, 5)];
    struct mando_convert_rule rule =
        rule_of(LENGTHS[random_below(&random, 10)],
                (enum mando_aggregation)(1 + random_below(&random, 6)), zone);
    rule.partial = random_chance(&random, 0.5);
    random_rows(&random, zone, at(STARTS[random_below(&random, 8)]));
    if (random_chance(&random, 0.3))
        rule.from_us = in.start[random_below(&random, in.count)] + 5 * MINUTE;
    if (random_chance(&random, 0.3))
        rule.to_us = in.start[random_below(&random, in.count)];
    struct cuts cuts = {1 + random_below(&random, 20), 1 + random_below(&random, 5)};
    bool fits = model(&in, &rule, &expected);
    enum mando_status status = convert(&in, &rule, cuts, &out, NULL);
    if (status != (fits ? MANDO_OK : MANDO_INVALID))
        print_error("seed %llu: %s\n", (unsigned long long)seed, mando_status_name(status));
    CHECK_EQ(status, fits ? MANDO_OK : MANDO_INVALID);
    if (fits)
        check_same(&expected, seed);
}

TEST(random_series_are_converted_as_by_the_naive_model)
{
    struct mando_zone *zones[5];
    for (size_t i = 0; i < 5; i++)
        CHECK_EQ(mando_zone_open(ZONES[i], NULL, &zones[i], NULL), MANDO_OK);
    uint64_t count = case_count(500);
    for (uint64_t seed = 1; seed <= count; seed++)
        check_random(seed, zones);
    for (size_t i = 0; i < 5; i++)
        mando_zone_free(zones[i]);
}
