#include "batch.h"

#include <errno.h>

#include "arrow/stream.h"
#include "base/alloc.h"
#include "base/fail.h"

/* A source that gives `left` batches, then ends or fails. */
struct source {
    int left;
    bool fails;
    int *freed;
};

static enum mando_status next_batch(void *self, struct ArrowArray *out, struct mando_error *error)
{
    struct source *source = self;
    struct ArrowSchema schema;
    if (source->left == 0 && source->fails)
        return mando_fail_at(error, MANDO_E_CSV_NUMBER, "prices.csv", 7, 3, "\"x\" is no number");
    if (source->left-- <= 0)
        return MANDO_OK;
    make_batch(&schema, out);
    mando_arrow_schema_release(&schema);
    return MANDO_OK;
}

static void free_source(void *self)
{
    struct source *source = self;
    ++*source->freed;
}

static const struct mando_arrow_source OPERATIONS = {next_batch, free_source};

TEST(a_stream_gives_its_schema_and_batches_and_frees_its_source_once)
{
    int freed = 0;
    struct source source = {.left = 2, .freed = &freed};
    struct ArrowArrayStream made, stream;
    struct ArrowSchema schema, again;
    struct ArrowArray batch;
    CHECK_EQ(mando_arrow_stream_new(FIELDS, COLUMNS, &OPERATIONS, &source, &made, NULL), MANDO_OK);
    mando_arrow_stream_move(&made, &stream);
    mando_arrow_stream_release(&made);
    CHECK_EQ(mando_arrow_stream_schema(&stream, &schema, NULL), MANDO_OK);
    CHECK_EQ(mando_arrow_stream_schema(&stream, &again, NULL), MANDO_OK);
    mando_arrow_schema_release(&again);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(mando_arrow_stream_next(&stream, &schema, &batch, NULL), MANDO_OK);
        CHECK_EQ(batch.length, ROWS);
        mando_arrow_array_release(&batch);
    }
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(mando_arrow_stream_next(&stream, &schema, &batch, NULL), MANDO_OK);
        CHECK(!batch.release);
    }
    CHECK(!stream.get_last_error(&stream));
    CHECK_EQ(freed, 0);
    mando_arrow_stream_release(&stream);
    mando_arrow_stream_release(&stream);
    CHECK_EQ(freed, 1);
    CHECK_TEXT(schema.children[TEXT]->name, "text");
    mando_arrow_schema_release(&schema);
}

TEST(rows_of_a_builder_are_a_stream_of_one_batch)
{
    static const struct mando_arrow_field COUNT[] = {{.name = "count", .type = MANDO_ARROW_INT64}};
    struct mando_arrow_builder builder = {0};
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    CHECK_EQ(mando_arrow_builder_init(&builder, COUNT, 1), MANDO_OK);
    mando_arrow_push_int(&builder, 0, 7);
    mando_arrow_push_int(&builder, 0, 8);
    CHECK_EQ(mando_arrow_stream_of(COUNT, &builder, &stream, NULL), MANDO_OK);
    CHECK(builder.columns == NULL);
    mando_arrow_builder_release(&builder);
    CHECK_EQ(mando_arrow_stream_take(&stream, &batch, NULL), MANDO_OK);
    CHECK_EQ(batch.length, 2);
    CHECK_EQ(((const int64_t *)batch.children[0]->buffers[1])[1], 8);
    mando_arrow_array_release(&batch);
    CHECK_EQ(mando_arrow_stream_take(&stream, &batch, NULL), MANDO_OK);
    CHECK(batch.release == NULL);
    mando_arrow_stream_release(&stream);
}

TEST(an_error_of_our_own_crosses_a_stream_whole_and_stays)
{
    int freed = 0;
    struct source source = {.left = 1, .fails = true, .freed = &freed};
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch, raw;
    struct mando_error error;
    CHECK_EQ(mando_arrow_stream_new(FIELDS, COLUMNS, &OPERATIONS, &source, &stream, NULL),
             MANDO_OK);
    CHECK_EQ(mando_arrow_stream_schema(&stream, &schema, NULL), MANDO_OK);
    CHECK_EQ(mando_arrow_stream_next(&stream, &schema, &batch, NULL), MANDO_OK);
    mando_arrow_array_release(&batch);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(mando_arrow_stream_next(&stream, &schema, &batch, &error), MANDO_INVALID);
        CHECK_TEXT(error.code, "csv.number");
        CHECK_TEXT(error.where, "prices.csv");
        CHECK_EQ(error.line, 7);
    }
    CHECK_EQ(stream.get_next(&stream, &raw), EINVAL);
    CHECK_TEXT(stream.get_last_error(&stream), "\"x\" is no number");
    mando_arrow_schema_release(&schema);
    mando_arrow_stream_release(&stream);
}

