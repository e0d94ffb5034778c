#include "repo/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "repo/memory_state.h"
#include "repo/write_lock.h"

/* How often a writer that waits looks whether it was cancelled. */

struct change {
    int64_t change_us;
    const char *author, *reason; /* in a block */
};

struct record {
    const struct mando_record_kind *kind;
    const struct mando_record *record; /* in a block, as all that it points to */
};

struct memory {
    struct mando_repository repository;
    struct mando_write_lock write_lock;
    pthread_mutex_t mutex; /* of all below */
    int64_t newest_us;
    struct memory_state *state;
    struct mando_vector changes; /* of struct change, ascending */
    struct mando_vector records; /* of struct record, ascending */
    struct memory_block *blocks;
};

struct memory_session {
    struct mando_store store;
    struct memory_state *own; /* of the transaction; NULL until it puts something */
    struct memory_block *blocks;
    struct mando_vector changes, records; /* of the transaction */
    /* Cursors. */
    struct memory_point *point;
    size_t low, high; /* versions not yet given: low <= i < high */
    bool is_backwards;
    struct memory_state *configs;
    size_t config_place,
        config_left;      /* in by_id; configurations of that data point not yet given */
    bool config_is_alone; /* one data point, no prefix */
    char config_prefix[MANDO_POINT_ID_SIZE];
    const struct mando_record_kind *record_kind;
    size_t record_place, record_end, own_place; /* in the committed records, in the own ones */
};

static struct memory *memory_of(const struct mando_store *store)
{
    return (struct memory *)store->session.repository;
}

static struct memory_session *session_of(struct mando_store *store)
{
    return (struct memory_session *)store;
}

static enum mando_status memory_open(struct mando_repository *repository, const char *url,
                                     struct mando_error *error)
{
    struct memory *memory = (struct memory *)repository;
    if (strcmp(url, "memory:") != 0)
        return mando_fail_at(error, MANDO_E_DB_URL, url, 0, 0,
                             "\"%.100s\" is no place in memory: it is \"memory:\" alone", url);
    memory->state = memory_state_new(NULL);
    if (!memory->state)
        return mando_store_no_memory(error, "a repository");
    mando_vector_init(&memory->changes, sizeof(struct change), SIZE_MAX);
    mando_vector_init(&memory->records, sizeof(struct record), SIZE_MAX);
    mando_write_lock_init(&memory->write_lock);
    (void)pthread_mutex_init(&memory->mutex, NULL);
    return MANDO_OK;
}

static void free_blocks(struct memory_block *block)
{
    while (block) {
        struct memory_block *next = block->next;
        mando_free(block);
        block = next;
    }
}

static void memory_close(struct mando_repository *repository)
{
    struct memory *memory = (struct memory *)repository;
    memory_state_unref(memory->state);
    mando_vector_release(&memory->changes);
    mando_vector_release(&memory->records);
    free_blocks(memory->blocks);
    mando_write_lock_release(&memory->write_lock);
    (void)pthread_mutex_destroy(&memory->mutex);
}

static const struct mando_store_ops STORE;

static enum mando_status session_open(struct mando_repository *repository,
                                      struct mando_session *session, struct mando_error *error)
{
    (void)repository;
    (void)error;
    struct memory_session *own = (struct memory_session *)session;
    mando_store_init(&own->store, &STORE);
    mando_vector_init(&own->changes, sizeof(struct change), SIZE_MAX);
    mando_vector_init(&own->records, sizeof(struct record), SIZE_MAX);
    return MANDO_OK;
}

static void end_cursors(struct memory_session *session)
{
    memory_point_unref(session->point);
    session->point = NULL;
    memory_state_unref(session->configs);
    session->configs = NULL;
    session->record_kind = NULL;
}

static void session_close(struct mando_session *session)
{
    mando_store_release(mando_store_of(session));
    end_cursors((struct memory_session *)session);
}

static enum mando_status memory_migrate(struct mando_session *session, struct mando_error *error)
{
    (void)session;
    (void)error;
    return MANDO_OK;
}

/* What the session sees: its own state in a transaction, else what is published; to be released. */
static struct memory_state *visible(struct memory_session *session)
{
    if (session->own)
        return memory_state_ref(session->own);
    struct memory *memory = memory_of(&session->store);
    (void)pthread_mutex_lock(&memory->mutex);
    struct memory_state *state = memory_state_ref(memory->state);
    (void)pthread_mutex_unlock(&memory->mutex);
    return state;
}

