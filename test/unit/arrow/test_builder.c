#include "batch.h"

#include "arrow/bits.h"
#include "arrow/check.h"
#include "base/alloc.h"

TEST(a_schema_tells_names_types_and_what_may_be_null)
{
    static const char *const FORMATS[COLUMNS] = {"b", "i", "l", "tsu:UTC", "g", "+w:2", "u"};
    struct ArrowSchema schema;
    CHECK_EQ(mando_arrow_schema_new(FIELDS, COLUMNS, &schema), MANDO_OK);
    CHECK_TEXT(schema.format, "+s");
    CHECK_EQ(schema.n_children, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) {
        CHECK_TEXT(schema.children[i]->name, FIELDS[i].name);
        CHECK_TEXT(schema.children[i]->format, FORMATS[i]);
        CHECK_EQ(schema.children[i]->flags, FIELDS[i].nullable ? ARROW_FLAG_NULLABLE : 0);
    }
    CHECK_TEXT(schema.children[DOUBLES]->children[0]->format, "g");
    CHECK_EQ(mando_arrow_schema_check(&schema, NULL), MANDO_OK);
    mando_arrow_schema_release(&schema);
    CHECK(!schema.release);
}

TEST(a_batch_holds_what_was_pushed)
{
    struct ArrowSchema schema;
    struct ArrowArray batch;
    make_batch(&schema, &batch);
    CHECK_EQ(mando_arrow_array_check(&schema, &batch, NULL), MANDO_OK);
    CHECK_EQ(batch.length, ROWS);
    for (size_t i = 0; i < COLUMNS; i++) {
        const struct ArrowArray *column = batch.children[i];
        CHECK_EQ(column->null_count, FIELDS[i].nullable ? 1 : 0);
        for (size_t row = 0; row < ROWS && FIELDS[i].nullable; row++)
            CHECK_EQ(mando_arrow_bit(column->buffers[0], row), row != 1);
    }
    CHECK(!batch.children[INT32]->buffers[0]);
    CHECK_EQ(((const int32_t *)batch.children[INT32]->buffers[1])[2], 2);
    CHECK_EQ(((const int64_t *)batch.children[INT64]->buffers[1])[2], INT64_MAX - 2);
    CHECK_EQ(((const int64_t *)batch.children[TIME]->buffers[1])[2], 2000000);
    CHECK_NEAR(((const double *)batch.children[DOUBLE]->buffers[1])[2], 0.5, 0);
    CHECK_EQ(((const uint8_t *)batch.children[BOOL]->buffers[1])[0], 4);
    const int32_t *offsets = batch.children[TEXT]->buffers[1];
    CHECK_EQ(offsets[0], 0);
    CHECK_EQ(offsets[1], 1);
    CHECK_EQ(offsets[2], 1);
    CHECK_EQ(offsets[3], 5);
    CHECK(memcmp(batch.children[TEXT]->buffers[2], "a\xC3\xA4\xC3\xB6", 5) == 0);
    mando_arrow_array_release(&batch);
    mando_arrow_schema_release(&schema);
}

TEST(a_matrix_has_nulls_for_rows_and_for_numbers)
{
    struct ArrowSchema schema;
    struct ArrowArray batch;
    make_batch(&schema, &batch);
    const struct ArrowArray *numbers = batch.children[DOUBLES]->children[0];
    CHECK_EQ(numbers->length, ROWS * WIDTH);
    CHECK_EQ(numbers->null_count, 3);
    CHECK_EQ(((const uint8_t *)numbers->buffers[0])[0], 0x13);
    CHECK_NEAR(((const double *)numbers->buffers[1])[4], 3, 0);
    mando_arrow_array_release(&batch);
    mando_arrow_schema_release(&schema);
}

TEST(a_builder_begins_anew_after_each_batch)
{
    struct mando_arrow_builder builder;
    struct ArrowArray first, second, none;
    CHECK_EQ(mando_arrow_builder_init(&builder, FIELDS, COLUMNS), MANDO_OK);
    push_rows(&builder);
    CHECK_EQ(mando_arrow_builder_count(&builder), ROWS);
    CHECK_EQ(mando_arrow_builder_take(&builder, &first, NULL), MANDO_OK);
    CHECK_EQ(mando_arrow_builder_count(&builder), 0);
    push_rows(&builder);
    push_rows(&builder);
    CHECK_EQ(mando_arrow_builder_take(&builder, &second, NULL), MANDO_OK);
    CHECK_EQ(mando_arrow_builder_take(&builder, &none, NULL), MANDO_OK);
    CHECK_EQ(first.length, ROWS);
    CHECK_EQ(second.length, 2 * ROWS);
    CHECK_EQ(second.children[TEXT]->null_count, 2);
    CHECK_EQ(none.length, 0);
    mando_arrow_array_release(&first);
    mando_arrow_array_release(&second);
    mando_arrow_array_release(&none);
    mando_arrow_builder_release(&builder);
}

