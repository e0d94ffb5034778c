#include "batch.h"

#include "arrow/check.h"

/* One thing that is wrong with a batch, and what the message must say. */
struct damage {
    const char *expected;
    void (*apply)(struct ArrowSchema *schema, struct ArrowArray *batch);
};

static void unrelease(struct ArrowArray *array)
{
    (void)array;
}

#define DAMAGE(name, ...)                                                                          \
    static void name(struct ArrowSchema *schema, struct ArrowArray *batch)                         \
    {                                                                                              \
        (void)schema;                                                                              \
        (void)batch;                                                                               \
        __VA_ARGS__;                                                                               \
    }

/* Damages keep what the release needs: they change copies of the pointers, never what is owned. */
static const void *no_buffers[3];
static uint8_t bytes[64];
static int32_t offsets[4];
static const void *text_buffers[3];

static void set_offsets(struct ArrowArray *batch, const void *data, int32_t a, int32_t b, int32_t c,
                        int32_t d)
{
    const int32_t values[] = {a, b, c, d};
    memcpy(offsets, values, sizeof values);
    text_buffers[0] = batch->children[TEXT]->buffers[0];
    text_buffers[1] = offsets;
    text_buffers[2] = data;
    batch->children[TEXT]->buffers = text_buffers;
}

DAMAGE(negative_length, batch->length = -1)
DAMAGE(huge_length, batch->children[DOUBLE]->length = INT64_MAX)
DAMAGE(negative_offset, batch->children[INT64]->offset = -1)
DAMAGE(huge_offset, batch->offset = INT64_MAX)
DAMAGE(short_column, batch->children[TIME]->length = 2; batch->children[TIME]->null_count = -1)
DAMAGE(batch_offset, batch->offset = 1)
DAMAGE(short_list, batch->children[DOUBLES]->children[0]->length = 5;
       batch->children[DOUBLES]->children[0]->null_count = -1)
DAMAGE(list_offset, batch->children[DOUBLES]->offset = 1; batch->children[DOUBLES]->null_count = -1)
DAMAGE(odd_null_count, batch->children[BOOL]->null_count = -2)
DAMAGE(many_nulls, batch->children[BOOL]->null_count = ROWS + 1)
DAMAGE(wrong_nulls, batch->children[BOOL]->null_count = 0)
DAMAGE(nulls_unseen, batch->children[INT32]->null_count = 1)
DAMAGE(not_nullable, schema->children[DOUBLE]->flags = 0)
DAMAGE(few_buffers, batch->children[DOUBLE]->n_buffers = 1)
DAMAGE(no_buffer_list, batch->children[DOUBLE]->buffers = NULL)
DAMAGE(no_data, batch->children[INT32]->buffers = no_buffers)
DAMAGE(no_bits, batch->children[BOOL]->buffers = no_buffers; batch->children[BOOL]->null_count = 0)
DAMAGE(few_children, batch->n_children = 2)
DAMAGE(no_list_child, batch->children[DOUBLES]->n_children = 0)
DAMAGE(extra_child, batch->children[DOUBLE]->n_children = 1)
DAMAGE(dictionary, batch->children[TEXT]->dictionary = batch)
DAMAGE(offsets_fall, set_offsets(batch, bytes, 0, 4, 2, 5))
DAMAGE(offsets_negative, set_offsets(batch, bytes, -1, 1, 1, 5))
DAMAGE(no_text, set_offsets(batch, NULL, 0, 1, 1, 5))
DAMAGE(text_offset, batch->children[TEXT]->buffers = no_buffers;
       batch->children[TEXT]->null_count = 0)

static void bad_utf8(struct ArrowSchema *schema, struct ArrowArray *batch)
{
    (void)schema;
    memset(bytes, 0xFF, 5);
    set_offsets(batch, bytes, 0, 1, 1, 5);
}

static void misaligned(struct ArrowSchema *schema, struct ArrowArray *batch)
{
    static const void *buffers[2];
    (void)schema;
    buffers[1] = bytes + 1 + (uintptr_t)bytes % 2;
    batch->children[INT32]->buffers = buffers;
}

static void null_rows(struct ArrowSchema *schema, struct ArrowArray *batch)
{
    static const uint8_t BITS[] = {0x05};
    static const void *buffers[1] = {BITS};
    (void)schema;
    batch->buffers = buffers;
    batch->null_count = -1;
}