static enum mando_status newest(struct mando_store *store, int64_t *change_us_out,
                                struct mando_error *error)
{
    (void)error;
    struct memory *memory = memory_of(store);
    (void)pthread_mutex_lock(&memory->mutex);
    *change_us_out = memory->newest_us;
    (void)pthread_mutex_unlock(&memory->mutex);
    return MANDO_OK;
}

static enum mando_status lock(struct mando_store *store, struct mando_error *error)
{
    return mando_write_lock_take(&memory_of(store)->write_lock, store, "memory:", error);
}

/* The transaction begins to write: it has a state of its own. */
static enum mando_status own_state(struct memory_session *session, struct mando_error *error)
{
    struct memory_state *before = visible(session);
    session->own = memory_state_new(before);
    memory_state_unref(before);
    return session->own ? MANDO_OK : mando_store_no_memory(error, "a transaction");
}

static struct memory_block *add_block(struct memory_session *session, size_t size)
{
    struct memory_block *block = mando_alloc(1, sizeof *block + size);
    if (!block)
        return NULL;
    block->next = session->blocks;
    session->blocks = block;
    return block;
}

static const char *copy_text(struct memory_session *session, const char *text)
{
    size_t size = strlen(text) + 1;
    struct memory_block *block = add_block(session, size);
    return block ? memcpy(block->bytes, text, size) : NULL;
}

static enum mando_status change_put(struct mando_store *store, int64_t change_us,
                                    const char *author, const char *reason,
                                    struct mando_error *error)
{
    struct memory_session *session = session_of(store);
    enum mando_status status = session->own ? MANDO_OK : own_state(session, error);
    if (status)
        return status;
    const struct change change = {change_us, copy_text(session, author),
                                  copy_text(session, reason)};
    bool is_kept = change.author && change.reason && !mando_vector_push(&session->changes, &change);
    return is_kept ? MANDO_OK : mando_store_no_memory(error, "a transaction");
}

/* The blocks of a transaction become those of the repository. */
static void keep_blocks(struct memory *memory, struct memory_session *session)
{
    struct memory_block **last = &session->blocks;
    while (*last)
        last = &(*last)->next;
    *last = memory->blocks;
    memory->blocks = session->blocks;
    session->blocks = NULL;
}

static void end_transaction(struct memory_session *session)
{
    end_cursors(session);
    free_blocks(session->blocks);
    session->blocks = NULL;
    memory_state_unref(session->own);
    session->own = NULL;
    mando_vector_release(&session->changes);
    mando_vector_release(&session->records);
}

/* What a transaction has of changes or records becomes the repository's. */
static enum mando_status keep(struct mando_vector *all, const struct mando_vector *own)
{
    const char *items = own->items;
    size_t count_before = all->count;
    for (size_t i = 0; i < own->count; i++)
        if (mando_vector_push(all, items + i * own->item_size)) {
            all->count = count_before;
            return MANDO_NO_MEMORY;
        }
    return MANDO_OK;
}

static int64_t last_change_us(const struct memory_session *session)
{
    const struct change *changes = session->changes.items;
    return changes[session->changes.count - 1].change_us;
}

static enum mando_status commit(struct mando_store *store, struct mando_error *error)
{
    struct memory_session *session = session_of(store);
    struct memory *memory = memory_of(store);
    struct memory_state *before = NULL;
    (void)pthread_mutex_lock(&memory->mutex);
    enum mando_status status = keep(&memory->changes, &session->changes);
    if (!status && keep(&memory->records, &session->records)) {
        memory->changes.count -= session->changes.count;
        status = MANDO_NO_MEMORY;
    }
    if (!status) {
        before = memory->state;
        memory->state = session->own;
        session->own = NULL;
        memory->newest_us = last_change_us(session);
        keep_blocks(memory, session);
    }
    (void)pthread_mutex_unlock(&memory->mutex);
    mando_write_lock_give(&memory->write_lock);
    memory_state_unref(before);
    end_transaction(session);
    return status ? mando_store_no_memory(error, "a transaction") : MANDO_OK;
}

static void rollback(struct mando_store *store)
{
    end_transaction(session_of(store));
    mando_write_lock_give(&memory_of(store)->write_lock);
}

