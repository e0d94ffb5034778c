/* Rows of a value stream become versions: sorted, judged beside what is stored, and put. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mando/rows.h"
#include "repo/columns.h"
#include "repo/store.h"

/* So many rows are judged and stored at a time. */
#define PART_ROWS ((size_t)1 << 17)

/* A lookup steps over so many versions before it seeks anew. */
#define STEPS_MAX 64

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the numbers of a matrix are stored as they stand in memory, little-endian"
#endif

static const struct mando_as_of EVERYTHING = {MANDO_FOREVER, MANDO_FOREVER};

/* A data point of the call. */
struct target {
    struct mando_store_point point;
    bool has_resolution; /* what follows is read */
    struct mando_duration resolution;
    struct mando_zone *zone;
};

struct row {
    struct mando_version version;
    uint32_t target;
    bool is_known;
    enum mando_verdict verdict;
    int64_t index; /* in the stream */
};

/* The stored versions of one data point, walked in step with the rows. */
struct lookup {
    struct mando_version ahead;
    bool has_ahead;
    int64_t end_us; /* no row starts there or later */
    bool is_open;   /* it stands before the first row that is to be judged */
    bool has_met;   /* some stand among the rows */
};

struct put {
    struct mando_store *store;
    const char *const *ids;
    struct target *targets;
    size_t target_count;
    struct row *rows; /* of a batch */
    size_t row_capacity;
    struct mando_version *accepted; /* of a batch, as many as rows */
    int64_t index_first;            /* of the batch, in the stream */
    struct mando_arena bytes;       /* of the batch */
    struct mando_columns_memory columns;
    struct lookup lookup;
    struct mando_vector group; /* the versions of one start, ascending */
    struct mando_arena group_bytes;
    struct mando_error *error;
};

static enum mando_status no_memory(const struct put *put)
{
    return mando_store_no_memory(put->error, "rows to be stored");
}

static void release(struct put *put)
{
    for (size_t i = 0; i < put->target_count; i++)
        mando_zone_free(put->targets[i].zone);
    mando_free(put->targets);
    mando_free(put->rows);
    mando_free(put->accepted);
    mando_arena_release(&put->bytes);
    mando_columns_release(&put->columns);
    mando_vector_release(&put->group);
    mando_arena_release(&put->group_bytes);
}

static enum mando_status find_targets(struct put *put, size_t count)
{
    put->targets = mando_alloc(count, sizeof *put->targets);
    if (!put->targets)
        return no_memory(put);
    put->target_count = count;
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < count && !status; i++)
        status = mando_store_find(put->store, put->ids[i], &put->targets[i].point, put->error);
    return status;
}

/* The place of an error is the data point, and the row where that is the reason. */
static enum mando_status place(const struct put *put, const struct row *row,
                               enum mando_status status)
{
    if (status && put->error)
        mando_fail_place(put->error, put->ids[row->target], 0, 0);
    if (status == MANDO_INVALID && put->error)
        put->error->index = row->index;
    return status;
}

static enum mando_status read_resolution(struct put *put, struct target *target, const char *id)
{
    struct mando_config config;
    enum mando_status status = mando_store_config(put->store, id, EVERYTHING, &config, put->error);
    if (status)
        return status;
    const struct mando_duration *resolution = &config.point.resolution;
    if (resolution->days || resolution->months)
        status = mando_zone_open(config.point.time_zone, NULL, &target->zone, put->error);
    target->resolution = *resolution;
    target->has_resolution = !status;
    return status;
}

/* Where a row without an end ends: after one step of its data point. */
static enum mando_status end_of_step(struct put *put, struct row *row)
{
    struct target *target = &put->targets[row->target];
    struct mando_version *version = &row->version;
    enum mando_status status = MANDO_OK;
    version->end_us = version->start_us;
    if (target->point.type == MANDO_DOCUMENT)
        return MANDO_OK;
    if (!target->has_resolution)
        status = read_resolution(put, target, put->ids[row->target]);
    if (!status)
        status = mando_time_add(version->start_us, target->resolution, target->zone,
                                &version->end_us, put->error);
    return status;
}

