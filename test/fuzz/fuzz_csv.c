/* Any bytes as CSV; the first one chooses the separator. Every cell has a place, and the rows are the
 * same whether the input comes whole or in small pieces. */
#include "codec/csv.h"

#include "fuzz.h"

#define PIECE 16

struct outcome {
    enum mando_status status;
    struct mando_error error;
    size_t rows;
    uint64_t hash;
};

static void hash_bytes(struct outcome *outcome, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        outcome->hash = (outcome->hash ^ at[i]) * UINT64_C(1099511628211);
}

static void take_cell(struct outcome *outcome, const struct mando_csv_cell *cell)
{
    char shown[MANDO_CSV_SHOWN_SIZE];
    MUST(cell->line >= 1 && cell->column >= 1 && !cell->escaped);
    MUST(cell->length == 0 || !memchr(cell->text, '\0', cell->length));
    MUST(strlen(mando_csv_show(cell, shown)) < sizeof shown);
    hash_bytes(outcome, cell->text, cell->length);
    hash_bytes(outcome, &cell->line, sizeof cell->line);
    hash_bytes(outcome, &cell->column, sizeof cell->column);
}

static struct outcome read_all(const void *bytes, size_t length, char separator, size_t piece)
{
    const struct mando_input_options options = {.bytes_max = 1 << 22};
    struct outcome outcome = {0};
    struct mando_input *input = NULL;
    struct mando_csv csv = {0};
    size_t columns = 0;
    outcome.status =
        mando_input_open_memory(bytes, length, "fuzz", &options, &input, &outcome.error);
    if (!outcome.status)
        outcome.status = mando_csv_open(&csv, input, piece, &outcome.error);
    csv.separator = separator;
    while (!outcome.status) {
        outcome.status = mando_csv_next(&csv, &outcome.error);
        if (outcome.status || csv.cell_count == 0)
            break;
        MUST(outcome.rows == 0 || csv.cell_count == columns);
        columns = csv.cell_count;
        outcome.rows++;
        for (size_t i = 0; i < columns; i++)
            take_cell(&outcome, &csv.cells[i]);
    }
    mando_csv_release(&csv);
    mando_input_free(input);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char SEPARATORS[] = ",;\t";
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1, separator = SEPARATORS[data[0] % 3];
    size_t length = size - 1;
    struct outcome whole = read_all(text, length, separator, 0);
    struct outcome pieces = read_all(text, length, separator, PIECE);
    if (fuzz_is_gzip(text, length))
        return 0; /* a larger piece may meet a later fault of the compression first */
    MUST(whole.status == pieces.status && whole.rows == pieces.rows && whole.hash == pieces.hash);
    MUST(memcmp(&whole.error, &pieces.error, sizeof whole.error) == 0);
    if (whole.status)
        fuzz_check_error(&whole.error, whole.status, text, length);
    return 0;
}
