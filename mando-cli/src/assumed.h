/* assumed.h: which fields of a battery file were left to their default of 0. */
#ifndef CLI_ASSUMED_H
#define CLI_ASSUMED_H

#include <stdbool.h>
#include <stddef.h>

struct cli_assumed {
    char zeros[512];           /* "soc_min_mwh, fee_eur_per_mwh"; "" = none */
    bool start_is_soc_min_mwh; /* soc_start_mwh was not given */
};

/* text is a battery file that mando_battery_parse has accepted. */
void cli_assumed_find(const char *text, size_t length, struct cli_assumed *assumed_out);

#endif
