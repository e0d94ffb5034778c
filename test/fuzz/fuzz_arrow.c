/* Any bytes as a stream of another producer: its schema, its batches, their lengths, offsets, nulls,
 * children and buffers. A buffer is as long as the numbers beside it promise, which is all that the
 * interface promises; the rest is the bytes' choice. What is refused is refused with a reason; what is
 * taken is read to its end, and passes unchanged through a stream of ours. */
#include "mando/rows.h"

#include <errno.h>

#include "fuzz.h"

#define COLUMNS_MAX 10
#define LENGTH_MAX 40
#define TEXT_MAX 64

/* The bytes at hand; zeros follow the last one. */
struct bytes {
    const uint8_t *at, *end;
};

static uint8_t take(struct bytes *bytes)
{
    return bytes->at < bytes->end ? *bytes->at++ : 0;
}

/* Mostly the usual number, sometimes a small one or one that nobody expects. */
static int64_t take_number(struct bytes *bytes, int64_t usual)
{
    static const int64_t ODD[] = {-1,        -2,      INT64_MIN,        INT64_MAX,
                                  INT32_MAX, 1 << 20, INT64_C(1) << 40, INT64_C(1) << 62};
    uint8_t choice = take(bytes);
    if (choice < 160)
        return usual;
    return choice < 224 ? (int64_t)(choice % LENGTH_MAX) : ODD[choice % (sizeof ODD / sizeof *ODD)];
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    MUST(memory);
    return memory;
}

/* ---- schemas */

static const char *const NAMES[] = {"start",   "value",  "end", "point",   "known",
                                    "changed", "author", "x",   "deleted", NULL};
static const char *const FORMATS[] = {"tsu:UTC", "g", "+w:2", "u",  "i",      "b",     "l",  "U",
                                      "tsu:",    "c", "+w:",  "+s", "+w:999", "tsn:Z", "vu", NULL};

/* What a name usually is of; the second format of a value is the bytes' choice. */
static const char *usual_format(const char *name)
{
    static const char *const PAIRS[] = {"value", "g", "point", "i", "deleted", "b", "author", "u"};
    for (size_t i = 0; name && i < sizeof PAIRS / sizeof *PAIRS; i += 2)
        if (strcmp(PAIRS[i], name) == 0)
            return PAIRS[i + 1];
    return "tsu:UTC";
}

static void release_schema(struct ArrowSchema *schema)
{
    int64_t made = (int64_t)(intptr_t)schema->private_data;
    for (int64_t i = 0; i < made; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    for (int64_t i = 0; i < made; i++)
        free(schema->children[i]);
    free(schema->children);
    schema->release = NULL;
}

static void add_children(struct ArrowSchema *schema, int64_t count)
{
    schema->children = allocate((size_t)count * sizeof *schema->children);
    for (int64_t i = 0; i < count; i++)
        schema->children[i] = allocate(sizeof **schema->children);
    schema->n_children = count;
    schema->private_data = (void *)(intptr_t)count;
    schema->release = release_schema;
}

static void make_column(struct bytes *bytes, size_t i, struct ArrowSchema *column)
{
    uint8_t name = take(bytes), format = take(bytes), odd = take(bytes);
    column->name = NAMES[(name < 128 ? i : name) % (sizeof NAMES / sizeof *NAMES)];
    column->format = format < 128 ? usual_format(column->name)
                                  : FORMATS[format % (sizeof FORMATS / sizeof *FORMATS)];
    bool is_list = column->format && strncmp(column->format, "+w:", 3) == 0;
    add_children(column, is_list || odd == 200 ? 1 : 0);
    if (column->n_children) {
        add_children(column->children[0], 0);
        column->children[0]->format = odd < 128 ? "g" : FORMATS[odd % 8];
        column->children[0]->flags = ARROW_FLAG_NULLABLE;
    }
    column->flags = odd == 201 ? 0 : ARROW_FLAG_NULLABLE;
    if (odd == 202)
        column->release(column);
    if (odd == 203)
        column->dictionary = column;
    if (odd == 204)
        column->n_children = -1;
}

static void make_schema(struct bytes *bytes, struct ArrowSchema *schema)
{
    uint8_t choice = take(bytes);
    *schema = (struct ArrowSchema){.format = choice == 255 ? "g" : "+s", .name = ""};
    add_children(schema, choice % (COLUMNS_MAX + 1));
    for (size_t i = 0; i < choice % (COLUMNS_MAX + 1); i++)
        make_column(bytes, i, schema->children[i]);
}

/* ---- arrays */

static void release_array(struct ArrowArray *array)
{
    struct ArrowArray *made = array->private_data; /* as it was before the bytes changed it */
    for (int64_t i = 0; i < made->n_children; i++) {
        if (made->children[i]->release)
            made->children[i]->release(made->children[i]);
        free(made->children[i]);
    }
    for (int64_t i = 0; i < made->n_buffers; i++)
        free((void *)(uintptr_t)made->buffers[i]);
    free(made->children);
    free(made->buffers);
    free(made);
    array->release = NULL;
}

static void fill(struct bytes *bytes, void *memory, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)memory)[i] = take(bytes);
}