static enum mando_status set_end(struct put *put, const struct mando_rows *rows, size_t i,
                                 struct row *row)
{
    if (!mando_rows_has_end(rows, i))
        return end_of_step(put, row);
    row->version.end_us = rows->valid_end_us[i];
    if (rows->type != MANDO_DOCUMENT || row->version.end_us == row->version.start_us)
        return MANDO_OK;
    return mando_fail(put->error, MANDO_E_VALUES_END, row->index,
                      "a document holds until the next one: it has no end");
}

/* -0 becomes 0, so that equal numbers are equal bits. */
static double plain(double number)
{
    return number == 0 ? 0 : number;
}

static enum mando_status set_matrix(struct put *put, const struct mando_rows *rows, size_t i,
                                    struct mando_version *version)
{
    double *numbers = mando_arena_alloc(&put->bytes, rows->width, sizeof *numbers);
    if (!numbers)
        return no_memory(put);
    for (size_t column = 0; column < rows->width; column++) {
        double number = mando_rows_number(rows, i, column);
        numbers[column] = isnan(number) ? (double)NAN : plain(number);
    }
    version->bytes = (const char *)numbers;
    version->size = rows->width * sizeof *numbers;
    return MANDO_OK;
}

/* The value of a deleted row is stored as null. */
static enum mando_status set_value(struct put *put, const struct mando_rows *rows, size_t i,
                                   struct mando_version *version)
{
    version->deleted = mando_rows_is_deleted(rows, i);
    version->present = !version->deleted && mando_rows_is_present(rows, i);
    if (!version->present)
        return MANDO_OK;
    if (rows->type == MANDO_MATRIX)
        return set_matrix(put, rows, i, version);
    if (rows->type == MANDO_SERIES) {
        version->number = plain(rows->value[i]);
        return MANDO_OK;
    }
    version->size = mando_texts_length(rows->document, i);
    if (version->size) /* where all are empty there may be no bytes at all */
        version->bytes = mando_texts_at(rows->document, i);
    return MANDO_OK;
}

static enum mando_status check_target(struct put *put, const struct mando_rows *rows, size_t i)
{
    static const char *const NAMES[] = {"", "numbers", "lists of numbers", "documents"};
    int32_t target = rows->point ? rows->point[i] : 0;
    int64_t index = put->index_first + (int64_t)i;
    if (target < 0 || (size_t)target >= put->target_count)
        return mando_fail(put->error, MANDO_E_ARROW_ARRAY, index,
                          "the row names data point %d of %zu", (int)target, put->target_count);
    const struct mando_store_point *point = &put->targets[target].point;
    if (rows->type == point->type && rows->width == point->width)
        return MANDO_OK;
    (void)mando_fail(put->error, MANDO_E_VALUES_TYPE, index,
                     "the rows hold %s (%u a value), the data point %s (%u a value)",
                     NAMES[rows->type], (unsigned)rows->width, NAMES[point->type],
                     (unsigned)point->width);
    if (put->error)
        mando_fail_place(put->error, put->ids[target], 0, 0);
    return MANDO_INVALID;
}

static enum mando_status take_row(struct put *put, const struct mando_rows *rows, size_t i,
                                  struct row *row)
{
    const struct mando_store_transaction *transaction = &put->store->transaction;
    enum mando_status status = check_target(put, rows, i);
    if (status)
        return status;
    bool has_time = mando_rows_is_known(rows, i);
    *row = (struct row){
        .target = rows->point ? (uint32_t)rows->point[i] : 0,
        .is_known = has_time || transaction->is_known,
        .index = put->index_first + (int64_t)i,
        .version = {.start_us = rows->valid_start_us[i],
                    .knowledge_us = has_time ? rows->knowledge_us[i] : transaction->knowledge_us,
                    .change_us = transaction->change_us}};
    status = set_end(put, rows, i, row);
    if (!status)
        status = mando_store_check_knowledge(put->store, row->version.knowledge_us, row->index,
                                             put->error);
    if (!status)
        status = set_value(put, rows, i, &row->version);
    return place(put, row, status);
}

static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    int order = mando_version_compare(&a->version, &b->version);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static void sort_rows(struct row *rows, size_t count)
{
    size_t i = 1;
    while (i < count && compare_rows(&rows[i - 1], &rows[i]) < 0)
        i++;
    if (i < count)
        qsort(rows, count, sizeof *rows, compare_rows);
}

