/* mando-gen PAGE: prints a reference page, made from the .def files, to standard output. */
#include <stdio.h>
#include <string.h>

/* The bounds of a number, in words of the page. */
#define FROM(bound) ">= " #bound
#define ABOVE(bound) "> " #bound
#define TO(bound) "<= " #bound
#define BELOW(bound) "< " #bound
#define ANY ""

struct battery_row {
    const char *name, *unit, *initial, *rule, *low, *high, *text;
};

struct error_row {
    const char *code, *status, *http, *exception, *text;
};

struct setting_row {
    const char *name, *flag, *environment, *type, *initial, *low, *text;
};

static const struct battery_row BATTERY[] = {
#define TEXT_FIELD(name, size, initial, rule, text) {#name, "", initial, #rule, "", "", text},
#define NUMBER_FIELD(name, unit, initial, rule, low, high, text)                                   \
    {#name, unit, #initial, #rule, low, high, text},
#include "schema/battery.def"
#undef TEXT_FIELD
#undef NUMBER_FIELD
};

static const struct error_row ERRORS[] = {
#define ERROR(id, code, status, http, python, text) {code, #status, #http, python, text},
#include "schema/errors.def"
#undef ERROR
};

static const struct setting_row SETTINGS[] = {
#define SETTING(name, flag, environment, type, initial, low, high, text)                           \
    {#name, flag, environment, #type, initial, #low, text},
#include "schema/settings.def"
#undef SETTING
};

static const char *presence(const struct battery_row *row)
{
    if (strcmp(row->rule, "REQUIRED") == 0)
        return "required";
    return strcmp(row->rule, "OPTIONAL") == 0 ? "absent" : row->initial;
}

static void print_battery(void)
{
    (void)puts("# Battery file\n\n"
               "A JSON object (UTF-8) with these fields in any order; `null` is absent. An unknown "
               "or repeated\nfield is an error. Powers are at the grid, energies at the cells, "
               "efficiencies one-way.\n\n"
               "| field | unit | default | rule | meaning |\n"
               "| --- | --- | --- | --- | --- |");
    for (size_t i = 0; i < sizeof BATTERY / sizeof *BATTERY; i++) {
        const struct battery_row *row = &BATTERY[i];
        const char *between = *row->low && *row->high ? ", " : "";
        (void)printf("| `%s` | %s | %s | %s%s%s | %s |\n", row->name, row->unit, presence(row),
                     row->low, between, row->high, row->text);
    }
    (void)puts("\nBetween fields: `soc_min_mwh` is below `soc_max_mwh`; `soc_start_mwh` and "
               "`soc_end_mwh` lie within\nthem; `soc_end_value_eur_per_mwh` needs a free end. "
               "`id` begins with a letter or digit and holds\nonly letters, digits and `_`, `.`, "
               "`-`; it has at most 255 bytes.");
}

/* NOT_FOUND becomes not_found: the names of mando_status_name. */
static void print_lower_case(const char *text)
{
    for (; *text; text++)
        (void)putchar(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
}

static void print_errors(void)
{
    (void)puts("# Errors\n\n"
               "Codes are stable. `status` is the coarse name that programs branch on.\n\n"
               "| code | status | HTTP | Python | meaning |\n"
               "| --- | --- | --- | --- | --- |");
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++) {
        const struct error_row *row = &ERRORS[i];
        (void)printf("| `%s` | ", row->code);
        print_lower_case(row->status);
        (void)printf(" | %s | `%s` | %s |\n", row->http, row->exception, row->text);
    }
}

static void print_settings(void)
{
    (void)puts("# Settings\n\n"
               "A flag wins over its `MANDO_*` variable, that over the JSON object of `--config "
               "FILE`, that over\nthe default. `mando config` prints each value and where it came "
               "from.\n\n"
               "| key | flag | variable | default | rule | meaning |\n"
               "| --- | --- | --- | --- | --- | --- |");
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++) {
        const struct setting_row *row = &SETTINGS[i];
        int is_count = strcmp(row->type, "COUNT") == 0;
        (void)printf("| `%s` | `%s` | `%s` | `%s` | %s%s | %s |\n", row->name, row->flag,
                     row->environment, row->initial, is_count ? ">= " : "",
                     is_count ? row->low : "", row->text);
    }
}

static const struct page {
    const char *name;
    void (*print)(void);
} PAGES[] = {{"battery", print_battery}, {"errors", print_errors}, {"settings", print_settings}};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof PAGES / sizeof *PAGES; i++)
        if (strcmp(argv[1], PAGES[i].name) == 0) {
            PAGES[i].print();
            return fflush(stdout) ? 1 : 0;
        }
    (void)fputs("usage: mando-gen PAGE, one of:", stderr);
    for (size_t i = 0; i < sizeof PAGES / sizeof *PAGES; i++)
        (void)fprintf(stderr, " %s", PAGES[i].name);
    (void)fputc('\n', stderr);
    return 2;
}
