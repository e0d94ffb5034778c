/* settings.h: default < --config FILE < MANDO_* < flag, for each row of schema/settings.def. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/url.h"
#include "mando/error.h"

#define CLI_SETTING_URL const char *
#define CLI_SETTING_FOLDER const char *
#define CLI_SETTING_COUNT uint64_t

enum cli_setting {
#define SETTING(name, flag, environment, type, initial, low, high, text) CLI_SETTING_ROW_##name,
#include "schema/settings.def"
#undef SETTING
    CLI_SETTINGS
};

enum cli_origin { CLI_FROM_DEFAULT, CLI_FROM_FILE, CLI_FROM_ENVIRONMENT, CLI_FROM_FLAG };

struct cli_settings {
#define SETTING(name, flag, environment, type, initial, low, high, text) CLI_SETTING_##type name;
#include "schema/settings.def"
#undef SETTING
    const char *text[CLI_SETTINGS]; /* each value as it was given; cli_setting_text shows it */
    enum cli_origin origin[CLI_SETTINGS];
    char *owned[CLI_SETTINGS]; /* texts that came from a file */
};

/* A row of settings.def. */
struct cli_setting_kind {
    const char *name, *flag, *environment, *initial, *text;
    const char *value; /* "URL", "FOLDER", "COUNT" */
    int is_number;
    int64_t low, high;
    size_t offset; /* in struct cli_settings */
};

const struct cli_setting_kind *cli_setting_kind_at(size_t row); /* NULL from CLI_SETTINGS on */

/* Fills *settings_out from config, a file or NULL, the environment and flags[row], NULL where a flag
 * was not given. On failure every setting has its default.
 * MANDO_INVALID (setting.unknown, setting.value) and all that reading a JSON file can give;
 * error->where is the flag, the variable or the file. */
enum mando_status cli_settings_load(struct cli_settings *settings_out, const char *config,
                                    const char *const flags[CLI_SETTINGS],
                                    struct mando_error *error);
uint64_t cli_setting_count(const struct cli_settings *settings, size_t row); /* of a number */

/* A value as it may be shown: that of a URL with a server in `room`, without its passwords. */
const char *cli_setting_text(const struct cli_settings *settings, size_t row,
                             char room[MANDO_URL_TEXT_SIZE]);
void cli_settings_release(struct cli_settings *settings);

#endif