static enum mando_status reserve(struct put *put, size_t count)
{
    if (count <= put->row_capacity)
        return MANDO_OK;
    struct row *rows = mando_realloc(put->rows, count, sizeof *rows);
    if (rows)
        put->rows = rows;
    struct mando_version *accepted = mando_realloc(put->accepted, count, sizeof *accepted);
    if (accepted)
        put->accepted = accepted;
    if (!rows || !accepted)
        return no_memory(put);
    put->row_capacity = count;
    return MANDO_OK;
}

static enum mando_status step(struct put *put)
{
    struct mando_store *store = put->store;
    return store->ops->versions_next(store, &put->lookup.ahead, &put->lookup.has_ahead, put->error);
}

static enum mando_status seek(struct put *put, const struct target *target, int64_t start_us)
{
    struct mando_store *store = put->store;
    enum mando_status status = store->ops->versions_seek(store, &target->point, start_us,
                                                         put->lookup.end_us, false, put->error);
    return status ? status : step(put);
}

/* Leads the lookup to the first version at or after a start. */
static enum mando_status reach(struct put *put, const struct target *target, int64_t start_us)
{
    const struct lookup *lookup = &put->lookup;
    enum mando_status status = MANDO_OK;
    int steps = 0;
    while (!status && lookup->has_ahead && lookup->ahead.start_us < start_us) {
        put->lookup.has_met = true;
        status = ++steps > STEPS_MAX ? seek(put, target, start_us) : step(put);
    }
    return status;
}

/* Copies a version, whose bytes the cursor is about to leave. */
static enum mando_status group_push(struct put *put, struct mando_version version)
{
    if (version.size) {
        char *bytes = mando_arena_alloc(&put->group_bytes, version.size, 1);
        if (!bytes)
            return no_memory(put);
        memcpy(bytes, version.bytes, version.size);
        version.bytes = bytes;
    }
    return mando_vector_push(&put->group, &version) ? no_memory(put) : MANDO_OK;
}

/* Reads the stored versions of a start. */
static enum mando_status gather(struct put *put, const struct target *target, int64_t start_us)
{
    const struct lookup *lookup = &put->lookup;
    put->group.count = 0;
    mando_arena_release(&put->group_bytes);
    enum mando_status status = reach(put, target, start_us);
    while (!status && lookup->has_ahead && lookup->ahead.start_us == start_us) {
        put->lookup.has_met = true;
        status = group_push(put, lookup->ahead);
        if (!status)
            status = step(put);
    }
    return status;
}

/* A row that is to be stored counts for those after it. */
static enum mando_status group_insert(struct put *put, const struct mando_version *version)
{
    if (mando_vector_push(&put->group, version))
        return no_memory(put);
    struct mando_version *versions = put->group.items;
    size_t place = put->group.count - 1;
    for (; place > 0 && mando_version_compare(&versions[place - 1], version) > 0; place--)
        versions[place] = versions[place - 1];
    versions[place] = *version;
    return MANDO_OK;
}

static enum mando_verdict judge(const struct put *put, const struct row *row)
{
    const struct mando_store_point *point = &put->targets[row->target].point;
    const struct mando_version *seen =
        mando_seen_find(&put->store->transaction.seen, point->key, &row->version);
    if (seen)
        return mando_version_equals(seen, &row->version) ? MANDO_VERDICT_REPEATED
                                                         : MANDO_VERDICT_DUPLICATE;
    return mando_version_judge(put->group.items, put->group.count, &row->version, row->is_known);
}

static enum mando_status fail_duplicate(const struct put *put, const struct row *row)
{
    char start[MANDO_TIME_TEXT_SIZE], known[MANDO_TIME_TEXT_SIZE];
    mando_time_format(row->version.start_us, start);
    mando_time_format(row->version.knowledge_us, known);
    return mando_fail(put->error, MANDO_E_VALUES_DUPLICATE, row->index,
                      "the transaction has another row that starts at %s and is known at %s", start,
                      known);
}

static enum mando_status note_unchanged(struct put *put, const struct row *row)
{
    struct mando_store_transaction *transaction = &put->store->transaction;
    transaction->written.unchanged++;
    const struct mando_store_point *point = &put->targets[row->target].point;
    return mando_seen_add(&transaction->seen, point->key, &row->version, &transaction->arena)
               ? no_memory(put)
               : MANDO_OK;
}

