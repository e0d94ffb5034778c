/* Any bytes as a file of rows; the first one chooses format, type of values and whether rows name ids.
 * Whatever is taken is finite and in range, its ids are ids, its documents JSON; every row and every
 * error has a place; written, the rows are read back the same. */
#include "codec/rows_reader.h"

#include <math.h>

#include "base/calendar.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/text.h"
#include "fuzz.h"

static void check_document(const struct mando_rows *rows, size_t i)
{
    struct mando_json json = {0};
    struct mando_text text;
    const char *document = mando_texts_at(rows->document, i);
    size_t length = mando_texts_length(rows->document, i);
    mando_text_init(&text, SIZE_MAX);
    MUST(!mando_json_parse(document, length, length, NULL, &json, NULL));
    mando_json_append(&text, yyjson_doc_get_root(json.doc));
    MUST(text.length == length && memcmp(text.bytes, document, length) == 0);
    mando_text_release(&text);
    mando_json_release(&json);
}

static void check_row(const struct mando_rows *rows, size_t i)
{
    MUST(mando_time_is_valid(rows->valid_start_us[i]));
    MUST(!mando_rows_has_end(rows, i) || mando_time_is_valid(rows->valid_end_us[i]));
    MUST(!mando_rows_is_known(rows, i) || mando_time_is_valid(rows->knowledge_us[i]));
    MUST(!mando_rows_is_deleted(rows, i) || !mando_rows_is_present(rows, i));
    if (rows->type == MANDO_DOCUMENT) {
        MUST(mando_rows_is_present(rows, i) == (mando_texts_length(rows->document, i) > 0));
        if (mando_rows_is_present(rows, i))
            check_document(rows, i);
        return;
    }
    for (size_t column = 0; column < rows->width; column++)
        MUST(!isinf(mando_rows_number(rows, i, column)));
}

static void check_batch(const struct mando_rows_reader *reader, const struct mando_rows *rows,
                        const char *text, size_t length)
{
    size_t ids = 0;
    const char *const *names = mando_rows_read_ids(reader, &ids);
    for (size_t i = 0; i < rows->count; i++) {
        struct mando_error error = {0};
        check_row(rows, i);
        MUST(rows->point[i] >= 0 && (size_t)rows->point[i] < ids);
        MUST(!mando_point_id_check(names[rows->point[i]], strlen(names[rows->point[i]]), NULL));
        mando_rows_read_fail(reader, mando_rows_read_place(reader, i), &error);
        size_t mark = length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        if (!fuzz_is_gzip(text, length))
            (void)fuzz_at(text + mark, length - mark, error.line, error.column);
    }
}

static int append(void *context, const char *bytes, size_t length)
{
    mando_text_append(context, bytes, length);
    return 0;
}

static struct mando_point *points_of(const char *const *names, size_t count)
{
    struct mando_point *points = calloc(count + 1, sizeof *points);
    MUST(points);
    for (size_t i = 0; i < count; i++)
        (void)snprintf(points[i].id, sizeof points[i].id, "%s", names[i]);
    return points;
}

static void check_equal(const struct mando_rows *a, const struct mando_rows *b)
{
    MUST(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        MUST(a->valid_start_us[i] == b->valid_start_us[i]);
        MUST(mando_rows_has_end(a, i) == mando_rows_has_end(b, i));
        MUST(!mando_rows_has_end(a, i) || a->valid_end_us[i] == b->valid_end_us[i]);
        MUST(mando_rows_is_present(a, i) == mando_rows_is_present(b, i));
        for (size_t j = 0; a->type != MANDO_DOCUMENT && j < a->width; j++) {
            double x = mando_rows_number(a, i, j), y = mando_rows_number(b, i, j);
            MUST(x == y || (isnan(x) && isnan(y)));
        }
        if (a->type != MANDO_DOCUMENT || !mando_rows_is_present(a, i))
            continue;
        size_t length = mando_texts_length(a->document, i);
        MUST(length == mando_texts_length(b->document, i));
        MUST(memcmp(mando_texts_at(a->document, i), mando_texts_at(b->document, i), length) == 0);
    }
}

/* The rows of a batch are written and read back the same. */
static void check_written(const struct mando_rows_reader *reader, const struct mando_rows *rows,
                          const char *const *labels, enum mando_rows_format format)
{
    size_t ids = 0;
    const char *const *names = mando_rows_read_ids(reader, &ids);
    struct mando_point *points = points_of(names, ids);
    const struct mando_rows_write_options options = {.points = points,
                                                     .point_count = ids,
                                                     .width = 2,
                                                     .with_id = 1,
                                                     .labels = rows->type == MANDO_MATRIX ? labels
                                                                                          : NULL};
    const struct mando_rows_options read_options = {
        .type = rows->type, .width = 2, .labels = labels};
    struct ArrowArrayStream stream;
    struct mando_text text;
    struct mando_input *input = NULL;
    struct mando_rows_reader *again = NULL;
    struct mando_rows copy;
    mando_text_init(&text, SIZE_MAX);
    MUST(!mando_rows_stream(rows, &stream, NULL));
    MUST(!mando_rows_write_to(append, &text, format, &stream, &options, NULL));
    MUST(!mando_input_open_memory(text.bytes, text.length, "written", NULL, &input, NULL));
    MUST(!rows_reader_open(input, format, &read_options, &again, NULL));
    MUST(!mando_rows_read_next(again, &copy, NULL));
    check_equal(rows, &copy);
    mando_rows_read_close(again);
    mando_input_free(input);
    mando_text_release(&text);
    stream.release(&stream);
    free(points);
}

/* Each data point is told before its rows, in the order of ids. */
static enum mando_status take_point(void *context, const struct mando_rows_point *point,
                                    const struct mando_zone **zone_out, struct mando_error *error)
{
    size_t *count = context;
    MUST(point->index <= *count);
    MUST(!mando_point_id_check(point->id, strlen(point->id), NULL));
    *count += point->index == *count;
    *zone_out = NULL;
    return *count < 100 ? MANDO_OK
                        : mando_fail(error, MANDO_E_VALUES_TYPE, -1, "there are enough points");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const LABELS[] = {"low", "high"};
    static const struct mando_input_options INPUT = {.bytes_max = 1 << 22};
    struct mando_input *input = NULL;
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows = {.count = 1};
    struct mando_error error;
    size_t points = 0;
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    const struct mando_rows_options options = {.id = data[0] & 64 ? "a" : NULL,
                                               .type = (enum mando_point_type)(data[0] / 4 % 4),
                                               .width = 2,
                                               .labels = LABELS,
                                               .point = take_point,
                                               .point_context = &points,
                                               .rows_max = data[0] & 128 ? 2 : 0};
    enum mando_rows_format format = (enum mando_rows_format)(data[0] % 3 + 1);
    enum mando_status status =
        mando_input_open_memory(text, size - 1, "fuzz", &INPUT, &input, &error);
    if (!status)
        status = rows_reader_open(input, format, &options, &reader, &error);
    while (!status && rows.count > 0) {
        status = mando_rows_read_next(reader, &rows, &error);
        if (!status)
            check_batch(reader, &rows, text, size - 1);
        if (!status && rows.count > 0)
            check_written(reader, &rows, LABELS, data[0] & 2 ? MANDO_ROWS_CSV : MANDO_ROWS_NDJSON);
    }
    if (status && fuzz_is_gzip(text, size - 1))
        error.line = error.column = 0;
    if (status)
        fuzz_check_error(&error, status, text, size - 1);
    mando_rows_read_close(reader);
    mando_input_free(input);
    return 0;
}
