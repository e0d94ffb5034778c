#include "domain/convert.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

void mando_convert_release(struct mando_convert *convert)
{
    mando_free(convert->sums);
    mando_free(convert->numbers);
    *convert = (struct mando_convert){0};
}

enum mando_status mando_convert_start(struct mando_convert *convert,
                                      const struct mando_convert_rule *rule,
                                      struct mando_error *error)
{
    struct mando_convert started = {.rule = *rule, .last_end_us = INT64_MIN};
    started.sums = mando_alloc(rule->width, sizeof *started.sums);
    started.numbers = mando_alloc(rule->width, sizeof *started.numbers);
    if (!started.sums || !started.numbers) {
        mando_convert_release(&started);
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to convert values");
    }
    mando_convert_release(convert);
    *convert = started;
    return MANDO_OK;
}

static double total(const double *values, size_t count, double sum)
{
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

double mando_convert_mean(const double *values, size_t count)
{
    return count > 1 ? total(values, count, 0) / (double)count : values[0];
}

/* What follows has another length than what is in the sum. */
static void change_length(struct mando_convert_sum *sum, int64_t length_us)
{
    if (sum->count > 0) {
        sum->weighted += sum->sum * (double)sum->length_us;
        sum->is_weighted = true;
        sum->sum = 0;
    }
    sum->length_us = length_us;
}

static void take_extremes(struct mando_convert_sum *sum, const double *values, size_t count)
{
    double least = sum->least, most = sum->most;
    for (size_t i = 0; i < count; i++) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    sum->least = least;
    sum->most = most;
}

/* Adds values of one length, none of them missing. */
static void take(struct mando_convert_sum *sum, enum mando_aggregation aggregation,
                 const double *values, size_t count, int64_t length_us)
{
    if (sum->count == 0)
        sum->first = sum->least = sum->most = values[0];
    if (aggregation == MANDO_MEAN && sum->length_us != length_us)
        change_length(sum, length_us);
    if (aggregation == MANDO_MEAN || aggregation == MANDO_SUM)
        sum->sum = total(values, count, sum->sum);
    else
        take_extremes(sum, values, count);
    sum->last = values[count - 1];
    sum->count += (int64_t)count;
    sum->covered_us += (int64_t)count * length_us;
}

static double mean_of(const struct mando_convert_sum *sum)
{
    if (sum->is_weighted)
        return (sum->weighted + sum->sum * (double)sum->length_us) / (double)sum->covered_us;
    return sum->count > 1 ? sum->sum / (double)sum->count : sum->sum;
}

static double result_of(const struct mando_convert *convert, const struct mando_convert_sum *sum)
{
    int64_t length_us = convert->end_us - convert->start_us;
    bool is_whole = !sum->is_missing && (!convert->has_interval || sum->covered_us == length_us);
    if (sum->count == 0 || !(is_whole || convert->rule.partial))
        return NAN;
    switch (convert->rule.aggregation) {
    case MANDO_MEAN:
        return mean_of(sum);
    case MANDO_SUM:
        return sum->sum;
    case MANDO_MIN:
        return sum->least;
    case MANDO_MAX:
        return sum->most;
    case MANDO_FIRST:
        return sum->first;
    case MANDO_LAST:
        return sum->last;
    }
    return NAN;
}

/* Adds a row of values that the caller writes; NULL where the period is outside of the range. */
static double *add_row(const struct mando_convert *convert, struct mando_converted *out)
{
    const struct mando_convert_rule *rule = &convert->rule;
    if (convert->start_us < rule->from_us || convert->start_us >= rule->to_us)
        return NULL;
    size_t row = out->count++;
    out->start_us[row] = convert->start_us;
    out->end_us[row] = convert->end_us;
    if (out->knowledge_us)
        out->knowledge_us[row] = convert->knowledge_us;
    if (out->change_us)
        out->change_us[row] = convert->change_us;
    return out->value + row * rule->width;
}

static void clear_sums(struct mando_convert *convert)
{
    memset(convert->sums, 0, convert->rule.width * sizeof *convert->sums);
}

/* Gives out the period that is open. */
static void close_period(struct mando_convert *convert, struct mando_converted *out)
{
    double *value = add_row(convert, out);
    for (size_t i = 0; value && i < convert->rule.width; i++)
        value[i] = result_of(convert, &convert->sums[i]);
    clear_sums(convert);
    convert->is_open = convert->has_interval = false;
}

static enum mando_status fail_row(enum mando_error_code code, int64_t start_us, int64_t end_us,
                                  const char *why, struct mando_error *error)
{
    char start[MANDO_TIME_TEXT_SIZE], end[MANDO_TIME_TEXT_SIZE];
    mando_time_format(start_us, start);
    mando_time_format(end_us, end);
    return mando_fail(error, code, -1, "the value from %s to %s %s", start, end, why);
}

static enum mando_status fail_fit(const struct mando_convert *convert, int64_t start_us,
                                  int64_t end_us, struct mando_error *error)
{
    char length[MANDO_TIME_TEXT_SIZE], why[MANDO_TIME_TEXT_SIZE + 40];
    mando_duration_format(convert->rule.periods.length, length);
    (void)snprintf(why, sizeof why, "does not fit whole into periods of %s", length);
    return fail_row(MANDO_E_VALUES_RESOLUTION, start_us, end_us, why, error);
}

/* Opens the period that holds start_us. */
static enum mando_status open_period(struct mando_convert *convert, int64_t start_us,
                                     struct mando_error *error)
{
    const struct mando_periods *periods = &convert->rule.periods;
    int64_t first_us =
        start_us == convert->end_us ? start_us : mando_periods_start(periods, start_us);
    int64_t end_us = mando_periods_end(periods, first_us);
    if (end_us <= start_us)
        return fail_row(MANDO_E_VALUES_RESOLUTION, start_us, start_us,
                        "lies in a period that leaves the years 1 to 9999", error);
    convert->start_us = first_us;
    convert->end_us = end_us;
    convert->knowledge_us = convert->change_us = INT64_MIN;
    convert->is_open = true;
    return MANDO_OK;
}

static int64_t latest(const int64_t *times_us, size_t count, int64_t latest_us)
{
    for (size_t i = 0; i < count; i++)
        latest_us = times_us[i] > latest_us ? times_us[i] : latest_us;
    return latest_us;
}

static void note_times(struct mando_convert *convert, const struct mando_rows *rows, size_t row,
                       size_t count)
{
    if (rows->knowledge_us)
        convert->knowledge_us = latest(rows->knowledge_us + row, count, convert->knowledge_us);
    if (rows->change_us)
        convert->change_us = latest(rows->change_us + row, count, convert->change_us);
}

/* Rows taken at once: while their sum waits for each addition, the next ones can be compared. */
#define BLOCK 32

/* Whether a block of rows follow each other, all equally long; no branch, so that vectors may do it. */
static bool is_run(const int64_t *start_us, const int64_t *end_us)
{
    int64_t length_us = end_us[0] - start_us[0], difference = length_us == 0;
    for (int i = 1; i < BLOCK; i++)
        difference |= (start_us[i] ^ end_us[i - 1]) | ((end_us[i] - start_us[i]) ^ length_us);
    return difference == 0;
}

/* How many rows from `row` on, up to a block, follow each other, are equally long and lie in the open
 * period. */
static size_t run_length(const struct mando_convert *convert, const struct mando_rows *rows,
                         size_t row, size_t to)
{
    const int64_t *start_us = rows->valid_start_us + row, *end_us = rows->valid_end_us + row;
    int64_t length_us = end_us[0] - start_us[0];
    size_t count = to - row < BLOCK ? to - row : BLOCK, end = 1;
    if (count == BLOCK && end_us[BLOCK - 1] <= convert->end_us && is_run(start_us, end_us))
        return BLOCK;
    while (length_us && end < count && start_us[end] == end_us[end - 1]
           && end_us[end] == start_us[end] + length_us && end_us[end] <= convert->end_us)
        end++;
    return end;
}

/* Takes one row, number by number. */
static void take_row(struct mando_convert *convert, const struct mando_rows *rows, size_t row)
{
    int64_t length_us = rows->valid_end_us[row] - rows->valid_start_us[row];
    for (size_t i = 0; i < convert->rule.width; i++) {
        double number = mando_rows_number(rows, row, i);
        if (isnan(number))
            convert->sums[i].is_missing = true;
        else
            take(&convert->sums[i], convert->rule.aggregation, &number, 1, length_us);
    }
}

/* Takes the row and those after it that are like it, all of them in the open period. */
static size_t take_rows(struct mando_convert *convert, const struct mando_rows *rows, size_t row,
                        size_t to)
{
    int64_t length_us = rows->valid_end_us[row] - rows->valid_start_us[row];
    bool is_plain = convert->rule.width == 1 && !rows->present.bytes && !rows->number_present.bytes;
    size_t count = is_plain ? run_length(convert, rows, row, to) : 1;
    if (length_us > 0 && !convert->has_interval) {
        convert->has_interval = true;
        clear_sums(convert); /* of instants */
    }
    note_times(convert, rows, row, count);
    if (is_plain)
        take(convert->sums, convert->rule.aggregation, rows->value + row, count, length_us);
    else
        take_row(convert, rows, row);
    if (length_us > 0)
        convert->last_end_us = rows->valid_end_us[row + count - 1];
    return count;
}

/* Periods in an interval that begins with one; 0 where it does not end with one. */
static int64_t count_parts(const struct mando_periods *periods, int64_t start_us, int64_t end_us)
{
    int64_t length_us = periods->length.time_us, count = 0;
    if (length_us)
        return (end_us - start_us) % length_us ? 0 : (end_us - start_us) / length_us;
    for (int64_t next_us; start_us < end_us; start_us = next_us, count++) {
        next_us = mando_periods_end(periods, start_us);
        if (next_us <= start_us)
            return 0;
    }
    return start_us == end_us ? count : 0;
}

/* An interval that is longer than the open period, which it begins. */
static enum mando_status begin_spread(struct mando_convert *convert, const struct mando_rows *rows,
                                      size_t row, struct mando_error *error)
{
    int64_t start_us = rows->valid_start_us[row], end_us = rows->valid_end_us[row];
    const struct mando_convert_rule *rule = &convert->rule;
    int64_t parts =
        start_us == convert->start_us ? count_parts(&rule->periods, start_us, end_us) : 0;
    if (parts == 0)
        return fail_fit(convert, start_us, end_us, error);
    for (size_t i = 0; i < rule->width; i++) {
        double number = mando_rows_number(rows, row, i);
        convert->numbers[i] = rule->aggregation == MANDO_SUM ? number / (double)parts : number;
    }
    note_times(convert, rows, row, 1);
    clear_sums(convert);
    convert->is_open = false;
    convert->spread_from_us = start_us;
    convert->spread_to_us = convert->last_end_us = end_us;
    return MANDO_OK;
}

/* Goes on with the interval that is being spread until it is done or `out` is full. */
static void spread(struct mando_convert *convert, struct mando_converted *out)
{
    const struct mando_convert_rule *rule = &convert->rule;
    while (convert->spread_from_us < convert->spread_to_us && out->count < out->capacity) {
        convert->start_us = convert->spread_from_us;
        convert->end_us = mando_periods_end(&rule->periods, convert->start_us);
        double *value = add_row(convert, out);
        if (value)
            memcpy(value, convert->numbers, rule->width * sizeof *value);
        convert->spread_from_us = convert->end_us;
    }
}

/* A row that no period of the range needs, or an instant that does not count. */
static bool is_beside(const struct mando_convert *convert, int64_t start_us, int64_t end_us)
{
    if (start_us == end_us)
        return start_us < convert->rule.from_us || start_us < convert->last_end_us
               || (convert->is_open && convert->has_interval && start_us < convert->end_us);
    return end_us <= convert->rule.from_us;
}

/* Takes rows from `row` on into the open period, after what is before it was given out. */
static enum mando_status take_at(struct mando_convert *convert, const struct mando_rows *rows,
                                 size_t *row, size_t to, struct mando_error *error)
{
    int64_t start_us = rows->valid_start_us[*row], end_us = rows->valid_end_us[*row];
    enum mando_status status = MANDO_OK;
    if (start_us < end_us && start_us < convert->last_end_us)
        return fail_row(MANDO_E_VALUES_OVERLAP, start_us, end_us, "overlaps the one before", error);
    if (!convert->is_open)
        status = open_period(convert, start_us, error);
    if (status)
        return status;
    if (end_us <= convert->end_us) {
        *row += take_rows(convert, rows, *row, to);
        return MANDO_OK;
    }
    status = begin_spread(convert, rows, *row, error);
    ++*row;
    return status;
}

enum mando_status mando_convert_rows(struct mando_convert *convert, const struct mando_rows *rows,
                                     size_t *row, size_t to, struct mando_converted *out,
                                     struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    while (!status) {
        spread(convert, out);
        if (*row == to || out->count == out->capacity)
            break;
        int64_t start_us = rows->valid_start_us[*row];
        if (is_beside(convert, start_us, rows->valid_end_us[*row])) {
            ++*row;
            continue;
        }
        if (convert->is_open && start_us >= convert->end_us)
            close_period(convert, out);
        else
            status = take_at(convert, rows, row, to, error);
    }
    return status;
}

bool mando_convert_finish(struct mando_convert *convert, struct mando_converted *out)
{
    spread(convert, out);
    if (convert->spread_from_us < convert->spread_to_us)
        return false;
    if (convert->is_open && out->count == out->capacity)
        return false;
    if (convert->is_open)
        close_period(convert, out);
    return true;
}
