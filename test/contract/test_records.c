/* Records: append-only, typed, in the order of their storing. */
#include "arrow/builder.h"
#include "arrow/stream.h"
#include "check.h"
#include "place.h"
#include "schema/record.h"

/* A record of the ledger, as tests write and read it. */
struct entry {
    const char *transaction, *run; /* run NULL is null */
    int64_t amount, start;
};

#define LEDGER (mando_record_kind_find("ledger_entry"))

static const struct mando_arrow_field FIELDS[] = {
    {.name = "run", .type = MANDO_ARROW_TEXT, .nullable = true},
    {.name = "transaction", .type = MANDO_ARROW_TEXT, .nullable = true},
    {.name = "account", .type = MANDO_ARROW_TEXT},
    {.name = "amount", .type = MANDO_ARROW_INT64},
    {.name = "currency", .type = MANDO_ARROW_TEXT},
    {.name = "kind", .type = MANDO_ARROW_TEXT},
    {.name = "start", .type = MANDO_ARROW_TIME},
    {.name = "end", .type = MANDO_ARROW_TIME}};
#define FIELD_COUNT (sizeof FIELDS / sizeof *FIELDS)

static void push_text(struct mando_arrow_builder *builder, size_t column, const char *text)
{
    if (text)
        mando_arrow_push_text(builder, column, text, strlen(text));
    else
        mando_arrow_push_null(builder, column);
}

/* A stream of entries with `columns` of the fields above. */
static void entry_stream(const struct entry *entries, size_t count,
                         const struct mando_arrow_field *fields, size_t columns,
                         struct ArrowArrayStream *stream_out)
{
    struct mando_arrow_builder builder = {0};
    CHECK_EQ(mando_arrow_builder_init(&builder, fields, columns), MANDO_OK);
    for (size_t i = 0; i < count; i++) {
        push_text(&builder, 0, entries[i].run);
        push_text(&builder, 1, entries[i].transaction);
        push_text(&builder, 2, "cash");
        mando_arrow_push_int(&builder, 3, entries[i].amount);
        push_text(&builder, 4, "EUR");
        push_text(&builder, 5, "cash");
        mando_arrow_push_int(&builder, 6, entries[i].start);
        if (columns > 7)
            mando_arrow_push_int(&builder, 7, entries[i].start + HOUR);
    }
    CHECK_EQ(mando_arrow_stream_of(fields, &builder, stream_out, NULL), MANDO_OK);
}

static enum mando_status put(struct place *place, const struct entry *entries, size_t count)
{
    struct ArrowArrayStream stream;
    entry_stream(entries, count, FIELDS, FIELD_COUNT, &stream);
    enum mando_status status =
        place->repository->ops->records_put(place->session, LEDGER, &stream, &place->error);
    stream.release(&stream);
    return status;
}

static int64_t store(struct place *place, const struct entry *entries, size_t count)
{
    struct mando_written written;
    CHECK_EQ(place_begin(place, 0), MANDO_OK);
    CHECK_EQ(put(place, entries, count), MANDO_OK);
    CHECK_EQ(place_commit(place, &written), MANDO_OK);
    return written.change_us;
}

struct read {
    size_t count;
    struct {
        char transaction[16], run[16];
        bool has_run;
        int64_t amount, changed;
    } rows[256];
};

static bool read_text(const struct ArrowArray *cells, int64_t row, char out[16])
{
    const uint8_t *bits = cells->buffers[0];
    out[0] = '\0';
    if (bits && !(bits[row / 8] >> (row % 8) & 1))
        return false;
    const int32_t *offsets = cells->buffers[1];
    int length = offsets[row + 1] - offsets[row];
    (void)snprintf(out, 16, "%.*s", length,
                   length ? (const char *)cells->buffers[2] + offsets[row] : "");
    return true;
}

static void read_stream(struct ArrowArrayStream *stream, struct read *read)
{
    struct ArrowArray batch;
    read->count = 0;
    for (;;) {
        CHECK_EQ(stream->get_next(stream, &batch), 0);
        if (!batch.release)
            break;
        for (int64_t row = 0; row < batch.length; row++) {
            size_t i = read->count++;
            CHECK(i < 256);
            (void)read_text(batch.children[0], row, read->rows[i].transaction);
            read->rows[i].amount = ((const int64_t *)batch.children[2]->buffers[1])[row];
            read->rows[i].has_run = read_text(batch.children[7], row, read->rows[i].run);
            read->rows[i].changed = ((const int64_t *)batch.children[8]->buffers[1])[row];
        }
        batch.release(&batch);
    }
    stream->release(stream);
}

static enum mando_status scan(struct place *place, const struct mando_predicate *predicates,
                              size_t count, struct read *read)
{
    struct ArrowArrayStream stream;
    enum mando_status status = place->repository->ops->records_scan(
        place->session, LEDGER, predicates, count, &stream, &place->error);
    if (!status)
        read_stream(&stream, read);
    return status;
}