/* Offsets that mostly rise, of texts up to TEXT_MAX bytes; how many bytes they promise. */
static size_t fill_offsets(struct bytes *bytes, int32_t *offsets, size_t count)
{
    int32_t at = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t choice = take(bytes);
        at = choice > 250 ? (int32_t)choice - 253 : at + choice % 3;
        offsets[i] = at = at > TEXT_MAX ? TEXT_MAX : at;
    }
    return count && at > 0 ? (size_t)at : 0;
}

/* Times of the years 1970 to 2106, mostly. */
static void fill_times(struct bytes *bytes, int64_t *times, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        times[i] = (int64_t)take(bytes) * 3600000000;
        if (times[i] == INT64_C(255) * 3600000000)
            fill(bytes, &times[i], sizeof times[i]);
    }
}

static size_t size_of(const char *format)
{
    return *format == 'i' ? 4 : *format == 'c' ? 1 : *format == 'b' ? 0 : 8;
}

static void make_buffers(struct bytes *bytes, const char *format, struct ArrowArray *array)
{
    size_t values = (size_t)(array->offset + array->length);
    bool is_text = *format == 'u' || *format == 'U', is_nested = *format == '+';
    array->n_buffers = is_nested ? 1 : is_text ? 3 : 2;
    array->buffers = allocate(3 * sizeof *array->buffers);
    if (take(bytes) % 2 && strcmp(format, "+s") != 0) {
        array->buffers[0] = allocate(values / 8 + 1);
        fill(bytes, (void *)(uintptr_t)array->buffers[0], (values + 7) / 8);
        array->null_count = -1;
    }
    if (is_nested || take(bytes) == 255)
        return;
    size_t size = is_text           ? (*format == 'u' ? 4 : 8) * (values + 1)
                  : size_of(format) ? size_of(format) * values
                                    : (values + 7) / 8;
    void *memory = allocate(size), *text = NULL;
    array->buffers[1] = memory;
    if (*format == 'u') {
        size_t length = fill_offsets(bytes, memory, values + 1);
        array->buffers[2] = text = allocate(length);
        fill(bytes, text, length);
    } else if (*format == 't') {
        fill_times(bytes, memory, values);
    } else if (*format != 'U') {
        fill(bytes, memory, size);
    }
}

/* Overwrites numbers of a struct that is whole and remembered as it was. */
static void make_odd(struct bytes *bytes, struct ArrowArray *array)
{
    struct ArrowArray *made = allocate(sizeof *made);
    *made = *array;
    array->private_data = made;
    array->release = release_array;
    if (take(bytes) < 224)
        return;
    array->length = take_number(bytes, array->length);
    array->offset = take_number(bytes, array->offset);
    if (array->length > made->length || array->offset > made->offset)
        array->length = array->length > LENGTH_MAX ? INT64_MAX : -1; /* promise no more */
    array->null_count = take_number(bytes, array->null_count);
    array->n_buffers = take_number(bytes, array->n_buffers);
    array->n_children = take_number(bytes, array->n_children);
    if (take(bytes) > 250)
        array->dictionary = array;
    if (take(bytes) > 250)
        array->buffers = NULL;
    if (take(bytes) > 250)
        array->children = NULL;
}