static void count_stored(struct put *put, const struct row *row)
{
    struct mando_written *written = &put->store->transaction.written;
    if (row->version.deleted)
        written->deleted++;
    else if (row->verdict == MANDO_VERDICT_INSERTED)
        written->inserted++;
    else
        written->corrected++;
}

static enum mando_status judge_row(struct put *put, struct row *row)
{
    row->verdict = judge(put, row);
    switch (row->verdict) {
    case MANDO_VERDICT_DUPLICATE:
        return place(put, row, fail_duplicate(put, row));
    case MANDO_VERDICT_UNCHANGED:
        return note_unchanged(put, row);
    case MANDO_VERDICT_REPEATED:
        return MANDO_OK;
    case MANDO_VERDICT_INSERTED:
    case MANDO_VERDICT_CORRECTED:
        break;
    }
    count_stored(put, row);
    return group_insert(put, &row->version);
}

/* Whether no row has anything to be compared with: all starts differ and nothing stands at them. */
static bool are_alone(const struct put *put, const struct row *rows, size_t count)
{
    if (put->lookup.has_ahead || put->store->transaction.seen.rows.count)
        return false;
    for (size_t i = 1; i < count; i++)
        if (rows[i].version.start_us == rows[i - 1].version.start_us)
            return false;
    return true;
}

/* Leads the lookup to the first version that stands beside rows of one data point. */
static enum mando_status open_lookup(struct put *put, const struct target *target, int64_t from_us,
                                     int64_t to_us)
{
    put->lookup = (struct lookup){.end_us = to_us, .is_open = true};
    return seek(put, target, from_us);
}

/* Rows of one data point, in order. */
static enum mando_status judge_rows(struct put *put, struct row *rows, size_t count)
{
    const struct target *target = &put->targets[rows->target];
    enum mando_status status = MANDO_OK;
    if (!put->lookup.is_open)
        status =
            open_lookup(put, target, rows->version.start_us, rows[count - 1].version.start_us + 1);
    put->lookup.is_open = false;
    bool are_new = !status && are_alone(put, rows, count);
    for (size_t i = 0; i < count && are_new; i++) {
        rows[i].verdict = MANDO_VERDICT_INSERTED;
        count_stored(put, &rows[i]);
    }
    for (size_t i = 0; i < count && !status && !are_new; i++) {
        if (i == 0 || rows[i].version.start_us != rows[i - 1].version.start_us)
            status = gather(put, target, rows[i].version.start_us);
        if (!status)
            status = mando_store_check(put->store, put->error);
        if (!status)
            status = judge_row(put, &rows[i]);
    }
    return status;
}

static bool is_interval(const struct mando_version *version)
{
    return !version->deleted && version->end_us > version->start_us;
}

/* What intervals that are stored come to. */
struct span {
    bool is_empty, is_disjoint;
    int64_t first_us, last_us; /* starts */
    int64_t to_us;
};

static const struct span EMPTY = {.is_empty = true, .is_disjoint = true, .to_us = INT64_MIN};

static void span_add(struct span *span, int64_t start_us, int64_t end_us)
{
    span->is_disjoint = span->is_disjoint && start_us >= span->to_us;
    span->first_us = span->is_empty ? start_us : span->first_us;
    span->last_us = start_us;
    span->to_us = end_us > span->to_us ? end_us : span->to_us;
    span->is_empty = false;
}

/* Of several versions of a start the last one counts. */
static struct span span_of_versions(const struct mando_version *versions, size_t count)
{
    struct span span = EMPTY;
    for (size_t i = 0; i < count; i++) {
        const struct mando_version *version = &versions[i];
        if (!is_interval(version))
            continue;
        span_add(&span, version->start_us, version->end_us);
        if (i + 1 < count && versions[i + 1].start_us == version->start_us)
            span.is_disjoint = false;
    }
    return span;
}

static struct span span_of_columns(const struct mando_columns *columns)
{
    struct span span = EMPTY;
    for (size_t i = 0; i < columns->count; i++)
        if (columns->end_us[i] > columns->start_us[i])
            span_add(&span, columns->start_us[i], columns->end_us[i]);
    return span;
}

/* Rows that are disjoint and have met none in their midst can only overlap what stands around them: before them
 * and, unless it was looked for, behind them. */
