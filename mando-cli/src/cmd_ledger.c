#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/vector.h"
#include "json.h"
#include "mando/records.h"
#include "store.h"
#include "table.h"

static const struct cli_flag FLAGS[] = {
    {"--run", "RUN", "only what this run booked; default: all"},
    {"--from", "TIME", "first start that counts: ISO 8601, a date, or D-1; default: all"},
    {"--to", "TIME", "first start that no longer counts; default: all"},
    {"--time-zone", "ZONE", "of dates, days and months; default: UTC"},
    {"--by", "WHAT", "what the table adds up: account, day or month; default: account"},
    {"--format", "FORMAT", "table, csv or json; default: table, with --json json"},
    {0},
};

/* The columns of schema/ledger_entry.def. */
enum column {
#define TEXT_COLUMN(name, rule, text) COLUMN_##name,
#define INTEGER_COLUMN(name, unit, rule, text) COLUMN_##name,
#define TIME_COLUMN(name, rule, text) COLUMN_##name,
#include "schema/ledger_entry.def"
#undef TEXT_COLUMN
#undef INTEGER_COLUMN
#undef TIME_COLUMN
    COLUMNS
};

static const char *const NAMES[] = {
#define TEXT_COLUMN(name, rule, text) #name,
#define INTEGER_COLUMN(name, unit, rule, text) #name,
#define TIME_COLUMN(name, rule, text) #name,
#include "schema/ledger_entry.def"
#undef TEXT_COLUMN
#undef INTEGER_COLUMN
#undef TIME_COLUMN
};

enum by { BY_ACCOUNT, BY_DAY, BY_MONTH };
enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };

/* What one account adds up to, of a day or month where they are told apart. */
struct balance {
    char span[16], account[128], currency[8], kind[16];
    int64_t debit_micro, credit_micro;
};

struct printing {
    const struct cli *cli;
    enum by by;
    enum format format;
    struct mando_zone *zone; /* NULL = UTC */
    struct mando_vector balances;
    struct cli_json json;
    int64_t sum_micro; /* of all amounts: 0 where the ledger is whole */
};

static const char *text_of(const struct mando_record_cell *cell, char *room, size_t size)
{
    (void)snprintf(room, size, "%.*s", (int)cell->length, cell->text ? cell->text : "");
    return room;
}

static void span_of(const struct printing *printing, int64_t start_us, char span_out[16])
{
    struct mando_calendar day = mando_zone_calendar(printing->zone, start_us);
    span_out[0] = '\0';
    if (printing->by == BY_DAY)
        (void)snprintf(span_out, 16, "%04d-%02d-%02d", (int)day.year, day.month, day.day);
    if (printing->by == BY_MONTH)
        (void)snprintf(span_out, 16, "%04d-%02d", (int)day.year, day.month);
}

static bool is_same(const struct balance *a, const struct balance *b)
{
    return strcmp(a->account, b->account) == 0 && strcmp(a->span, b->span) == 0
           && strcmp(a->currency, b->currency) == 0 && strcmp(a->kind, b->kind) == 0;
}

/* Adds an entry to its balance; the newest ones are the likeliest. */
static enum mando_status add(struct printing *printing, const struct mando_record_cell *cells)
{
    struct balance entry = {0};
    int64_t amount_micro = cells[COLUMN_amount].integer;
    span_of(printing, cells[COLUMN_start].integer, entry.span);
    (void)text_of(&cells[COLUMN_account], entry.account, sizeof entry.account);
    (void)text_of(&cells[COLUMN_currency], entry.currency, sizeof entry.currency);
    (void)text_of(&cells[COLUMN_kind], entry.kind, sizeof entry.kind);
    *(amount_micro > 0 ? &entry.debit_micro : &entry.credit_micro) =
        amount_micro > 0 ? amount_micro : -amount_micro;
    struct balance *balances = printing->balances.items;
    for (size_t i = printing->balances.count; i-- > 0;)
        if (is_same(&balances[i], &entry)) {
            balances[i].debit_micro += entry.debit_micro;
            balances[i].credit_micro += entry.credit_micro;
            return MANDO_OK;
        }
    return mando_vector_push(&printing->balances, &entry);
}

