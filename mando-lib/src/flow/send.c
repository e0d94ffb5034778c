#include "flow/send.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/text.h"
#include "codec/output.h"

#define DAY "{day}"

/* The target with the delivery day in its place. */
static void write_path(struct mando_text *path, const char *target, const struct mando_zone *zone,
                       int64_t day_us)
{
    struct mando_calendar day = mando_zone_calendar(zone, day_us);
    for (const char *place = strstr(target, DAY); place; place = strstr(target, DAY)) {
        mando_text_append(path, target, (size_t)(place - target));
        mando_text_append_format(path, "%04d-%02d-%02d", (int)day.year, day.month, day.day);
        target = place + strlen(DAY);
    }
    mando_text_append(path, target, strlen(target));
}

/* `start,end,value` as retrieve prints it, or the document. */
static void write_text(struct mando_text *text, const struct mando_strategy_result *result,
                       size_t output)
{
    char start[MANDO_TIME_TEXT_SIZE], end[MANDO_TIME_TEXT_SIZE];
    if (result->documents[output]) {
        mando_text_append_format(text, "%s\n", result->documents[output]);
        return;
    }
    mando_text_append_format(text, "start,end,value\n");
    for (size_t t = 0; result->series[output] && t < result->count; t++) {
        int64_t start_us = result->start_us + (int64_t)t * result->step_us;
        mando_time_format(start_us, start);
        mando_time_format(start_us + result->step_us, end);
        mando_text_append_format(text, "%s,%s,", start, end);
        if (!isnan(result->series[output][t]))
            mando_text_append_number(text, result->series[output][t]);
        mando_text_append(text, "\n", 1);
    }
}

static void free_output(struct mando_output **output)
{
    mando_output_free(*output);
}

static enum mando_status write_file(const char *path, const struct mando_text *text,
                                    struct mando_error *error)
{
    struct mando_output *output MANDO_CLEANUP(free_output) = NULL;
    enum mando_status status = mando_output_open(path, false, &output, error);
    if (!status)
        status = mando_output_write(output, text->bytes, text->length, error);
    return status ? status : mando_output_finish(output, error);
}

static enum mando_status send_one(const struct flow_send *send,
                                  const struct mando_strategy_result *result, size_t output,
                                  const struct mando_run *run, const struct mando_zone *zone,
                                  struct mando_error *error)
{
    struct mando_text path MANDO_CLEANUP(mando_text_release);
    struct mando_text text MANDO_CLEANUP(mando_text_release);
    mando_text_init(&path, SIZE_MAX);
    mando_text_init(&text, SIZE_MAX);
    write_path(&path, send->target, zone, run->from_us);
    write_text(&text, result, output);
    if (path.status || text.status)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for what is sent");
    return write_file(path.bytes, &text, error);
}

enum mando_status flow_send(const struct flow *flow, const struct mando_strategy_result *result,
                            const struct mando_run *run, const struct mando_zone *zone,
                            struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < flow->send_count && !status; i++)
        for (size_t k = 0; k < flow->decides->output_count && !status; k++)
            if (strcmp(flow->decides->outputs[k].name, flow->sends[i].output) == 0)
                status = send_one(&flow->sends[i], result, k, run, zone, error);
    return status;
}