static const struct damage ARRAYS[] = {
    {"a batch of rows has length -1", negative_length},
    {"\"double\" of a batch has length 9223372036854775807", huge_length},
    {"\"int64\" of a batch has length 3 at offset -1", negative_offset},
    {"a batch of rows has length 3 at offset 9223372036854775807", huge_offset},
    {"\"time\" of a batch has 2 values; 3 are needed", short_column},
    {"\"bool\" of a batch has 3 values; 4 are needed", batch_offset},
    {"\"item\" of a batch has 5 values; 6 are needed", short_list},
    {"\"item\" of a batch has 6 values; 8 are needed", list_offset},
    {"counts -2 nulls in 3 rows", odd_null_count},
    {"counts 4 nulls in 3 rows", many_nulls},
    {"counts 0 nulls and has 1", wrong_nulls},
    {"counts 1 nulls and has 0", nulls_unseen},
    {"\"double\" of a batch has nulls where there may be none", not_nullable},
    {"has 1 buffers; its type has 2", few_buffers},
    {"\"double\" of a batch has no list of buffers", no_buffer_list},
    {"\"int32\" of a batch has rows and no buffer", no_data},
    {"\"bool\" of a batch has rows and no buffer", no_bits},
    {"a batch of rows has 2 children; its schema has 7", few_children},
    {"has 0 children; its schema has 1", no_list_child},
    {"has 1 children; its schema has 0", extra_child},
    {"has a dictionary", dictionary},
    {"has text 1 from byte 4 to byte 2", offsets_fall},
    {"has text 0 from byte -1 to byte 1", offsets_negative},
    {"has texts and no buffer", no_text},
    {"\"text\" of a batch has rows and no buffer", text_offset},
    {"has text 0, which is not UTF-8", bad_utf8},
    {"is not aligned to 4 bytes", misaligned},
    {"a batch of rows has nulls where there may be none", null_rows},
};

TEST(a_batch_that_contradicts_its_schema_is_refused_with_the_reason)
{
    for (size_t i = 0; i < sizeof ARRAYS / sizeof *ARRAYS; i++) {
        struct ArrowSchema schema;
        struct ArrowArray batch, damaged;
        struct mando_error error;
        struct ArrowArray columns[COLUMNS], item, *pointers[COLUMNS], *items[1] = {&item};
        make_batch(&schema, &batch);
        damaged = batch;
        damaged.release = unrelease;
        for (size_t column = 0; column < COLUMNS; column++) {
            columns[column] = *batch.children[column];
            pointers[column] = &columns[column];
        }
        item = *batch.children[DOUBLES]->children[0];
        columns[DOUBLES].children = items;
        damaged.children = pointers;
        CHECK_EQ(mando_arrow_array_check(&schema, &damaged, NULL), MANDO_OK);
        ARRAYS[i].apply(&schema, &damaged);
        CHECK_EQ(mando_arrow_array_check(&schema, &damaged, &error), MANDO_INVALID);
        CHECK_TEXT(error.code, "arrow.array");
        if (!strstr(error.message, ARRAYS[i].expected))
            CHECK_TEXT(error.message, ARRAYS[i].expected);
        mando_arrow_array_release(&batch);
        mando_arrow_schema_release(&schema);
    }
}

TEST(released_and_missing_children_are_refused)
{
    struct ArrowSchema schema;
    struct ArrowArray batch, column, *child;
    struct mando_error error;
    make_batch(&schema, &batch);
    mando_arrow_array_move(batch.children[BOOL], &column);
    CHECK_EQ(mando_arrow_array_check(&schema, &batch, &error), MANDO_INVALID);
    CHECK(strstr(error.message, "was released"));
    mando_arrow_array_move(&column, batch.children[BOOL]);
    child = batch.children[BOOL];
    batch.children[BOOL] = NULL;
    CHECK_EQ(mando_arrow_array_check(&schema, &batch, &error), MANDO_INVALID);
    CHECK(strstr(error.message, "a child that is NULL"));
    batch.children[BOOL] = child;
    mando_arrow_array_release(&batch);
    CHECK_EQ(mando_arrow_array_check(&schema, &batch, &error), MANDO_INVALID);
    mando_arrow_schema_release(&schema);
}

TEST(slices_and_batches_without_rows_are_taken)
{
    struct ArrowSchema schema;
    struct ArrowArray batch;
    make_batch(&schema, &batch);
    batch.offset = 1;
    batch.length = 2;
    CHECK_EQ(mando_arrow_array_check(&schema, &batch, NULL), MANDO_OK);
    batch.offset = batch.length = 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        batch.children[i]->length = batch.children[i]->null_count = 0;
        memset(batch.children[i]->buffers, 0,
               (size_t)batch.children[i]->n_buffers * sizeof(void *));
    }
    CHECK_EQ(mando_arrow_array_check(&schema, &batch, NULL), MANDO_OK);
    mando_arrow_array_release(&batch);
    mando_arrow_schema_release(&schema);
}

