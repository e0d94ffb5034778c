#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "flow.h"
#include "json.h"
#include "store.h"

/* What a run is given on the command line. */
struct asked {
    struct mando_flow_options options;
    struct mando_flow_parameter parameters[CLI_REPEATS_MAX];
    char names[CLI_REPEATS_MAX][64];
};

static enum mando_status read_parameters(const struct cli *cli, struct asked *asked,
                                         struct mando_error *error)
{
    for (size_t i = 0; i < cli->repeat_count; i++) {
        const char *text = cli->repeats[i], *equals = strchr(text, '=');
        size_t length = equals ? (size_t)(equals - text) : 0;
        if (length == 0 || length >= sizeof asked->names[i])
            return mando_fail_at(error, MANDO_E_USAGE_VALUE, "--param", 0, 0,
                                 "\"%.60s\" is no parameter: it must be NAME=VALUE", text);
        memcpy(asked->names[i], text, length);
        asked->parameters[i] = (struct mando_flow_parameter){asked->names[i], equals + 1};
    }
    asked->options.parameters = asked->parameters;
    asked->options.parameter_count = cli->repeat_count;
    return MANDO_OK;
}

static enum mando_status read_deadline(const struct cli *cli, struct asked *asked,
                                       struct mando_error *error)
{
    const char *text = cli_flag_value(cli, "--deadline");
    struct mando_duration length;
    if (!text)
        return MANDO_OK;
    enum mando_status status = mando_duration_parse(text, strlen(text), &length, error);
    if (!status)
        status = mando_time_add(cli_now_us(), length, NULL, &asked->options.deadline_us, error);
    if (status)
        mando_fail_place(error, "--deadline", 0, error->column);
    return status;
}

static enum mando_status read_seed(const struct cli *cli, struct asked *asked,
                                   struct mando_error *error)
{
    const char *text = cli_flag_value(cli, "--seed");
    char *end = NULL;
    if (!text)
        return MANDO_OK;
    asked->options.seed = strtoull(text, &end, 10);
    return *end || *text == '-' || asked->options.seed > INT64_MAX
               ? mando_fail_at(error, MANDO_E_USAGE_VALUE, "--seed", 0, 0,
                               "\"%.60s\" is no number from 0 to %" PRId64, text, INT64_MAX)
               : MANDO_OK;
}

static enum mando_status read_flags(const struct cli *cli, struct asked *asked,
                                    struct mando_error *error)
{
    enum mando_status status = read_parameters(cli, asked, error);
    if (!status)
        status = cli_flag_time(cli, "--as-of", NULL, &asked->options.as_of_us, error);
    if (!status)
        status = read_deadline(cli, asked, error);
    asked->options.dry_run = cli_flag_value(cli, "--dry-run") != NULL;
    asked->options.code = cli_commit();
    return status ? status : read_seed(cli, asked, error);
}

static void print_json(struct cli_json *json, const struct mando_run *run, const char *verdict)
{
    char time[MANDO_TIME_TEXT_SIZE];
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "run", run->id);
    cli_json_text(json, "flow", run->flow);
    mando_time_format(run->from_us, time);
    cli_json_text(json, "delivery_start", time);
    mando_time_format(run->to_us, time);
    cli_json_text(json, "delivery_end", time);
    mando_time_format(run->as_of.knowledge_us, time);
    cli_json_text(json, "as_of", time);
    mando_time_format(run->as_of.change_us, time);
    cli_json_text(json, "stored_until", time);
    cli_json_text(json, "parameters", run->parameters);
    cli_json_text(json, "result", run->result);
    if (verdict)
        cli_json_text(json, "verdict", verdict);
    cli_json_open(json, "steps_us", '{');
    for (enum mando_flow_step step = 0; step < MANDO_STEPS; step++)
        if (run->step_us[step])
            cli_json_count(json, mando_flow_step_name(step), run->step_us[step]);
    cli_json_close(json, '}');
    cli_json_number(json, "objective_eur", run->totals.objective_eur);
    cli_json_number(json, "revenue_eur", run->totals.revenue_eur);
    cli_json_number(json, "fee_eur", run->totals.fee_eur);
    cli_json_number(json, "degradation_eur", run->totals.degradation_eur);
    cli_json_close(json, '}');
}

static void print_text(const struct mando_run *run, const char *verdict)
{
    char from[MANDO_TIME_TEXT_SIZE], to[MANDO_TIME_TEXT_SIZE], as_of[MANDO_TIME_TEXT_SIZE],
        stored[MANDO_TIME_TEXT_SIZE];
    mando_time_format(run->from_us, from);
    mando_time_format(run->to_us, to);
    mando_time_format(run->as_of.knowledge_us, as_of);
    mando_time_format(run->as_of.change_us, stored);
    (void)printf("run         %s\nflow        %s %s\ndelivery    %s to %s\n"
                 "inputs      as known at %s, stored until %s\n",
                 run->id, run->flow, run->parameters, from, to, as_of, stored);
    (void)printf("steps      ");
    for (enum mando_flow_step step = 0; step < MANDO_STEPS; step++)
        if (run->step_us[step])
            (void)printf(" %s %.3f ms%s", mando_flow_step_name(step),
                         (double)run->step_us[step] / 1000, step + 1 < MANDO_STEPS ? "," : "");
    (void)printf("\nresult      %s\n", run->result);
    if (run->totals.objective_eur != 0 || run->totals.revenue_eur != 0)
        (void)printf("profit      %.2f EUR: revenue %.2f, fees %.2f, degradation %.2f\n",
                     run->totals.objective_eur, run->totals.revenue_eur, run->totals.fee_eur,
                     run->totals.degradation_eur);
    if (verdict)
        (void)printf("%s\n", verdict);
}

int cli_run_print(const struct cli *cli, const struct mando_run *run, const char *verdict)
{
    struct cli_json json;
    if (!cli->json) {
        print_text(run, verdict);
        return CLI_OK;
    }
    cli_json_init(&json);
    print_json(&json, run, verdict);
    return cli_written(cli, cli_json_end(&json, stdout));
}

int cli_flow_run(struct cli *cli)
{
    struct mando_error error = {0};
    struct mando_service *service = NULL;
    struct asked asked = {.options = {0}};
    struct mando_run run;
    if (read_flags(cli, &asked, &error))
        return cli_report(cli, CLI_USAGE, &error);
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (!status)
        status = mando_flow_run(service, cli->arguments[1], &asked.options, &run, &error);
    mando_service_free(service);
    if (status && strcmp(error.code, "flow.parameter") == 0)
        return cli_report(cli, CLI_USAGE, &error);
    if (status)
        return cli_report(cli, CLI_REFUSED, &error);
    return cli_run_print(cli, &run,
                         asked.options.dry_run ? "dry run: nothing was stored or sent"
                         : run.changed_us      ? NULL
                                               : "unchanged: this run had the same result before");
}

int cli_flow_rerun(struct cli *cli)
{
    struct mando_error error = {0};
    struct mando_service *service = NULL;
    struct mando_run recorded, run;
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (!status)
        status = mando_flow_rerun(service, cli->arguments[1], NULL, &recorded, &run, &error);
    mando_service_free(service);
    if (status)
        return cli_report(cli, CLI_REFUSED, &error);
    if (strcmp(recorded.result, run.result) == 0)
        return cli_run_print(cli, &run, "same: every bit of the result is as it was");
    (void)mando_fail_at(&error, MANDO_E_RUN_DIFFERS, recorded.id, 0, 0,
                        "the result is %s, of the recorded run it was %s", run.result,
                        recorded.result);
    return cli_report(cli, CLI_REFUSED, &error);
}