static void print_csv(const struct mando_record_cell *cells)
{
    char time[MANDO_TIME_TEXT_SIZE];
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *comma = i + 1 < COLUMNS ? "," : "\n";
        if (i == COLUMN_start || i == COLUMN_end) {
            mando_time_format(cells[i].integer, time);
            (void)printf("%s%s", time, comma);
        } else if (cells[i].text || cells[i].is_null) {
            (void)printf("%.*s%s", (int)cells[i].length, cells[i].text ? cells[i].text : "", comma);
        } else {
            (void)printf("%" PRId64 "%s", cells[i].integer, comma);
        }
    }
}

static void add_json(struct cli_json *json, const struct mando_record_cell *cells)
{
    char room[512];
    cli_json_open(json, NULL, '{');
    for (size_t i = 0; i < COLUMNS; i++) {
        if (i == COLUMN_start || i == COLUMN_end) {
            mando_time_format(cells[i].integer, room);
            cli_json_text(json, NAMES[i], room);
        } else if (cells[i].text || cells[i].is_null) {
            cli_json_text(json, NAMES[i],
                          cells[i].is_null ? NULL : text_of(&cells[i], room, sizeof room));
        } else {
            cli_json_count(json, NAMES[i], cells[i].integer);
        }
    }
    cli_json_close(json, '}');
}

static enum mando_status take(struct printing *printing, const struct mando_record_cell *cells)
{
    printing->sum_micro += cells[COLUMN_amount].integer;
    if (printing->format == FORMAT_CSV)
        print_csv(cells);
    else if (printing->format == FORMAT_JSON)
        add_json(&printing->json, cells);
    else
        return add(printing, cells);
    return MANDO_OK;
}

static void money_cell(struct cli_table *table, int64_t micro)
{
    uint64_t size = micro < 0 ? -(uint64_t)micro : (uint64_t)micro;
    cli_table_cell(table, "%s%" PRIu64 ".%06" PRIu64, micro < 0 ? "-" : "", size / 1000000,
                   size % 1000000);
}

static enum mando_status print_table(const struct printing *printing)
{
    const struct balance *balances = printing->balances.items;
    bool has_span = printing->by != BY_ACCOUNT;
    struct cli_table table;
    cli_table_init(&table, has_span ? "llllrrr" : "lllrrr");
    if (has_span)
        cli_table_cell(&table, printing->by == BY_DAY ? "day" : "month");
    for (const char *const *title = (const char *const[]){"account", "kind", "currency", "debit",
                                                          "credit", "balance", NULL};
         *title; title++)
        cli_table_cell(&table, "%s", *title);
    for (size_t i = 0; i < printing->balances.count; i++) {
        const struct balance *balance = &balances[i];
        if (has_span)
            cli_table_cell(&table, "%s", balance->span);
        cli_table_cell(&table, "%s", balance->account);
        cli_table_cell(&table, "%s", balance->kind);
        cli_table_cell(&table, "%s", balance->currency);
        money_cell(&table, balance->debit_micro);
        money_cell(&table, balance->credit_micro);
        money_cell(&table, balance->debit_micro - balance->credit_micro);
    }
    cli_table_rule(&table);
    for (size_t i = 0; i < (has_span ? 6 : 5); i++)
        cli_table_cell(&table, i == 0 ? "trial balance" : "%s", "");
    money_cell(&table, printing->sum_micro);
    return cli_table_print(&table);
}

static enum mando_status print_end(struct printing *printing)
{
    if (printing->format == FORMAT_TABLE)
        return print_table(printing);
    if (printing->format == FORMAT_CSV)
        return MANDO_OK;
    cli_json_close(&printing->json, ']');
    cli_json_count(&printing->json, "trial_balance", printing->sum_micro);
    cli_json_close(&printing->json, '}');
    return cli_json_end(&printing->json, stdout);
}

static void print_start(struct printing *printing)
{
    cli_json_init(&printing->json);
    cli_json_open(&printing->json, NULL, '{');
    cli_json_open(&printing->json, "entries", '[');
    for (size_t i = 0; printing->format == FORMAT_CSV && i < COLUMNS; i++)
        (void)printf("%s%s", NAMES[i], i + 1 < COLUMNS ? "," : "\n");
}

