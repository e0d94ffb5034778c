/* All that a database holds, out of one and into another, with the times that it has. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "repo/store.h"

/* Versions that are put at once. */
#define PUT_ROWS 8192
#define PUT_BYTES ((size_t)8 << 20)

/* A data point whose versions are told after the configurations of all. */
struct point {
    const char *id;
    struct mando_store_point point;
};

struct telling {
    struct mando_store *store;
    const struct mando_change_range *range;
    mando_part_take *take;
    void *context;
    struct mando_vector points; /* of struct point, by id */
    struct mando_arena ids;
    struct mando_error *error;
};

static void release(struct telling *telling)
{
    telling->store->ops->cursors_end(telling->store);
    mando_vector_release(&telling->points);
    mando_arena_release(&telling->ids);
}

static bool is_within(const struct telling *telling, int64_t change_us)
{
    return change_us > telling->range->after_us && change_us <= telling->range->until_us;
}

static enum mando_status tell(const struct telling *telling, const struct mando_part *part)
{
    enum mando_status status = mando_store_check(telling->store, telling->error);
    return status ? status : telling->take(telling->context, part);
}

static enum mando_status tell_change(void *context, const struct mando_change *change)
{
    return tell(context, &(struct mando_part){.kind = MANDO_PART_CHANGE, .change = change});
}

static enum mando_status tell_changes(struct telling *telling)
{
    struct mando_session *session = &telling->store->session;
    return session->repository->ops->changes_scan(session, telling->range, tell_change, telling,
                                                  telling->error);
}

static enum mando_status note_point(struct telling *telling, const struct mando_config *config)
{
    size_t size = strlen(config->point.id) + 1;
    char *id = mando_arena_alloc(&telling->ids, size, 1);
    const struct point point = {.id = id,
                                .point = {config->key, config->point.type, config->point.width}};
    if (id)
        memcpy(id, config->point.id, size);
    return id && !mando_vector_push(&telling->points, &point)
               ? MANDO_OK
               : mando_store_no_memory(telling->error, "data points to be read");
}

static enum mando_status tell_configuration(struct telling *telling,
                                            const struct mando_config *config)
{
    const struct mando_part part = {.kind = MANDO_PART_CONFIGURATION, .configuration = config};
    return is_within(telling, config->change_us) ? tell(telling, &part) : MANDO_OK;
}

/* Notes all data points, and tells of their configurations. */
static enum mando_status walk_points(struct telling *telling, bool is_told)
{
    struct mando_store *store = telling->store;
    struct mando_config config;
    int64_t last_key = 0;
    enum mando_status status = store->ops->configs_seek(store, NULL, "", telling->error);
    while (!status) {
        status = store->ops->configs_next(store, &config, telling->error);
        if (status || config.key == 0)
            break;
        if (config.key != last_key)
            status = note_point(telling, &config);
        if (!status && is_told)
            status = tell_configuration(telling, &config);
        last_key = config.key;
    }
    return status;
}

static enum mando_status seek_versions(const struct telling *telling, const struct point *point)
{
    struct mando_store *store = telling->store;
    if (store->ops->versions_changed_seek)
        return store->ops->versions_changed_seek(store, &point->point, telling->range,
                                                 telling->error);
    return store->ops->versions_seek(store, &point->point, INT64_MIN, INT64_MAX, false,
                                     telling->error);
}

static enum mando_status tell_versions_of(const struct telling *telling, const struct point *point)
{
    struct mando_store *store = telling->store;
    struct mando_version version;
    const struct mando_part part = {
        .kind = MANDO_PART_VERSION, .id = point->id, .version = &version};
    bool is_there = true;
    enum mando_status status = seek_versions(telling, point);
    while (!status && is_there) {
        status = store->ops->versions_next(store, &version, &is_there, telling->error);
        if (!status && is_there && is_within(telling, version.change_us))
            status = tell(telling, &part);
    }
    return status;
}

