#include "assumed.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define IS_DEFAULT_REQUIRED false
#define IS_DEFAULT_DEFAULT true
#define IS_DEFAULT_OPTIONAL false

static const struct {
    const char *name;
    bool has_default;
    double initial;
} NUMBERS[] = {
#define TEXT_FIELD(name, size, initial, rule, text)
#define NUMBER_FIELD(name, unit, initial, rule, low, high, text)                                   \
    {#name, IS_DEFAULT_##rule, initial},
#define POINTS_FIELD(name, unit_x, unit_y, low_x, low_y, high_y, text)
#include "schema/battery.def"
#undef TEXT_FIELD
#undef NUMBER_FIELD
#undef POINTS_FIELD
};

static bool is_absent(yyjson_val *battery, const char *name)
{
    yyjson_val *value = yyjson_obj_get(battery, name);
    return !value || yyjson_is_null(value);
}

static void add_zero(struct cli_assumed *assumed, const char *name)
{
    size_t length = strlen(assumed->zeros);
    (void)snprintf(assumed->zeros + length, sizeof assumed->zeros - length, "%s%s",
                   length ? ", " : "", name);
}

static void find(yyjson_val *battery, struct cli_assumed *assumed)
{
    assumed->start_is_soc_min_mwh = is_absent(battery, "soc_start_mwh");
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        /* A fixed end leaves nothing to be valued. */
        bool is_moot = strcmp(NUMBERS[i].name, "soc_end_value_eur_per_mwh") == 0
                       && !is_absent(battery, "soc_end_mwh");
        if (NUMBERS[i].has_default && NUMBERS[i].initial == 0 && !is_moot
            && is_absent(battery, NUMBERS[i].name))
            add_zero(assumed, NUMBERS[i].name);
    }
}

void cli_assumed_find(const char *text, size_t length, struct cli_assumed *assumed_out)
{
    struct mando_json json = {0};
    *assumed_out = (struct cli_assumed){0};
    if (mando_json_parse(text, length, length, "", &json, NULL))
        return;
    find(yyjson_doc_get_root(json.doc), assumed_out);
    mando_json_release(&json);
}