static enum mando_status print_all(struct printing *printing, struct mando_records *records,
                                   struct mando_error *error)
{
    struct mando_record_cell cells[COLUMNS];
    int is_there = 1;
    enum mando_status status = MANDO_OK, written = MANDO_OK;
    print_start(printing);
    while (!status && !written && is_there) {
        status = mando_records_next(records, COLUMNS, cells, &is_there, error);
        if (!status && is_there)
            written = take(printing, cells);
    }
    if (!status && !written)
        written = print_end(printing);
    else
        mando_text_release(&printing->json.text);
    return status || !written
               ? status
               : mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the ledger");
}

static enum mando_status choose(const char *flag, const char *given, const char *const *words,
                                int *choice_out, struct mando_error *error)
{
    for (int i = 0; given && words[i]; i++)
        if (strcmp(words[i], given) == 0) {
            *choice_out = i;
            return MANDO_OK;
        }
    return given ? mando_fail_at(error, MANDO_E_USAGE_VALUE, flag, 0, 0,
                                 "\"%.60s\" is none of %s, %s and %s", given, words[0], words[1],
                                 words[2])
                 : MANDO_OK;
}

static enum mando_status read_flags(struct printing *printing, struct mando_predicate *predicates,
                                    size_t *count, struct mando_error *error)
{
    static const char *const WHATS[] = {"account", "day", "month", NULL};
    static const char *const FORMATS[] = {"table", "csv", "json", NULL};
    const struct cli *cli = printing->cli;
    const char *run = cli_flag_value(cli, "--run"), *zone = cli_flag_value(cli, "--time-zone");
    int64_t from_us = INT64_MIN, to_us = INT64_MAX;
    int by = BY_ACCOUNT, format = cli->json ? FORMAT_JSON : FORMAT_TABLE;
    enum mando_status status = choose("--by", cli_flag_value(cli, "--by"), WHATS, &by, error);
    if (!status)
        status = choose("--format", cli_flag_value(cli, "--format"), FORMATS, &format, error);
    if (!status && zone)
        status = mando_zone_open(zone, cli->settings.zone_folder, &printing->zone, error);
    if (!status)
        status = cli_flag_time(cli, "--from", printing->zone, &from_us, error);
    if (!status)
        status = cli_flag_time(cli, "--to", printing->zone, &to_us, error);
    if (!status && from_us > to_us)
        status = mando_fail(error, MANDO_E_TIME_ORDER, -1, "--from is later than --to");
    printing->by = (enum by)by;
    printing->format = (enum format)format;
    predicates[0] = (struct mando_predicate){"start", MANDO_GREATER_EQUAL, .number = from_us};
    predicates[1] = (struct mando_predicate){"start", MANDO_LESS, .number = to_us};
    predicates[2] = (struct mando_predicate){"run", MANDO_EQUAL, .text = run};
    *count = run ? 3 : 2;
    return status;
}

static int run(struct cli *cli)
{
    struct mando_error error;
    struct printing printing = {.cli = cli};
    struct mando_predicate predicates[3];
    struct mando_records records MANDO_CLEANUP(mando_records_release) = {0};
    struct mando_service *service = NULL;
    size_t count = 0;
    mando_vector_init(&printing.balances, sizeof(struct balance), SIZE_MAX);
    int exit_status = CLI_USAGE;
    enum mando_status status = read_flags(&printing, predicates, &count, &error);
    if (!status) {
        exit_status = CLI_REFUSED;
        status = cli_service_open(cli, false, &service, &error);
    }
    if (!status)
        status = mando_service_records(service, "ledger_entry", predicates, count, &records.stream,
                                       &error);
    if (!status)
        status = print_all(&printing, &records, &error);
    mando_records_release(&records);
    mando_service_free(service);
    mando_zone_free(printing.zone);
    mando_vector_release(&printing.balances);
    return status ? cli_report(cli, exit_status, &error) : CLI_OK;
}

const struct cli_command CLI_LEDGER = {
    .name = "ledger",
    .summary = "what runs earned and paid, booked twice",
    .usage = "[--run RUN] [--from TIME] [--to TIME] [--by account|day|month]\n"
             "           [--time-zone ZONE] [--format table|csv|json]",
    .text =
        "Adds up the entries of the ledger by account, with --by day or month of each of them; "
        "above 0\n"
        "is a debit, and the trial balance of a whole ledger is 0. csv and json are the entries\n"
        "themselves, amounts in millionths of the currency.",
    .example = "  mando ledger --by month --time-zone Europe/Berlin",
    .flags = FLAGS,
    .run = run,
};