TEST(each_status_has_an_errno_for_other_readers)
{
    static const struct {
        enum mando_error_code code;
        int expected;
    } ROWS_OF[] = {
        {MANDO_E_MEMORY, ENOMEM}, {MANDO_E_CANCELLED, ECANCELED}, {MANDO_E_IO_READ, EIO}};
    for (size_t i = 0; i < sizeof ROWS_OF / sizeof *ROWS_OF; i++)
        CHECK_EQ(mando_arrow_errno(mando_fail(NULL, ROWS_OF[i].code, -1, "x")),
                 ROWS_OF[i].expected);
}

/* A producer that is not ours: it answers with a code and perhaps a text. */
struct foreign {
    int code;
    const char *text;
    const char *format;
};

static const char *foreign_error(struct ArrowArrayStream *stream)
{
    return ((struct foreign *)stream->private_data)->text;
}

static void foreign_release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static int foreign_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const struct foreign *foreign = stream->private_data;
    *out = (struct ArrowSchema){.format = foreign->format, .release = foreign_release_schema};
    return foreign->format ? 0 : foreign->code;
}

static int foreign_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    memset(out, 0x5a, sizeof *out); /* what a producer that fails leaves is its own affair */
    return ((struct foreign *)stream->private_data)->code;
}

static void foreign_release(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

TEST(a_failure_of_another_producer_is_told_in_its_own_words_or_the_systems)
{
    struct foreign foreign = {EIO, "the disk is on fire", NULL};
    struct ArrowArrayStream stream = {foreign_schema, foreign_next, foreign_error, foreign_release,
                                      &foreign};
    struct ArrowSchema schema = {0};
    struct ArrowArray batch = {.length = 5};
    struct mando_error error;
    CHECK_EQ(mando_arrow_stream_schema(&stream, &schema, &error), MANDO_IO);
    CHECK_TEXT(error.code, "arrow.stream");
    CHECK_TEXT(error.message, "the producer of a stream failed: the disk is on fire");
    foreign.text = NULL;
    CHECK_EQ(mando_arrow_stream_next(&stream, &schema, &batch, &error), MANDO_IO);
    CHECK_TEXT(error.message, "the producer of a stream failed: Input/output error");
    CHECK_EQ(batch.length, 5);
    foreign.format = "g";
    CHECK_EQ(mando_arrow_stream_schema(&stream, &schema, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "arrow.schema");
    stream.release = NULL;
    CHECK_EQ(mando_arrow_stream_schema(&stream, &schema, &error), MANDO_INVALID);
    CHECK(strstr(error.message, "released already"));
}

TEST(a_stream_without_memory_leaves_the_source_to_the_caller)
{
    int freed = 0;
    struct source source = {.left = 1, .freed = &freed};
    struct ArrowArrayStream stream = {0};
    enum mando_status status = MANDO_NO_MEMORY;
    for (int64_t calls = 0; status; calls++) {
        struct mando_error error;
        mando_alloc_fail_after(calls);
        status = mando_arrow_stream_new(FIELDS, COLUMNS, &OPERATIONS, &source, &stream, &error);
        mando_alloc_fail_after(-1);
        CHECK(!status || strcmp(error.code, "memory") == 0);
        CHECK_EQ(stream.release == NULL, status != MANDO_OK);
        CHECK_EQ(freed, 0);
    }
    struct ArrowSchema schema = {0};
    struct mando_error error;
    mando_alloc_fail_after(0);
    CHECK_EQ(mando_arrow_stream_schema(&stream, &schema, &error), MANDO_NO_MEMORY);
    mando_alloc_fail_after(-1);
    CHECK_TEXT(error.code, "memory");
    mando_arrow_stream_release(&stream);
}
