#include "base/alloc.h"
#include "base/arena.h"
#include "base/text.h"
#include "base/vector.h"

#include "check.h"

TEST(arena_memory_is_zeroed_aligned_and_apart)
{
    struct mando_arena arena = {0};
    unsigned char *blocks[300];
    for (size_t i = 0; i < 300; i++) {
        size_t size = i * 7;
        blocks[i] = mando_arena_alloc(&arena, size, 1);
        CHECK(blocks[i] != NULL);
        CHECK_EQ((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++)
            CHECK_EQ(blocks[i][j], 0);
        memset(blocks[i], (int)(i & 0x7F), size);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t j = 0; j < i * 7; j++)
            CHECK_EQ(blocks[i][j], i & 0x7F);
    mando_arena_release(&arena);
    CHECK(arena.blocks == NULL);
}

TEST(arena_gives_memory_larger_than_its_blocks)
{
    struct mando_arena arena = {0};
    double *year = mando_arena_alloc(&arena, 35136, sizeof *year);
    CHECK(year != NULL);
    year[35135] = 1;
    char *small = mando_arena_alloc(&arena, 1, 1);
    CHECK(small != NULL);
    mando_arena_release(&arena);
    mando_arena_release(&arena);
}

TEST(arena_refuses_a_size_that_overflows)
{
    struct mando_arena arena = {0};
    CHECK(mando_arena_alloc(&arena, SIZE_MAX, 2) == NULL);
    CHECK(mando_arena_alloc(&arena, SIZE_MAX, 1) == NULL);
    CHECK(mando_arena_alloc(&arena, 1, SIZE_MAX - 20) == NULL);
    CHECK(mando_arena_alloc(&arena, SIZE_MAX / 2, 2) == NULL);
    CHECK(arena.blocks == NULL);
}

TEST(arena_stands_when_memory_ends)
{
    struct mando_arena arena = {0};
    int *first = mando_arena_alloc(&arena, 1, sizeof *first);
    CHECK(first != NULL);
    *first = 7;
    mando_alloc_fail_after(0);
    CHECK(mando_arena_alloc(&arena, 1 << 20, 1) == NULL);
    mando_alloc_fail_after(-1);
    CHECK_EQ(*first, 7);
    mando_arena_release(&arena);
}

TEST(text_grows_and_ends_with_a_nul)
{
    struct mando_text text;
    mando_text_init(&text, 1 << 20);
    CHECK(text.bytes == NULL);
    for (int i = 0; i < 2000; i++)
        mando_text_append_format(&text, "%d,", i % 10);
    mando_text_append_number(&text, -0.5);
    mando_text_append(&text, "", 0);
    CHECK_EQ(text.status, MANDO_OK);
    CHECK_EQ(text.length, 4004);
    CHECK_EQ(strlen(text.bytes), text.length);
    CHECK_TEXT(text.bytes + 3994, "7,8,9,-0.5");
    mando_text_release(&text);
    CHECK(text.bytes == NULL);
}

TEST(text_holds_its_maximum_and_not_a_byte_more)
{
    struct mando_text text;
    mando_text_init(&text, 5);
    mando_text_append(&text, "abc", 3);
    mando_text_append(&text, "de", 2);
    CHECK_EQ(text.status, MANDO_OK);
    CHECK_TEXT(text.bytes, "abcde");
    mando_text_append(&text, "f", 1);
    CHECK_EQ(text.status, MANDO_LIMIT);
    CHECK_TEXT(text.bytes, "abcde");
    mando_text_append(&text, "", 0);
    CHECK_EQ(text.status, MANDO_LIMIT);
    mando_text_release(&text);
    CHECK_EQ(text.status, MANDO_OK);
    mando_text_append_format(&text, "%s", "abcdef");
    CHECK_EQ(text.status, MANDO_LIMIT);
    CHECK_EQ(text.length, 0);
    mando_text_release(&text);
}

TEST(text_without_a_maximum_takes_what_there_is)
{
    struct mando_text text;
    mando_text_init(&text, SIZE_MAX);
    mando_text_append(&text, "a", 1);
    CHECK_TEXT(text.bytes, "a");
    mando_text_release(&text);
}

TEST(text_quotes_as_json_does)
{
    struct mando_text text;
    mando_text_init(&text, 100);
    mando_text_append_quoted(&text, "a\"\\/\n\0\x1F\xC3\xA4\xFF", 10);
    CHECK_TEXT(text.bytes, "\"a\\\"\\\\/\\u000a\\u0000\\u001f\xC3\xA4\xEF\xBF\xBD\"");
    mando_text_release(&text);
    mando_text_append_quoted(&text, "", 0);
    CHECK_TEXT(text.bytes, "\"\"");
    mando_text_release(&text);
}

TEST(text_says_when_memory_ends)
{
    struct mando_text text;
    mando_text_init(&text, 1 << 20);
    mando_alloc_fail_after(0);
    mando_text_append(&text, "abc", 3);
    mando_alloc_fail_after(-1);
    CHECK_EQ(text.status, MANDO_NO_MEMORY);
    mando_text_append(&text, "abc", 3);
    CHECK_EQ(text.length, 0);
    mando_text_release(&text);
}

TEST(vector_keeps_items_in_order_up_to_its_maximum)
{
    struct mando_vector vector;
    mando_vector_init(&vector, sizeof(int), 1000);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(mando_vector_push(&vector, &i), MANDO_OK);
    CHECK_EQ(mando_vector_push(&vector, &(int){0}), MANDO_LIMIT);
    CHECK_EQ(vector.count, 1000);
    CHECK_EQ(vector.capacity, 1000);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(((const int *)vector.items)[i], i);
    mando_vector_release(&vector);
    CHECK_EQ(vector.count, 0);
    CHECK_EQ(mando_vector_push(&vector, &(int){5}), MANDO_OK);
    mando_vector_release(&vector);
}

TEST(vector_of_no_or_few_items_respects_its_maximum)
{
    struct mando_vector vector;
    mando_vector_init(&vector, sizeof(int), 0);
    CHECK_EQ(mando_vector_push(&vector, &(int){1}), MANDO_LIMIT);
    mando_vector_init(&vector, sizeof(int), 1);
    CHECK_EQ(mando_vector_push(&vector, &(int){1}), MANDO_OK);
    CHECK_EQ(mando_vector_push(&vector, &(int){2}), MANDO_LIMIT);
    mando_vector_release(&vector);
}

TEST(vector_is_as_it_was_when_memory_ends)
{
    struct mando_vector vector;
    mando_vector_init(&vector, sizeof(int), 1000);
    for (int i = 0; (size_t)i < 16; i++)
        CHECK_EQ(mando_vector_push(&vector, &i), MANDO_OK);
    mando_alloc_fail_after(0);
    CHECK_EQ(mando_vector_push(&vector, &(int){16}), MANDO_NO_MEMORY);
    mando_alloc_fail_after(-1);
    CHECK_EQ(vector.count, 16);
    CHECK_EQ(((const int *)vector.items)[15], 15);
    mando_vector_release(&vector);
}