static enum mando_status tell_versions(const struct telling *telling)
{
    const struct point *points = telling->points.items;
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < telling->points.count && !status; i++)
        status = tell_versions_of(telling, &points[i]);
    return status;
}

static enum mando_status tell_records_of(const struct telling *telling,
                                         const struct mando_record_kind *kind)
{
    struct mando_store *store = telling->store;
    const struct mando_predicate within[] = {
        {.field = "changed", .compare = MANDO_GREATER, .number = telling->range->after_us},
        {.field = "changed", .compare = MANDO_LESS_EQUAL, .number = telling->range->until_us}};
    struct mando_record record;
    const struct mando_part part = {
        .kind = MANDO_PART_RECORD, .record_kind = kind, .record = &record};
    bool is_there = true;
    enum mando_status status = store->ops->records_seek(store, kind, within, 2, telling->error);
    while (!status && is_there) {
        status = store->ops->records_next(store, &record, &is_there, telling->error);
        if (!status && is_there && is_within(telling, record.change_us))
            status = tell(telling, &part);
    }
    return status;
}

static enum mando_status tell_records(const struct telling *telling)
{
    const struct mando_record_kind *kind;
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; !status && (kind = mando_record_kind_at(i)); i++)
        status = tell_records_of(telling, kind);
    return status;
}

enum mando_status mando_store_parts_scan(struct mando_session *session,
                                         const struct mando_change_range *range, unsigned kinds,
                                         mando_part_take *take, void *context,
                                         struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    assert(!store->transaction.is_open && !store->is_streaming);
    struct telling telling MANDO_CLEANUP(release) = {
        .store = store, .range = range, .take = take, .context = context, .error = error};
    mando_vector_init(&telling.points, sizeof(struct point), SIZE_MAX);
    enum mando_status status = mando_store_check(store, error);
    if (!status && kinds & MANDO_PART_CHANGE)
        status = tell_changes(&telling);
    if (!status && kinds & (MANDO_PART_CONFIGURATION | MANDO_PART_VERSION))
        status = walk_points(&telling, kinds & MANDO_PART_CONFIGURATION);
    if (!status && kinds & MANDO_PART_VERSION)
        status = tell_versions(&telling);
    if (!status && kinds & MANDO_PART_RECORD)
        status = tell_records(&telling);
    return status;
}

void mando_store_restoring_release(struct mando_store_restoring *restoring)
{
    mando_vector_release(&restoring->versions);
    mando_arena_release(&restoring->bytes);
}

static enum mando_status check_newest(const struct mando_store *store, int64_t newest_us,
                                      struct mando_error *error)
{
    if (store->transaction.newest_us == newest_us)
        return MANDO_OK;
    char seen[MANDO_TIME_TEXT_SIZE], found[MANDO_TIME_TEXT_SIZE];
    mando_time_format(newest_us, seen);
    mando_time_format(store->transaction.newest_us, found);
    return mando_fail(error, MANDO_E_COPY_TARGET, -1,
                      "another program writes to the copy while it is made: its newest change was "
                      "that of %s and is that of %s now",
                      seen, found);
}

enum mando_status mando_store_restore_begin(struct mando_session *session, int64_t newest_us,
                                            struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    struct mando_store_restoring *restoring = &store->transaction.restoring;
    enum mando_status status = mando_store_lock(store, error);
    if (status)
        return status;
    restoring->is_on = true;
    mando_vector_init(&restoring->versions, sizeof(struct mando_version), PUT_ROWS);
    status = store->ops->newest(store, &store->transaction.newest_us, error);
    if (!status)
        status = check_newest(store, newest_us, error);
    if (status)
        mando_store_rollback(session);
    return status;
}

enum mando_status mando_store_restore_flush(struct mando_store *store, struct mando_error *error)
{
    struct mando_store_restoring *restoring = &store->transaction.restoring;
    struct mando_vector *versions = &restoring->versions;
    if (versions->count == 0)
        return MANDO_OK;
    enum mando_status status =
        store->ops->versions_put(store, &restoring->point, versions->items, versions->count, error);
    store->transaction.written.inserted += versions->count;
    versions->count = 0;
    restoring->size = 0;
    mando_arena_release(&restoring->bytes);
    return status;
}

