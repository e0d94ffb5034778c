/* Which data points a query names. */
#include <string.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/fail.h"
#include "base/vector.h"
#include "repo/catalog.h"
#include "service/service.h"

/* What a catalog owns. */
struct owned {
    struct mando_arena arena;
    struct mando_vector items;
};

struct selection {
    struct mando_session *session;
    const struct mando_query *query;
    bool is_exact; /* the query has ids, each of which is answered */
    struct owned *owned;
    struct mando_error *error;
};

static void free_owned(struct owned *owned)
{
    if (!owned)
        return;
    mando_arena_release(&owned->arena);
    mando_vector_release(&owned->items);
    mando_free(owned);
}

void mando_catalog_release(struct mando_catalog *catalog)
{
    if (!catalog)
        return;
    free_owned(catalog->owned);
    *catalog = (struct mando_catalog){0};
}

static enum mando_status fail_memory(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a catalog");
}

/* What fits a pattern and was stored by change_us, ascending by id. */
static enum mando_status find(const struct selection *selection, const char *pattern,
                              int64_t change_us, struct mando_catalog *found_out)
{
    struct ArrowArrayStream stream MANDO_CLEANUP(mando_arrow_stream_release) = {0};
    struct mando_session *session = selection->session;
    enum mando_status status = session->repository->ops->points_find(
        session, pattern, (struct mando_as_of){MANDO_FOREVER, change_us}, &stream,
        selection->error);
    return status
               ? status
               : mando_catalog_read(&stream, &selection->owned->arena, found_out, selection->error);
}

/* A pattern before it has named the data point already. */
static bool is_named(const struct mando_query *query, size_t pattern, const char *id)
{
    for (size_t i = 0; i < pattern; i++)
        if (mando_point_matches(query->patterns[i], id))
            return true;
    return false;
}

/* Adds those of `all` that no pattern before has named, as they were where `then` has them. */
static enum mando_status add(const struct selection *selection, size_t pattern,
                             const struct mando_catalog *all, const struct mando_catalog *then)
{
    size_t at = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct mando_catalog_item *item = &all->items[i];
        while (at < then->count && strcmp(then->items[at].point.id, item->point.id) < 0)
            at++;
        if (at < then->count && strcmp(then->items[at].point.id, item->point.id) == 0)
            item = &then->items[at];
        if ((selection->is_exact || !is_named(selection->query, pattern, item->point.id))
            && mando_vector_push(&selection->owned->items, item))
            return fail_memory(selection->error);
    }
    return MANDO_OK;
}

static enum mando_status select_pattern(const struct selection *selection, size_t i)
{
    struct mando_catalog all = {0}, then = {0};
    const char *pattern = selection->query->patterns[i];
    int64_t change_us = selection->query->as_of.change_us;
    enum mando_status status =
        selection->is_exact ? mando_point_id_check(pattern, strlen(pattern), selection->error)
                            : mando_point_pattern_check(pattern, strlen(pattern), selection->error);
    if (!status)
        status = find(selection, pattern, MANDO_FOREVER, &all);
    if (!status && change_us != MANDO_FOREVER)
        status = find(selection, pattern, change_us, &then);
    if (!status && all.count == 0 && !strchr(pattern, '*'))
        status = mando_fail_at(selection->error, MANDO_E_POINT_UNKNOWN, pattern, 0, 0,
                               "there is no data point \"%.160s\"", pattern);
    return status ? status : add(selection, i, &all, &then);
}

static enum mando_status select_all(struct selection selection, struct mando_catalog *catalog_out)
{
    selection.owned = mando_alloc(1, sizeof *selection.owned);
    if (!selection.owned)
        return fail_memory(selection.error);
    mando_vector_init(&selection.owned->items, sizeof(struct mando_catalog_item), SIZE_MAX);
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < selection.query->pattern_count && !status; i++)
        status = select_pattern(&selection, i);
    if (status) {
        free_owned(selection.owned);
        return status;
    }
    *catalog_out = (struct mando_catalog){.count = selection.owned->items.count,
                                          .items = selection.owned->items.items,
                                          .owned = selection.owned};
    return MANDO_OK;
}

enum mando_status service_select(struct mando_session *session, const struct mando_query *query,
                                 struct mando_catalog *catalog_out, struct mando_error *error)
{
    struct selection selection = {.session = session, .query = query, .error = error};
    return select_all(selection, catalog_out);
}

enum mando_status service_find(struct mando_session *session, const char *const *ids, size_t count,
                               struct mando_catalog *catalog_out, struct mando_error *error)
{
    struct mando_query query = MANDO_QUERY_DEFAULT;
    query.patterns = ids;
    query.pattern_count = count;
    struct selection selection = {
        .session = session, .query = &query, .is_exact = true, .error = error};
    return select_all(selection, catalog_out);
}

enum mando_status mando_service_catalog(struct mando_service *service,
                                        const struct mando_query *query,
                                        struct mando_catalog *catalog_out,
                                        struct mando_error *error)
{
    struct mando_session *session MANDO_CLEANUP(mando_session_leave) = NULL;
    enum mando_status status = mando_session_take(service->repository, &session, error);
    return status ? status : service_select(session, query, catalog_out, error);
}