/* A struct of one column with a format, whose list is of `item`. */
static enum mando_status check_format(const char *format, const char *item,
                                      struct mando_error *error)
{
    static const struct mando_arrow_field FIELD[] = {{"x", MANDO_ARROW_DOUBLES, true, 2}};
    struct ArrowSchema schema, *column;
    CHECK_EQ(mando_arrow_schema_new(FIELD, 1, &schema), MANDO_OK);
    column = schema.children[0];
    column->format = format;
    column->children[0]->format = item;
    if (!item)
        column->n_children = 0;
    enum mando_status status = mando_arrow_schema_check(&schema, error);
    column->n_children = 1;
    mando_arrow_schema_release(&schema);
    return status;
}

TEST(a_schema_has_types_that_are_known)
{
    static const char *const FLAT[] = {"b", "c",   "C",    "s",       "S",         "i",
                                       "I", "l",   "L",    "f",       "g",         "u",
                                       "U", "tdD", "tsu:", "tsn:UTC", "tss:+01:00"};
    static const char *const UNKNOWN[] = {
        "",       "n",       "e",     "z",     "vu",       "+l",
        "+s",     "+us:0,1", "gg",    "ts",    "tsu",      "+w",
        "+w:",    "+w:0",    "+w:-1", "+w:2x", "+w:65537", "+w:99999999999999999999",
        "d:10,2", "utf8"};
    struct mando_error error;
    for (size_t i = 0; i < sizeof FLAT / sizeof *FLAT; i++)
        CHECK_EQ(check_format(FLAT[i], NULL, NULL), MANDO_OK);
    for (size_t i = 0; i < sizeof UNKNOWN / sizeof *UNKNOWN; i++) {
        CHECK_EQ(check_format(UNKNOWN[i], NULL, &error), MANDO_UNSUPPORTED);
        CHECK_TEXT(error.code, "arrow.type");
    }
    CHECK_EQ(check_format("+w:65536", "g", NULL), MANDO_OK);
    CHECK_EQ(check_format("+w:1", "u", NULL), MANDO_INVALID);
    CHECK_EQ(check_format("+w:1", "+w:1", NULL), MANDO_INVALID);
    CHECK_EQ(check_format("+w:1", NULL, NULL), MANDO_INVALID);
    CHECK_EQ(check_format("g", "g", NULL), MANDO_INVALID);
    CHECK_EQ(check_format(NULL, NULL, NULL), MANDO_INVALID);
}

TEST(a_schema_is_a_struct_that_is_alive)
{
    struct ArrowSchema schema, child, *pointer;
    struct mando_error error;
    CHECK_EQ(mando_arrow_schema_new(FIELDS, COLUMNS, &schema), MANDO_OK);
    schema.n_children = -1;
    CHECK_EQ(mando_arrow_schema_check(&schema, NULL), MANDO_INVALID);
    schema.n_children = INT64_MAX;
    CHECK_EQ(mando_arrow_schema_check(&schema, NULL), MANDO_INVALID);
    schema.n_children = COLUMNS;
    pointer = schema.children[1];
    schema.children[1] = NULL;
    CHECK_EQ(mando_arrow_schema_check(&schema, &error), MANDO_INVALID);
    CHECK(strstr(error.message, "a child that is NULL"));
    schema.children[1] = pointer;
    schema.children[0]->dictionary = pointer;
    CHECK_EQ(mando_arrow_schema_check(&schema, &error), MANDO_UNSUPPORTED);
    CHECK(strstr(error.message, "dictionary"));
    schema.children[0]->dictionary = NULL;
    mando_arrow_schema_move(schema.children[0], &child);
    CHECK_EQ(mando_arrow_schema_check(&schema, &error), MANDO_INVALID);
    CHECK_TEXT(error.message, "the schema of column \"bool\" was released");
    mando_arrow_schema_release(&child);
    schema.format = "g";
    CHECK_EQ(mando_arrow_schema_check(&schema, &error), MANDO_INVALID);
    CHECK(strstr(error.message, "\"g\"; it must be a struct"));
    mando_arrow_schema_release(&schema);
    CHECK_EQ(mando_arrow_schema_check(&schema, NULL), MANDO_INVALID);
}