static void make_array(struct bytes *bytes, const struct ArrowSchema *schema, int64_t length,
                       struct ArrowArray *array)
{
    array->length = take_number(bytes, length);
    array->offset = take(bytes) % 4;
    if (array->length < 0 || array->length > 4 * LENGTH_MAX)
        array->length = length;
    make_buffers(bytes, schema->format, array);
    array->n_children = schema->n_children;
    array->children = allocate((size_t)array->n_children * sizeof *array->children);
    for (int64_t i = 0; i < array->n_children; i++) {
        int64_t width = schema->format[1] == 'w' ? strtoll(schema->format + 3, NULL, 10) : 1;
        int64_t needed = (array->offset + array->length) * width;
        array->children[i] = allocate(sizeof *array);
        make_array(bytes, schema->children[i], needed < 4 * LENGTH_MAX ? needed : 1,
                   array->children[i]);
    }
    make_odd(bytes, array);
}

/* ---- the stream */

struct producer {
    struct bytes bytes;
    struct ArrowSchema schema; /* as it was told, to make batches of it */
    int batches;
};

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct producer *producer = stream->private_data;
    struct bytes again = producer->bytes;
    make_schema(&again, out);
    make_schema(&producer->bytes, &producer->schema);
    if (take(&producer->bytes) != 255)
        return 0;
    out->release(out);
    return EIO;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct producer *producer = stream->private_data;
    *out = (struct ArrowArray){0};
    if (producer->batches++ == 3)
        return 0;
    uint8_t choice = take(&producer->bytes);
    if (choice > 240)
        return choice > 250 ? EIO : 0;
    make_array(&producer->bytes, &producer->schema, choice % LENGTH_MAX, out);
    return 0;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

/* All that a row tells, so that every byte is read. */
static uint64_t hash_row(const struct mando_rows *rows, size_t i)
{
    uint64_t hash = (uint64_t)rows->valid_start_us[i] * 31;
    hash += rows->point ? (uint64_t)rows->point[i] : 0;
    hash += rows->change_us ? (uint64_t)rows->change_us[i] : 0;
    hash += mando_rows_has_end(rows, i) ? (uint64_t)rows->valid_end_us[i] * 7 : 0;
    hash += mando_rows_is_known(rows, i) ? (uint64_t)rows->knowledge_us[i] * 5 : 0;
    hash += mando_rows_is_deleted(rows, i) ? 3 : 0;
    for (size_t j = 0; rows->value && j < rows->width; j++) {
        double number = mando_rows_number(rows, i, j);
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        MUST(number == number || !mando_rows_is_present(rows, i) || rows->number_present.bytes
             || mando_rows_is_deleted(rows, i));
        hash = hash * 33 + (number == number ? bits : 1);
    }
    const struct mando_texts texts[] = {rows->document, rows->author};
    for (size_t j = 0; j < 2; j++) {
        if (!texts[j].offsets || (j == 0 && !mando_rows_is_present(rows, i)))
            continue;
        size_t length = mando_texts_length(texts[j], i);
        const char *text = mando_texts_at(texts[j], i);
        for (size_t k = 0; k < length; k++)
            hash = hash * 33 + (uint8_t)text[k];
    }
    return hash;
}

static void check_rows(const struct mando_rows *rows)
{
    struct ArrowArrayStream stream;
    struct mando_rows copy = {0};
    MUST(rows->valid_start_us && (rows->type == MANDO_DOCUMENT) == (rows->value == NULL));
    MUST(!mando_rows_stream(rows, &stream, NULL) && !mando_rows_next(&stream, &copy, NULL));
    MUST(copy.count == rows->count && copy.type == rows->type && copy.width == rows->width);
    for (size_t i = 0; i < rows->count; i++)
        MUST(hash_row(rows, i) == hash_row(&copy, i));
    mando_rows_release(&copy);
    stream.release(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct producer producer = {.bytes = {data, data + size}};
    struct ArrowArrayStream stream = {get_schema, get_next, NULL, release_stream, &producer};
    struct mando_rows rows = {0};
    struct mando_error error;
    enum mando_status status;
    do {
        status = mando_rows_next(&stream, &rows, &error);
        if (status)
            fuzz_check_error(&error, status, "", 0);
        else if (rows.count > 0)
            check_rows(&rows);
    } while (!status && rows.count > 0);
    MUST(!rows.owned);
    if (producer.schema.release)
        producer.schema.release(&producer.schema);
    return 0;
}