static const struct entry ENTRIES[] = {
    {"t1", "r1", 5000000, NOON}, {"t1", NULL, -5000000, NOON}, {"t2", "r2", 7, NOON + HOUR}};

TEST(records_come_back_in_the_order_of_their_storing)
{
    struct place place;
    struct read read;
    place_open(&place);
    int64_t first = store(&place, ENTRIES, 2);
    place.now -= HOUR;
    int64_t second = store(&place, &ENTRIES[2], 1);
    CHECK_EQ(scan(&place, NULL, 0, &read), MANDO_OK);
    CHECK_EQ(read.count, 3);
    for (size_t i = 0; i < 3; i++) {
        CHECK_TEXT(read.rows[i].transaction, ENTRIES[i].transaction);
        CHECK_EQ(read.rows[i].amount, ENTRIES[i].amount);
        CHECK_EQ(read.rows[i].has_run, ENTRIES[i].run != NULL);
        CHECK_EQ(read.rows[i].changed, i < 2 ? first : second);
    }
    place_close(&place);
}

TEST(a_stream_of_records_shows_what_was_there_when_it_was_asked_for)
{
    struct place place;
    struct read read;
    struct ArrowArrayStream stream;
    place_open(&place);
    (void)store(&place, ENTRIES, 2);
    struct mando_session *reader = place.session;
    CHECK_EQ(reader->repository->ops->records_scan(reader, LEDGER, NULL, 0, &stream, NULL),
             MANDO_OK);
    CHECK_EQ(mando_session_take(place.repository, &place.session, NULL), MANDO_OK);
    (void)store(&place, &ENTRIES[2], 1);
    mando_session_give(place.session);
    place.session = reader;
    read_stream(&stream, &read);
    CHECK_EQ(read.count, 2);
    CHECK_EQ(scan(&place, NULL, 0, &read), MANDO_OK);
    CHECK_EQ(read.count, 3);
    place_close(&place);
}

TEST(equal_records_are_stored_each_time)
{
    struct place place;
    struct read read;
    place_open(&place);
    int64_t first = store(&place, ENTRIES, 1);
    CHECK(store(&place, ENTRIES, 1) > first);
    CHECK_EQ(scan(&place, NULL, 0, &read), MANDO_OK);
    CHECK_EQ(read.count, 2);
    place_close(&place);
}