static enum mando_status touch(struct put *put, const struct target *target, struct span span)
{
    const char *id = put->ids[target - put->targets];
    bool has_looked = !put->lookup.has_ahead && put->lookup.end_us >= span.to_us;
    bool is_one = span.first_us == span.last_us;
    if (span.is_empty)
        return MANDO_OK;
    if (put->lookup.has_met || !span.is_disjoint || (is_one && !has_looked))
        return mando_store_touch_interval(put->store, &target->point, id, span.first_us, span.to_us,
                                          false, put->error);
    enum mando_status status = mando_store_touch_interval(
        put->store, &target->point, id, span.first_us, span.first_us + 1, false, put->error);
    return status || has_looked
               ? status
               : mando_store_touch_interval(put->store, &target->point, id, span.last_us,
                                            span.to_us, true, put->error);
}

static enum mando_status store_rows(struct put *put, const struct row *rows, size_t count)
{
    struct mando_store *store = put->store;
    const struct target *target = &put->targets[rows->target];
    size_t accepted = 0;
    for (size_t i = 0; i < count; i++) {
        const struct mando_version *version = &rows[i].version;
        if (rows[i].verdict != MANDO_VERDICT_INSERTED && rows[i].verdict != MANDO_VERDICT_CORRECTED)
            continue;
        put->accepted[accepted++] = *version;
        if (is_interval(version)
            && mando_runs_add(&store->transaction.runs, target->point.key, &version->start_us,
                              &version->knowledge_us, 1,
                              store->transaction.row_count + rows[i].index))
            return no_memory(put);
    }
    if (accepted == 0)
        return MANDO_OK;
    enum mando_status status = mando_store_touch(store, put->error);
    if (!status)
        status = touch(put, target, span_of_versions(put->accepted, accepted));
    if (!status)
        status =
            store->ops->versions_put(store, &target->point, put->accepted, accepted, put->error);
    return status;
}

/* Fills columns with rows that fit; has_filled_out: nothing is wrong with them. */
static enum mando_status fill_columns(struct put *put, const struct mando_rows *rows, size_t first,
                                      size_t count, struct target *target,
                                      struct mando_columns *columns_out, bool *has_filled_out)
{
    const struct mando_store_transaction *transaction = &put->store->transaction;
    enum mando_status status = MANDO_OK;
    *has_filled_out = false;
    if (!target->has_resolution && mando_columns_lack_end(rows, first, count))
        status = read_resolution(put, target, put->ids[target - put->targets]);
    if (status)
        return status;
    const struct mando_columns_defaults defaults = {.knowledge_us = transaction->knowledge_us,
                                                    .change_us = transaction->change_us,
                                                    .resolution = target->resolution,
                                                    .zone = target->zone};
    status = mando_columns_fill(rows, first, count, &defaults, &put->columns, columns_out);
    if (status == MANDO_NO_MEMORY)
        return no_memory(put);
    int64_t newest_us = INT64_MIN;
    for (size_t i = 0; i < count && !status; i++)
        newest_us =
            columns_out->knowledge_us[i] > newest_us ? columns_out->knowledge_us[i] : newest_us;
    *has_filled_out = !status && !mando_store_check_knowledge(put->store, newest_us, -1, NULL);
    return MANDO_OK;
}

/* By a store that takes only versions. */
static enum mando_status put_as_versions(struct put *put, const struct target *target,
                                         const struct mando_columns *columns)
{
    struct mando_store *store = put->store;
    enum mando_status status = reserve(put, columns->count);
    for (size_t i = 0; i < columns->count && !status; i++)
        put->accepted[i] = mando_columns_version(columns, i);
    return status ? status
                  : store->ops->versions_put(store, &target->point, put->accepted, columns->count,
                                             put->error);
}

static enum mando_status store_columns(struct put *put, const struct target *target,
                                       const struct mando_columns *columns, struct span span,
                                       int64_t index)
{
    struct mando_store *store = put->store;
    struct mando_store_transaction *transaction = &store->transaction;
    if (mando_runs_add(&transaction->runs, target->point.key, columns->start_us,
                       columns->knowledge_us, columns->count, transaction->row_count + index))
        return no_memory(put);
    enum mando_status status = mando_store_touch(store, put->error);
    if (!status)
        status = touch(put, target, span);
    if (!status)
        status = store->ops->columns_put
                     ? store->ops->columns_put(store, &target->point, columns, put->error)
                     : put_as_versions(put, target, columns);
    if (!status)
        transaction->written.inserted += columns->count;
    return status;
}