static enum mando_status restore_change(struct mando_store *store,
                                        const struct mando_change *change,
                                        struct mando_error *error)
{
    struct mando_store_transaction *transaction = &store->transaction;
    enum mando_status status =
        store->ops->change_put(store, change->change_us, change->author, change->reason, error);
    if (!status) {
        transaction->has_stored = true;
        transaction->change_us = change->change_us;
    }
    return status;
}

static enum mando_status restore_configuration(struct mando_store *store,
                                               const struct mando_config *told,
                                               struct mando_error *error)
{
    struct mando_store_point found;
    struct mando_config config = *told;
    enum mando_status status = store->ops->point_find(store, config.point.id, &found, error);
    config.key = status ? 0 : found.key;
    if (!status && config.key == 0)
        status = store->ops->point_put(store, &config.point, &config.key, error);
    if (!status)
        status = store->ops->config_put(store, &config, error);
    store->transaction.written.configured += !status;
    return status;
}

/* Leads what follows to another data point. */
static enum mando_status turn_to(struct mando_store *store, const char *id,
                                 struct mando_error *error)
{
    struct mando_store_restoring *restoring = &store->transaction.restoring;
    if (restoring->point.key && strcmp(restoring->id, id) == 0)
        return MANDO_OK;
    enum mando_status status = mando_store_restore_flush(store, error);
    restoring->point.key = 0;
    if (!status)
        status = mando_store_find(store, id, &restoring->point, error);
    if (!status)
        memcpy(restoring->id, id, strlen(id) + 1);
    return status;
}

/* Keeps a version, with its bytes, until there are many. */
static enum mando_status restore_version(struct mando_store *store, const struct mando_part *part,
                                         struct mando_error *error)
{
    struct mando_store_restoring *restoring = &store->transaction.restoring;
    struct mando_version version = *part->version;
    enum mando_status status = turn_to(store, part->id, error);
    if (!status && (restoring->versions.count == PUT_ROWS || restoring->size >= PUT_BYTES))
        status = mando_store_restore_flush(store, error);
    if (status)
        return status;
    if (version.size) {
        char *bytes = mando_arena_alloc(&restoring->bytes, version.size, 1);
        version.bytes = bytes ? memcpy(bytes, version.bytes, version.size) : NULL;
        restoring->size += version.size;
    }
    return (version.size && !version.bytes) || mando_vector_push(&restoring->versions, &version)
               ? mando_store_no_memory(error, "values")
               : MANDO_OK;
}

static enum mando_status restore_record(struct mando_store *store, const struct mando_part *part,
                                        struct mando_error *error)
{
    store->transaction.written.records++;
    return store->ops->record_put(store, part->record_kind, part->record, error);
}

static enum mando_status restore(struct mando_store *store, const struct mando_part *part,
                                 struct mando_error *error)
{
    enum mando_status status =
        part->kind == MANDO_PART_VERSION ? MANDO_OK : mando_store_restore_flush(store, error);
    if (status)
        return status;
    switch (part->kind) {
    case MANDO_PART_CHANGE:
        return restore_change(store, part->change, error);
    case MANDO_PART_CONFIGURATION:
        return restore_configuration(store, part->configuration, error);
    case MANDO_PART_VERSION:
        return restore_version(store, part, error);
    case MANDO_PART_RECORD:
        return restore_record(store, part, error);
    }
    return MANDO_OK;
}

enum mando_status mando_store_restore(struct mando_session *session, const struct mando_part *part,
                                      struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    assert(store->transaction.restoring.is_on);
    enum mando_status status = mando_store_writing(store, error);
    if (!status)
        status = restore(store, part, error);
    return mando_store_wrote(store, status);
}