TEST(predicates_compare_texts_numbers_and_changes_and_pass_no_null)
{
    struct place place;
    struct read read;
    place_open(&place);
    int64_t first = store(&place, ENTRIES, 2);
    (void)store(&place, &ENTRIES[2], 1);
    const struct {
        struct mando_predicate predicate;
        size_t count;
    } cases[] = {{{"transaction", MANDO_EQUAL, "t1", 0}, 2},
                 {{"transaction", MANDO_EQUAL, "t", 0}, 0},
                 {{"transaction", MANDO_GREATER, "t1", 0}, 1},
                 {{"transaction", MANDO_GREATER, "t", 0}, 3},
                 {{"transaction", MANDO_LESS_EQUAL, "t1", 0}, 2},
                 {{"transaction", MANDO_LESS, "t1", 0}, 0},
                 {{"transaction", MANDO_LESS, "t10", 0}, 2},
                 {{"run", MANDO_GREATER_EQUAL, "", 0}, 2},
                 {{"run", MANDO_LESS, "r2", 0}, 1},
                 {{"amount", MANDO_GREATER_EQUAL, NULL, 7}, 2},
                 {{"amount", MANDO_LESS, NULL, 7}, 1},
                 {{"amount", MANDO_EQUAL, NULL, 7}, 1},
                 {{"start", MANDO_GREATER, NULL, NOON}, 1},
                 {{"changed", MANDO_EQUAL, NULL, first}, 2},
                 {{"changed", MANDO_GREATER, NULL, first}, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_EQ(scan(&place, &cases[i].predicate, 1, &read), MANDO_OK);
        if (read.count != cases[i].count)
            print_error("case %zu\n", i);
        CHECK_EQ(read.count, cases[i].count);
    }
    struct mando_predicate both[] = {{"transaction", MANDO_EQUAL, "t1", 0},
                                     {"amount", MANDO_GREATER, NULL, 0}};
    CHECK_EQ(scan(&place, both, 2, &read), MANDO_OK);
    CHECK_EQ(read.count, 1);
    both[1].field = "row";
    CHECK_EQ(scan(&place, both, 2, &read), MANDO_INVALID);
    CHECK_TEXT(place.error.code, "records.column");
    place_close(&place);
}

TEST(records_and_values_of_a_transaction_stand_or_fall_together)
{
    struct place place;
    struct read read;
    struct cells cells;
    const char *id = "A";
    struct cell row = {.start = NOON, .present = true};
    struct mando_scan values = {
        .ids = &id, .id_count = 1, .from_us = INT64_MIN, .to_us = INT64_MAX, .as_of = EVERYTHING};
    place_open(&place);
    place_point(&place, id, MANDO_SERIES);
    for (int is_kept = 0; is_kept < 2; is_kept++) {
        struct mando_written written;
        CHECK_EQ(place_begin(&place, 0), MANDO_OK);
        CHECK_EQ(place_put(&place, &id, 1, MANDO_SERIES, &row, 1), MANDO_OK);
        CHECK_EQ(put(&place, ENTRIES, 2), MANDO_OK);
        CHECK_EQ(scan(&place, NULL, 0, &read), MANDO_OK);
        CHECK_EQ(read.count, 2);
        if (is_kept)
            CHECK_EQ(place_commit(&place, &written), MANDO_OK);
        else
            place_rollback(&place);
        CHECK_EQ(scan(&place, NULL, 0, &read), MANDO_OK);
        CHECK_EQ(read.count, 2 * (size_t)is_kept);
        CHECK_EQ(place_scan(&place, &values, &cells), MANDO_OK);
        CHECK_EQ(cells.count, (size_t)is_kept);
    }
    place_close(&place);
}

TEST(records_without_a_required_column_or_value_are_refused)
{
    struct place place;
    struct read read;
    struct ArrowArrayStream stream;
    struct entry entries[2] = {ENTRIES[0], ENTRIES[1]};
    place_open(&place);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    entries[1].transaction = NULL;
    CHECK_EQ(put(&place, entries, 2), MANDO_INVALID);
    CHECK_TEXT(place.error.code, "records.value");
    CHECK_EQ(place.error.index, 1);
    place_rollback(&place);
    struct mando_arrow_field fields[FIELD_COUNT];
    for (int i = 0; i < 4; i++) {
        memcpy(fields, FIELDS, sizeof fields);
        size_t columns = FIELD_COUNT;
        if (i == 0)
            columns--; /* "end" is missing */
        if (i == 1)
            fields[0].name = "runs";
        if (i == 2)
            fields[0].name = "transaction";
        if (i == 3)
            fields[3].type = MANDO_ARROW_TIME;
        CHECK_EQ(place_begin(&place, 0), MANDO_OK);
        entry_stream(entries, 1, fields, columns, &stream);
        CHECK_EQ(place.repository->ops->records_put(place.session, LEDGER, &stream, &place.error),
                 MANDO_INVALID);
        stream.release(&stream);
        CHECK_TEXT(place.error.code, "records.column");
        place_rollback(&place);
    }
    CHECK_EQ(scan(&place, NULL, 0, &read), MANDO_OK);
    CHECK_EQ(read.count, 0);
    place_close(&place);
}

TEST(many_records_come_in_several_batches)
{
    static struct entry entries[20000];
    struct place place;
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    int64_t count = 0, batches = 0;
    for (int64_t i = 0; i < 20000; i++)
        entries[i] = (struct entry){"t", NULL, i, NOON};
    place_open(&place);
    (void)store(&place, entries, 20000);
    CHECK_EQ(place.repository->ops->records_scan(place.session, LEDGER, NULL, 0, &stream, NULL),
             MANDO_OK);
    for (;; batches++) {
        CHECK_EQ(stream.get_next(&stream, &batch), 0);
        if (!batch.release)
            break;
        const int64_t *amounts = batch.children[2]->buffers[1];
        for (int64_t row = 0; row < batch.length; row++)
            CHECK_EQ(amounts[row], count++);
        batch.release(&batch);
    }
    stream.release(&stream);
    CHECK_EQ(count, 20000);
    CHECK_EQ(batches, 2);
    place_close(&place);
}

TEST(kinds_of_records_are_apart)
{
    struct place place;
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    place_open(&place);
    (void)store(&place, ENTRIES, 3);
    for (size_t i = 0; mando_record_kind_at(i); i++) {
        const struct mando_record_kind *kind = mando_record_kind_at(i);
        CHECK_EQ(place.repository->ops->records_scan(place.session, kind, NULL, 0, &stream, NULL),
                 MANDO_OK);
        CHECK_EQ(stream.get_next(&stream, &batch), 0);
        CHECK_EQ(batch.release != NULL, kind == LEDGER);
        if (batch.release)
            batch.release(&batch);
        stream.release(&stream);
    }
    place_close(&place);
}

static enum mando_status count_records(void *context, const struct mando_change *change)
{
    *(uint64_t *)context += change->records;
    return MANDO_OK;
}

TEST(records_are_told_with_their_change)
{
    struct place place;
    uint64_t count = 0;
    place_open(&place);
    (void)store(&place, ENTRIES, 3);
    (void)store(&place, ENTRIES, 2);
    CHECK_EQ(place.repository->ops->changes_scan(place.session, NULL, count_records, &count, NULL),
             MANDO_OK);
    CHECK_EQ(count, 5);
    place_close(&place);
}