TEST(many_values_at_once_are_the_same_as_one_by_one)
{
    static const struct mando_arrow_field FIELD = {"x", MANDO_ARROW_DOUBLE, true, 0};
    static const double NUMBERS[] = {1, 2, 3};
    struct mando_arrow_builder builder;
    struct ArrowArray batch;
    CHECK_EQ(mando_arrow_builder_init(&builder, &FIELD, 1), MANDO_OK);
    mando_arrow_push_many(&builder, 0, NUMBERS, 3);
    mando_arrow_push_null(&builder, 0);
    mando_arrow_push_many(&builder, 0, NUMBERS, 3);
    mando_arrow_push_many(&builder, 0, NULL, 0);
    mando_arrow_push_number(&builder, 0, 4);
    CHECK_EQ(mando_arrow_builder_take(&builder, &batch, NULL), MANDO_OK);
    const struct ArrowArray *column = batch.children[0];
    CHECK_EQ(column->length, 8);
    CHECK_EQ(column->null_count, 1);
    CHECK_EQ(((const uint8_t *)column->buffers[0])[0], 0xF7);
    CHECK_NEAR(((const double *)column->buffers[1])[6], 3, 0);
    CHECK_NEAR(((const double *)column->buffers[1])[7], 4, 0);
    mando_arrow_array_release(&batch);
    mando_arrow_builder_release(&builder);
}

TEST(columns_grow_past_their_first_step)
{
    static const struct mando_arrow_field TWO[] = {{"x", MANDO_ARROW_INT64, true, 0},
                                                   {"t", MANDO_ARROW_TEXT, true, 0}};
    struct mando_arrow_builder builder;
    struct ArrowArray batch;
    CHECK_EQ(mando_arrow_builder_init(&builder, TWO, 2), MANDO_OK);
    for (int64_t i = 0; i < 50000; i++) {
        if (i == 40001)
            mando_arrow_push_null(&builder, 0);
        else
            mando_arrow_push_int(&builder, 0, i);
        mando_arrow_push_text(&builder, 1, "text", (size_t)(i % 5));
    }
    CHECK_EQ(mando_arrow_builder_take(&builder, &batch, NULL), MANDO_OK);
    const int64_t *numbers = batch.children[0]->buffers[1];
    const int32_t *offsets = batch.children[1]->buffers[1];
    for (int64_t i = 0; i < 50000; i++) {
        CHECK_EQ(numbers[i], i == 40001 ? 0 : i);
        CHECK_EQ(mando_arrow_bit(batch.children[0]->buffers[0], (size_t)i), i != 40001);
        CHECK_EQ(offsets[i + 1] - offsets[i], i % 5);
    }
    mando_arrow_array_release(&batch);
    mando_arrow_builder_release(&builder);
}

TEST(a_column_that_was_moved_away_outlives_its_batch)
{
    struct ArrowSchema schema;
    struct ArrowArray batch, column, list;
    make_batch(&schema, &batch);
    mando_arrow_array_move(batch.children[DOUBLE], &column);
    mando_arrow_array_move(batch.children[DOUBLES], &list);
    CHECK(!batch.children[DOUBLE]->release && column.release);
    mando_arrow_array_release(&batch);
    mando_arrow_schema_release(&schema);
    CHECK_NEAR(((const double *)column.buffers[1])[2], 0.5, 0);
    CHECK_NEAR(((const double *)list.children[0]->buffers[1])[0], 1, 0);
    mando_arrow_array_release(&column);
    mando_arrow_array_release(&list);
}

TEST(a_builder_without_memory_says_so_once_and_frees_what_it_has)
{
    enum mando_status status = MANDO_NO_MEMORY;
    for (int64_t calls = 0; status; calls++) {
        struct mando_arrow_builder builder;
        struct mando_error error;
        struct ArrowArray batch = {.length = 5};
        mando_alloc_fail_after(calls);
        status = mando_arrow_builder_init(&builder, FIELDS, COLUMNS);
        if (!status) {
            push_rows(&builder);
            status = mando_arrow_builder_take(&builder, &batch, &error);
            CHECK(!status || strcmp(error.code, "memory") == 0);
        }
        mando_alloc_fail_after(-1);
        CHECK_EQ(batch.length, status ? 5 : ROWS);
        mando_arrow_array_release(&batch);
        mando_arrow_builder_release(&builder);
        CHECK(calls < 100);
    }
    struct ArrowSchema schema = {0};
    status = MANDO_NO_MEMORY;
    for (int64_t calls = 0; status; calls++) {
        mando_alloc_fail_after(calls);
        status = mando_arrow_schema_new(FIELDS, COLUMNS, &schema);
        mando_alloc_fail_after(-1);
        CHECK_EQ(schema.release == NULL, status != MANDO_OK);
    }
    mando_arrow_schema_release(&schema);
}

TEST(bits_are_counted_and_copied_from_any_place)
{
    static const uint8_t BITS[] = {0xB5, 0x00, 0xFF, 0x5A};
    for (size_t from = 0; from <= 32; from++)
        for (size_t to = from; to <= 32; to++) {
            uint8_t copy[5] = {0};
            size_t zeros = 0;
            for (size_t i = from; i < to; i++)
                zeros += !mando_arrow_bit(BITS, i);
            CHECK_EQ(mando_arrow_zeros(BITS, from, to), zeros);
            mando_arrow_bits_copy(BITS, from, to - from, copy);
            for (size_t i = from; i < to; i++)
                CHECK_EQ(mando_arrow_bit(copy, i - from), mando_arrow_bit(BITS, i));
            CHECK_EQ(mando_arrow_zeros(copy, to - from, (to - from + 7) / 8 * 8),
                     (to - from + 7) / 8 * 8 - (to - from));
        }
}
