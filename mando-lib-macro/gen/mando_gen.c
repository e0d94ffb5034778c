/* mando-gen PAGE: prints a reference page, made from the .def files, to standard output. */
#include <stdbool.h>
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

struct point_row {
    const char *name, *initial, *rule, *text;
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
#define POINTS_FIELD(name, unit_x, unit_y, low_x, low_y, high_y, text)                             \
    {#name, "[" unit_x ", " unit_y "]", "", "POINTS", low_y, high_y, text},
#include "schema/battery.def"
#undef TEXT_FIELD
#undef NUMBER_FIELD
#undef POINTS_FIELD
};

static const struct point_row POINT[] = {
#define TEXT_FIELD(name, size, initial, rule, text) {#name, initial, #rule, text},
#define JSON_FIELD(name, kind, text) {#name, "", "OPTIONAL", kind ": " text},
#include "schema/point.def"
#undef TEXT_FIELD
#undef JSON_FIELD
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
    bool can_be_absent = strcmp(row->rule, "OPTIONAL") == 0 || strcmp(row->rule, "POINTS") == 0;
    return can_be_absent ? "absent" : row->initial;
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
    (void)puts(
        "\nBetween fields: `soc_min_mwh` is below `soc_max_mwh`; `soc_start_mwh` and "
        "`soc_end_mwh` lie within\nthem; `soc_end_value_eur_per_mwh` needs a free end. "
        "`id` begins with a letter or digit and holds\nonly letters, digits and `_`, `.`, "
        "`-`; it has at most 255 bytes.\n\n"
        "Fields with a pair of units are lists of 1 to 16 points `[x, y]`, x rising; the rule "
        "is that of y:\n\n"
        "- `efficiency_*_by_power` multiply `efficiency_*`. The power at the cells is linear "
        "between points, and\n"
        "  from 0 to the first one; charging it must be concave and rise, discharging it must "
        "be convex; the\n"
        "  last point reaches `power_*_mw`.\n"
        "- `power_*_mw_by_soc` are concave from `soc_min_mwh` to `soc_max_mwh`, and hold at "
        "the start and the end\n"
        "  of each period, and so throughout it, beside `power_*_mw`.\n"
        "- `degradation_eur_per_mwh_by_power`: the power from the x before up to x costs y "
        "more than\n"
        "  `degradation_eur_per_mwh`; y must rise, and the last x reach "
        "`power_discharge_mw`.\n\n"
        "With any of these, `ramp_mw_per_h_max`, `auxiliary_mw` or the price file's columns "
        "`pv_mw` and `load_mw`\n"
        "(MW, mean of the period), a plan is found by linear programming and branching "
        "(`method` is `lp`). The\n"
        "connection then carries `battery + pv - curtailed - load - auxiliary`; what it "
        "imports is bought, what it\n"
        "exports is sold, PV is curtailed for free. `ramp_mw_per_h_max` does not bind the first "
        "period of a\n"
        "horizon.");
}

static void print_point(void)
{
    (void)puts("# Configuration of a data point\n\n"
               "A JSON object (UTF-8, at most 64 KiB) with these fields in any order; `null` is "
               "absent. An unknown or\nrepeated field is an error.\n\n"
               "| field | default | meaning |\n"
               "| --- | --- | --- |");
    for (size_t i = 0; i < sizeof POINT / sizeof *POINT; i++) {
        const struct point_row *row = &POINT[i];
        const char *none = strcmp(row->rule, "REQUIRED") == 0 ? "required" : "absent";
        (void)printf("| `%s` | %s | %s |\n", row->name, *row->initial ? row->initial : none,
                     row->text);
    }
    (void)puts(
        "\nAn **id** is 1 to 16 segments joined by `/`, each a letter or digit and then letters, "
        "digits, `_`, `.`\nand `-`; 255 bytes in all. In a **pattern** a segment may be `*`, any "
        "one segment, and the last one `**`,\nany number of segments, none among them.\n\n"
        "A label is not empty and is not the name of another column (`id`, `start`, `end`, "
        "`known`, `changed`,\n`value`, `author`, `deleted`, `point`). `json_schema` knows these "
        "keywords and refuses others: `type`,\n`required`, `properties`, `additionalProperties`, "
        "`enum`, `const`, `minimum`, `maximum`, `items`,\n`minItems`, `maxItems`. A `StaticData` "
        "value has at most 1 MiB and no member twice in an object.");
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
} PAGES[] = {{"battery", print_battery},
             {"errors", print_errors},
             {"point", print_point},
             {"settings", print_settings}};

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
