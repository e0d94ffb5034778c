#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "flow.h"
#include "json.h"
#include "store.h"

static const char *number_text(double value, char room[MANDO_NUMBER_TEXT_SIZE])
{
    if (isnan(value))
        return "";
    (void)mando_number_format(value, room);
    return room;
}

static void print_difference(void *context, const struct mando_flow_difference *difference)
{
    char start[MANDO_TIME_TEXT_SIZE], before[MANDO_NUMBER_TEXT_SIZE], after[MANDO_NUMBER_TEXT_SIZE];
    bool is_text = difference->text_before || difference->text_after;
    mando_time_format(difference->start_us, start);
    (void)context;
    if (is_text)
        (void)printf("%s,%s,%s,changed,changed\n", difference->kind, difference->name, start);
    else
        (void)printf("%s,%s,%s,%s,%s\n", difference->kind, difference->name, start,
                     number_text(difference->before, before),
                     number_text(difference->after, after));
}

static void add_difference(void *context, const struct mando_flow_difference *difference)
{
    struct cli_json *json = context;
    char start[MANDO_TIME_TEXT_SIZE];
    mando_time_format(difference->start_us, start);
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "kind", difference->kind);
    cli_json_text(json, "name", difference->name);
    cli_json_text(json, "start", start);
    if (difference->text_before || difference->text_after) {
        cli_json_text(json, "before", difference->text_before);
        cli_json_text(json, "after", difference->text_after);
    } else {
        cli_json_number(json, "before", difference->before);
        cli_json_number(json, "after", difference->after);
    }
    cli_json_close(json, '}');
}

int cli_flow_diff(struct cli *cli)
{
    struct mando_error error = {0};
    struct mando_service *service = NULL;
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_open(&json, "differences", '[');
    if (!cli->json)
        (void)printf("kind,name,start,before,after\n");
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (!status)
        status =
            mando_flow_diff(service, cli->arguments[1], cli->arguments[2],
                            cli->json ? add_difference : print_difference, &json, NULL, &error);
    mando_service_free(service);
    cli_json_close(&json, ']');
    cli_json_close(&json, '}');
    enum mando_status written = MANDO_OK;
    if (!status && cli->json)
        written = cli_json_end(&json, stdout);
    else
        mando_text_release(&json.text);
    return status ? cli_report(cli, CLI_REFUSED, &error) : cli_written(cli, written);
}

/* Why, in one sentence. */
static void print_reason(const struct mando_flow_explanation *told)
{
    double water_eur = told->water_value_eur_per_mwh;
    if (told->power_mw > 0)
        (void)printf("discharges: a stored MWh earns %.2f EUR now and is worth %.2f EUR later",
                     told->discharge_eur_per_mwh, water_eur);
    else if (told->power_mw < 0)
        (void)printf("charges: a stored MWh costs %.2f EUR now and is worth %.2f EUR later",
                     told->charge_eur_per_mwh, water_eur);
    else
        (void)printf("rests: a stored MWh is worth %.2f EUR later, would cost %.2f EUR and earn "
                     "%.2f EUR now",
                     water_eur, told->charge_eur_per_mwh, told->discharge_eur_per_mwh);
    (void)printf("\nbinding     %s%s%s%s\n", told->is_at_power_limit ? "power " : "",
                 told->is_full ? "full " : "", told->is_empty ? "empty " : "",
                 told->is_at_power_limit || told->is_full || told->is_empty ? "" : "nothing");
}

static int print_explanation(const struct cli *cli, const struct mando_flow_explanation *told)
{
    char start[MANDO_TIME_TEXT_SIZE], end[MANDO_TIME_TEXT_SIZE];
    struct cli_json json;
    mando_time_format(told->start_us, start);
    mando_time_format(told->end_us, end);
    if (!cli->json) {
        (void)printf("period      %s to %s\nprice       %.2f EUR/MWh\npower       %.6g MW\n"
                     "energy      %.6g MWh, then %.6g MWh\nprofit      %.2f EUR\nwhy         ",
                     start, end, told->price_eur_per_mwh, told->power_mw, told->soc_before_mwh,
                     told->soc_after_mwh, told->profit_eur);
        print_reason(told);
        return CLI_OK;
    }
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_text(&json, "start", start);
    cli_json_text(&json, "end", end);
    cli_json_number(&json, "price_eur_per_mwh", told->price_eur_per_mwh);
    cli_json_number(&json, "power_mw", told->power_mw);
    cli_json_number(&json, "soc_before_mwh", told->soc_before_mwh);
    cli_json_number(&json, "soc_after_mwh", told->soc_after_mwh);
    cli_json_number(&json, "profit_eur", told->profit_eur);
    cli_json_number(&json, "water_value_eur_per_mwh", told->water_value_eur_per_mwh);
    cli_json_number(&json, "charge_eur_per_mwh", told->charge_eur_per_mwh);
    cli_json_number(&json, "discharge_eur_per_mwh", told->discharge_eur_per_mwh);
    cli_json_truth(&json, "is_at_power_limit", told->is_at_power_limit);
    cli_json_truth(&json, "is_full", told->is_full);
    cli_json_truth(&json, "is_empty", told->is_empty);
    cli_json_close(&json, '}');
    return cli_written(cli, cli_json_end(&json, stdout));
}

int cli_flow_explain(struct cli *cli)
{
    struct mando_error error = {0};
    struct mando_service *service = NULL;
    struct mando_flow_explanation told;
    int64_t at_us = 0;
    if (!cli_flag_value(cli, "--at")) {
        (void)mando_fail(&error, MANDO_E_USAGE_MISSING, -1, "mando flow explain needs --at TIME");
        return cli_report(cli, CLI_USAGE, &error);
    }
    if (cli_flag_time(cli, "--at", NULL, &at_us, &error))
        return cli_report(cli, CLI_USAGE, &error);
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (!status)
        status = mando_flow_explain(service, cli->arguments[1], at_us, &told, &error);
    mando_service_free(service);
    return status ? cli_report(cli, CLI_REFUSED, &error) : print_explanation(cli, &told);
}
