/* Any bytes as a matrix of price paths: what is read keeps every promise of paths.h. The first byte
 * chooses the options. */
#include "codec/paths.h"

#include <math.h>
#include <stdbool.h>

#include "fuzz.h"

static void check_paths(const struct mando_paths *paths)
{
    MUST(paths->paths > 0 && paths->periods > 0 && paths->step_us > 0 && paths->index_first >= 0);
    for (size_t i = 0; i < paths->paths; i++) {
        MUST(paths->labels[i][0]);
        MUST(i == 0 || strcmp(paths->labels[i], paths->labels[i - 1]) != 0);
    }
    for (size_t i = 0; i < paths->paths * paths->periods; i++)
        MUST(isfinite(paths->price_eur_per_mwh[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const RESOLUTIONS[] = {NULL, "PT1H", "P1D", "PT15M"};
    static const char *const FROMS[] = {NULL, "2023-03-26", "D-1", "1999-01-01"};
    const struct mando_input_options limits = {.bytes_max = 1 << 22};
    struct mando_input *input;
    if (size == 0)
        return 0;
    const struct mando_prices_options options = {
        .resolution = RESOLUTIONS[data[0] & 3], .from = FROMS[data[0] >> 2 & 3], .rows_max = 10000};
    if (mando_input_open_memory(data + 1, size - 1, "fuzz", &limits, &input, NULL))
        return 0;
    struct mando_paths paths;
    struct mando_error error = {0};
    enum mando_status status = mando_paths_read_input(input, &options, &paths, &error);
    mando_input_free(input);
    if (!status) {
        check_paths(&paths);
        mando_paths_release(&paths);
        return 0;
    }
    const char *text = (const char *)data + 1;
    size_t length = size - 1;
    if (!fuzz_is_gzip(text, length))
        fuzz_check_error(&error, status, text, length);
    return 0;
}