static enum mando_status place_point(const struct put *put, int32_t point, enum mando_status status)
{
    if (status && put->error)
        mando_fail_place(put->error, put->ids[point], 0, 0);
    return status;
}

/* Stores rows as columns where they are in order, nothing is wrong with any and none stands beside them;
 * *is_stored_out is false where each has to be looked at. */
static enum mando_status put_columns(struct put *put, const struct mando_rows *rows, size_t first,
                                     size_t count, bool *is_stored_out)
{
    int32_t point = rows->point ? rows->point[first] : 0;
    struct mando_columns columns;
    bool has_filled = false;
    *is_stored_out = false;
    put->lookup.is_open = false;
    if (put->store->transaction.seen.rows.count || (size_t)point >= put->target_count
        || put->targets[point].point.type != MANDO_SERIES || !mando_columns_fit(rows, first, count))
        return MANDO_OK;
    struct target *target = &put->targets[point];
    enum mando_status status = fill_columns(put, rows, first, count, target, &columns, &has_filled);
    if (status || !has_filled)
        return place_point(put, point, status);
    struct span span = span_of_columns(&columns);
    int64_t last_us = columns.start_us[count - 1];
    status = open_lookup(put, target, columns.start_us[0],
                         span.to_us > last_us ? span.to_us : last_us + 1);
    *is_stored_out = !status && !put->lookup.has_ahead;
    if (*is_stored_out)
        status = store_columns(put, target, &columns, span, put->index_first + (int64_t)first);
    return place_point(put, point, status);
}

static enum mando_status put_rows(struct put *put, const struct mando_rows *rows, size_t first,
                                  size_t count)
{
    mando_arena_release(&put->bytes);
    enum mando_status status = reserve(put, count);
    for (size_t i = 0; i < count && !status; i++)
        status = take_row(put, rows, first + i, &put->rows[i]);
    if (status)
        return status;
    sort_rows(put->rows, count);
    for (size_t i = 0, end; i < count && !status; i = end) {
        for (end = i + 1; end < count && put->rows[end].target == put->rows[i].target;)
            end++;
        status = judge_rows(put, &put->rows[i], end - i);
        if (!status)
            status = store_rows(put, &put->rows[i], end - i);
    }
    return status;
}

/* A part of a batch. */
static enum mando_status put_part(struct put *put, const struct mando_rows *rows, size_t first,
                                  size_t count)
{
    bool is_stored = false;
    enum mando_status status = put_columns(put, rows, first, count, &is_stored);
    return status || is_stored ? status : put_rows(put, rows, first, count);
}

/* A large batch is many that follow each other: memory is bounded. */
static enum mando_status put_batch(struct put *put, const struct mando_rows *rows)
{
    enum mando_status status = MANDO_OK;
    for (size_t first = 0; first < rows->count && !status; first += PART_ROWS) {
        size_t left = rows->count - first;
        status = put_part(put, rows, first, left < PART_ROWS ? left : PART_ROWS);
    }
    put->index_first += (int64_t)rows->count;
    return status;
}

static enum mando_status put_stream(struct put *put, struct ArrowArrayStream *stream)
{
    struct mando_rows rows MANDO_CLEANUP(mando_rows_release) = {0};
    enum mando_status status;
    do {
        status = mando_rows_next(stream, &rows, put->error);
        if (!status && rows.count)
            status = put_batch(put, &rows);
    } while (!status && rows.count);
    return status;
}

enum mando_status mando_store_values_put(struct mando_session *session, const char *const *ids,
                                         size_t id_count, struct ArrowArrayStream *stream,
                                         struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    enum mando_status status = mando_store_writing(store, error);
    if (status)
        return mando_store_wrote(store, status);
    struct put put MANDO_CLEANUP(release) = {.store = store, .ids = ids, .error = error};
    mando_vector_init(&put.group, sizeof(struct mando_version), SIZE_MAX);
    status = find_targets(&put, id_count);
    if (!status)
        status = put_stream(&put, stream);
    store->transaction.row_count += put.index_first;
    return mando_store_wrote(store, status);
}
