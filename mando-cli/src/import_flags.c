#include <string.h>

#include "base/fail.h"
#include "import.h"

static const char *const SOURCE_NAMES[] = {"prices", "values", "smard"};

const char *import_flag(const struct import *import, const char *name)
{
    return cli_flag_value(import->cli, name);
}

/* SMARD's delivery days are those of Berlin, which all its bidding zones share. */
const char *import_zone_name(const struct import *import)
{
    const char *zone = import_flag(import, "--time-zone");
    return zone || import->source != SOURCE_SMARD ? zone : "Europe/Berlin";
}

static enum mando_status read_source(struct import *import, struct mando_error *error)
{
    const char *format = import_flag(import, "--format");
    if (!format)
        return mando_fail(error, MANDO_E_USAGE_MISSING, -1, "mando import needs --format");
    while (import->source < SOURCES && strcmp(format, SOURCE_NAMES[import->source]) != 0)
        import->source++;
    if (import->source == SOURCES)
        return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--format", 0, 0,
                             "\"%.60s\" is no format: prices, values or smard", format);
    if (import->source == SOURCE_PRICES && !import_flag(import, "--id"))
        return mando_fail(error, MANDO_E_USAGE_MISSING, -1, "--format prices needs --id");
    if (import->source == SOURCE_SMARD
        && !import_flag(import, "--id") != !import_flag(import, "--column"))
        return mando_fail(error, MANDO_E_USAGE_MISSING, -1,
                          "--format smard needs both --column and --id, or neither");
    if (import->source != SOURCE_SMARD && import_flag(import, "--column"))
        return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--column", 0, 0,
                             "a column is for --format smard alone");
    return MANDO_OK;
}

static enum mando_status read_aggregation(struct import *import, struct mando_error *error)
{
    const char *word = import_flag(import, "--aggregation");
    import->aggregation = MANDO_MEAN;
    while (word && import->aggregation <= MANDO_LAST
           && strcmp(word, mando_aggregation_name(import->aggregation)) != 0)
        import->aggregation++;
    if (import->aggregation <= MANDO_LAST)
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--aggregation", 0, 0,
                         "\"%.60s\" is no rule: mean, sum, min, max, first or last", word);
}

bool import_is_irregular(const struct import *import)
{
    const char *text = import_flag(import, "--resolution");
    return text && strcmp(text, "none") == 0;
}

/* How long the rows are; zero, which instants are, is the word none. */
enum mando_status import_read_resolution(const struct import *import, struct mando_duration *step,
                                         struct mando_error *error)
{
    const char *text = import_flag(import, "--resolution");
    enum mando_status status = mando_duration_parse(text, strlen(text), step, error);
    if (status)
        mando_fail_place(error, "--resolution", 0, 0);
    else if (step->months <= 0 && step->days <= 0 && step->time_us <= 0)
        status = mando_fail_at(error, MANDO_E_USAGE_VALUE, "--resolution", 0, 0,
                               "\"%.60s\" must be longer than nothing; none is for instants", text);
    return status;
}

enum mando_status import_read_flags(struct import *import, struct mando_error *error)
{
    const char *zone = import_zone_name(import), *id = import_flag(import, "--id");
    const char *resolution = import_flag(import, "--resolution");
    struct mando_duration step;
    struct mando_zone *opened = NULL;
    enum mando_status status = read_source(import, error);
    if (!status && id && (status = mando_point_id_check(id, strlen(id), error)))
        mando_fail_place(error, "--id", 0, 0);
    if (!status)
        status = read_aggregation(import, error);
    if (!status && resolution && !import_is_irregular(import))
        status = import_read_resolution(import, &step, error);
    if (!status && zone) {
        status = mando_zone_open(zone, import->cli->settings.zone_folder, &opened, error);
        mando_zone_free(opened);
        if (status)
            mando_fail_place(error, "--time-zone", 0, 0);
    }
    return status ? status : cli_known_read(import->cli, &import->known, error);
}