/* The first of changes, which ascend, that is not before a time. */
static size_t place_of(const struct mando_vector *changes, int64_t change_us)
{
    const struct change *items = changes->items;
    size_t low = 0, high = changes->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (items[middle].change_us < change_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const char *author_of(const struct mando_vector *changes, int64_t change_us)
{
    const struct change *items = changes->items;
    size_t place = place_of(changes, change_us);
    return place < changes->count ? items[place].author : "";
}

static void cursors_end(struct mando_store *store)
{
    end_cursors(session_of(store));
}

static enum mando_status author(struct mando_store *store, int64_t change_us,
                                const char **author_out, struct mando_error *error)
{
    (void)error;
    struct memory *memory = memory_of(store);
    const struct mando_vector *own = &session_of(store)->changes;
    bool is_own = own->count && ((const struct change *)own->items)[0].change_us <= change_us;
    (void)pthread_mutex_lock(&memory->mutex);
    *author_out = author_of(is_own ? own : &memory->changes, change_us);
    (void)pthread_mutex_unlock(&memory->mutex);
    return MANDO_OK;
}

static enum mando_status point_find(struct mando_store *store, const char *id,
                                    struct mando_store_point *point_out, struct mando_error *error)
{
    (void)error;
    struct memory_state *state = visible(session_of(store));
    const struct memory_point *point = memory_state_find(state, id);
    *point_out = point ? point->point : (struct mando_store_point){0};
    memory_state_unref(state);
    return MANDO_OK;
}

static enum mando_status point_put(struct mando_store *store, const struct mando_point *point,
                                   int64_t *key_out, struct mando_error *error)
{
    const struct memory_point *added = memory_state_add(session_of(store)->own, point);
    if (!added)
        return mando_store_no_memory(error, "a data point");
    *key_out = added->point.key;
    return MANDO_OK;
}

static enum mando_status configs_seek(struct mando_store *store, const char *id, const char *prefix,
                                      struct mando_error *error)
{
    (void)error;
    struct memory_session *session = session_of(store);
    memory_state_unref(session->configs);
    session->configs = visible(session);
    session->config_is_alone = id != NULL;
    (void)snprintf(session->config_prefix, sizeof session->config_prefix, "%s", id ? id : prefix);
    session->config_place = memory_state_place(session->configs, session->config_prefix);
    session->config_left = SIZE_MAX;
    return MANDO_OK;
}

/* The data point at the cursor; NULL past the last one that was asked for. */
static const struct memory_point *config_point(const struct memory_session *session)
{
    const struct memory_state *state = session->configs;
    if (session->config_place >= state->count)
        return NULL;
    const struct memory_point *point = state->points[state->by_id[session->config_place]];
    const char *prefix = session->config_prefix;
    bool fits = session->config_is_alone ? strcmp(point->id, prefix) == 0
                                         : strncmp(point->id, prefix, strlen(prefix)) == 0;
    return fits ? point : NULL;
}

static enum mando_status configs_next(struct mando_store *store, struct mando_config *config_out,
                                      struct mando_error *error)
{
    (void)error;
    struct memory_session *session = session_of(store);
    const struct memory_point *point;
    while ((point = config_point(session))) {
        if (session->config_left > point->config_count)
            session->config_left = point->config_count;
        if (session->config_left > 0) {
            *config_out = point->configs[--session->config_left];
            return MANDO_OK;
        }
        session->config_place++;
        session->config_left = SIZE_MAX;
    }
    *config_out = (struct mando_config){0};
    return MANDO_OK;
}

static enum mando_status config_put(struct mando_store *store, const struct mando_config *config,
                                    struct mando_error *error)
{
    struct memory_session *session = session_of(store);
    struct mando_config copy = *config;
    struct memory_point *point = memory_state_own(session->own, config->key);
    if (point && copy.point.document)
        copy.point.document = copy_text(session, copy.point.document);
    bool is_copied = !config->point.document == !copy.point.document;
    if (!point || !is_copied || memory_point_configure(point, &copy))
        return mando_store_no_memory(error, "a data point");
    return MANDO_OK;
}

/* The first version that starts at or after a time. */
static size_t first_from(const struct memory_point *point, int64_t from_us)
{
    size_t low = 0, high = point->version_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (point->versions[middle].start_us < from_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum mando_status versions_seek(struct mando_store *store,
                                       const struct mando_store_point *point, int64_t from_us,
                                       int64_t to_us, bool backwards, struct mando_error *error)
{
    (void)error;
    struct memory_session *session = session_of(store);
    struct memory_state *state = visible(session);
    memory_point_unref(session->point);
    session->point = state->points[point->key - 1];
    atomic_fetch_add(&session->point->references, 1);
    memory_state_unref(state);
    session->low = first_from(session->point, from_us);
    session->high = first_from(session->point, to_us);
    session->is_backwards = backwards;
    return MANDO_OK;
}

static enum mando_status versions_next(struct mando_store *store, struct mando_version *version_out,
                                       bool *is_there_out, struct mando_error *error)
{
    (void)error;
    struct memory_session *session = session_of(store);
    *is_there_out = session->low < session->high;
    if (*is_there_out)
        *version_out =
            session->point->versions[session->is_backwards ? --session->high : session->low++];
    return MANDO_OK;
}

/* The bytes of all in one block. */
static enum mando_status keep_bytes(struct memory_session *session, struct memory_point *point,
                                    const struct mando_version *versions, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += versions[i].size;
    if (size == 0)
        return memory_point_put(point, versions, count);
    struct memory_block *block = add_block(session, size);
    struct mando_version *copies = block ? mando_alloc(count, sizeof *copies) : NULL;
    if (!copies)
        return MANDO_NO_MEMORY;
    size = 0;
    for (size_t i = 0; i < count; i++) {
        copies[i] = versions[i];
        copies[i].bytes = block->bytes + size;
        if (versions[i].size)
            memcpy(block->bytes + size, versions[i].bytes, versions[i].size);
        size += versions[i].size;
    }
    enum mando_status status = memory_point_put(point, copies, count);
    mando_free(copies);
    return status;
}

static enum mando_status versions_put(struct mando_store *store,
                                      const struct mando_store_point *point,
                                      const struct mando_version *versions, size_t count,
                                      struct mando_error *error)
{
    struct memory_session *session = session_of(store);
    end_cursors(session); /* else the data point is not this transaction's alone */
    struct memory_point *own = memory_state_own(session->own, point->key);
    if (!own || keep_bytes(session, own, versions, count))
        return mando_store_no_memory(error, "values");
    return MANDO_OK;
}

/* A copy of a record and its texts in one block. */
static const struct mando_record *copy_record(struct memory_session *session,
                                              const struct mando_record_kind *kind,
                                              const struct mando_record *record)
{
    size_t size = sizeof *record;
    for (size_t i = 0; i < kind->column_count; i++)
        size += record->values[i].length;
    struct memory_block *block = add_block(session, size);
    if (!block)
        return NULL;
    struct mando_record *copy = (struct mando_record *)(void *)block->bytes;
    char *text = block->bytes + sizeof *record;
    *copy = *record;
    for (size_t i = 0; i < kind->column_count; i++) {
        struct mando_record_value *value = &copy->values[i];
        if (value->length)
            memcpy(text, value->text, value->length);
        value->text = text;
        text += value->length;
    }
    return copy;
}

static enum mando_status record_put(struct mando_store *store, const struct mando_record_kind *kind,
                                    const struct mando_record *record, struct mando_error *error)
{
    struct memory_session *session = session_of(store);
    struct record copy = {.kind = kind, .record = copy_record(session, kind, record)};
    if (!copy.record || mando_vector_push(&session->records, &copy))
        return mando_store_no_memory(error, "records");
    return MANDO_OK;
}

static enum mando_status records_seek(struct mando_store *store,
                                      const struct mando_record_kind *kind,
                                      const struct mando_predicate *predicates, size_t count,
                                      struct mando_error *error)
{
    (void)predicates; /* the core leaves out what does not pass */
    (void)count;
    (void)error;
    struct memory *memory = memory_of(store);
    struct memory_session *session = session_of(store);
    (void)pthread_mutex_lock(&memory->mutex);
    session->record_end = memory->records.count;
    (void)pthread_mutex_unlock(&memory->mutex);
    session->record_kind = kind;
    session->record_place = session->own_place = 0;
    return MANDO_OK;
}

/* The next record of a list that has the kind; NULL at the end. */
static const struct mando_record *next_of(const struct mando_vector *records, size_t end,
                                          const struct mando_record_kind *kind, size_t *place)
{
    const struct record *items = records->items;
    while (*place < end && items[*place].kind != kind)
        ++*place;
    return *place < end ? items[(*place)++].record : NULL;
}

static enum mando_status records_next(struct mando_store *store, struct mando_record *record_out,
                                      bool *is_there_out, struct mando_error *error)
{
    (void)error;
    struct memory *memory = memory_of(store);
    struct memory_session *session = session_of(store);
    (void)pthread_mutex_lock(&memory->mutex);
    const struct mando_record *record = next_of(&memory->records, session->record_end,
                                                session->record_kind, &session->record_place);
    (void)pthread_mutex_unlock(&memory->mutex);
    if (!record)
        record = next_of(&session->records, session->records.count, session->record_kind,
                         &session->own_place);
    *is_there_out = record != NULL;
    if (record)
        *record_out = *record;
    return MANDO_OK;
}

static enum mando_status tell_points(const struct memory_state *state, mando_change_take *take,
                                     void *context)
{
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < state->count; i++) {
        const struct memory_point *point = state->points[i];
        for (size_t k = 0; k < point->version_count && !status; k++) {
            struct mando_change part = {.change_us = point->versions[k].change_us, .versions = 1};
            status = take(context, &part);
        }
        for (size_t k = 0; k < point->config_count && !status; k++) {
            struct mando_change part = {.change_us = point->configs[k].change_us,
                                        .configurations = 1};
            status = take(context, &part);
        }
    }
    return status;
}

static enum mando_status tell_changes(const struct memory *memory,
                                      const struct mando_change_range *range,
                                      mando_change_take *take, void *context)
{
    const struct change *changes = memory->changes.items;
    enum mando_status status = MANDO_OK;
    for (size_t i = place_of(&memory->changes, range->after_us);
         i < memory->changes.count && changes[i].change_us <= range->until_us && !status; i++) {
        struct mando_change change = {.change_us = changes[i].change_us,
                                      .author = changes[i].author,
                                      .reason = changes[i].reason};
        if (change.change_us > range->after_us)
            status = take(context, &change);
    }
    return status;
}

static enum mando_status tell_all(const struct memory *memory, mando_change_take *take,
                                  void *context)
{
    static const struct mando_change_range ALL = {INT64_MIN, INT64_MAX};
    const struct record *records = memory->records.items;
    enum mando_status status = tell_changes(memory, &ALL, take, context);
    for (size_t i = 0; i < memory->records.count && !status; i++) {
        struct mando_change part = {.change_us = records[i].record->change_us, .records = 1};
        status = take(context, &part);
    }
    return status ? status : tell_points(memory->state, take, context);
}

static enum mando_status changes_scan(struct mando_session *session,
                                      const struct mando_change_range *range,
                                      mando_change_take *take, void *context,
                                      struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    struct memory *memory = memory_of(store);
    enum mando_status status = mando_store_check(store, error);
    if (status)
        return status;
    (void)pthread_mutex_lock(&memory->mutex);
    status = range ? tell_changes(memory, range, take, context) : tell_all(memory, take, context);
    (void)pthread_mutex_unlock(&memory->mutex);
    return status;
}

static const struct mando_store_ops STORE = {
    .newest = newest,
    .lock = lock,
    .commit = commit,
    .rollback = rollback,
    .cursors_end = cursors_end,
    .change_put = change_put,
    .author = author,
    .point_find = point_find,
    .point_put = point_put,
    .configs_seek = configs_seek,
    .configs_next = configs_next,
    .config_put = config_put,
    .versions_seek = versions_seek,
    .versions_next = versions_next,
    .versions_put = versions_put,
    .record_put = record_put,
    .records_seek = records_seek,
    .records_next = records_next,
};

const struct mando_repository_ops mando_memory_ops = {
    MANDO_STORE_OPS,
    .scheme = "memory",
    .repository_size = sizeof(struct memory),
    .session_size = sizeof(struct memory_session),
    .open = memory_open,
    .close = memory_close,
    .session_open = session_open,
    .session_close = session_close,
    .migrate = memory_migrate,
    .version = mando_store_version,
    .changes_scan = changes_scan,
    .cancel = mando_store_cancel,
};
