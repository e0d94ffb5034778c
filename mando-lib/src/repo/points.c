/* Data points: their configurations are versioned as values are. */
#include <string.h>

#include "repo/store.h"

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_equal(const struct mando_point *a, const struct mando_point *b)
{
    return strcmp(a->unit, b->unit) == 0 && strcmp(a->time_zone, b->time_zone) == 0
           && a->aggregation == b->aggregation && a->resolution.months == b->resolution.months
           && a->resolution.days == b->resolution.days
           && a->resolution.time_us == b->resolution.time_us && same_text(a->document, b->document);
}

/* The configuration that a new one is compared with, as a value would be: that of the same knowledge
 * time where one was given, else the one that counts. key 0 where there is none. */
static enum mando_status read_before(struct mando_store *store, const char *id,
                                     struct mando_config *before, struct mando_error *error)
{
    const struct mando_store_transaction *transaction = &store->transaction;
    enum mando_status status = store->ops->configs_seek(store, id, NULL, error);
    if (!status)
        status = store->ops->configs_next(store, before, error);
    while (!status && transaction->is_known && before->key
           && before->knowledge_us > transaction->knowledge_us)
        status = store->ops->configs_next(store, before, error);
    if (!status && transaction->is_known && before->knowledge_us != transaction->knowledge_us)
        before->key = 0;
    return status;
}

static enum mando_status put_config(struct mando_store *store, const struct mando_point *point,
                                    int64_t key, struct mando_error *error)
{
    struct mando_store_transaction *transaction = &store->transaction;
    transaction->written.configured++;
    struct mando_config config = {.point = *point,
                                  .key = key,
                                  .knowledge_us = transaction->knowledge_us,
                                  .change_us = transaction->change_us};
    return store->ops->config_put(store, &config, error);
}

static enum mando_status change_point(struct mando_store *store, const struct mando_point *point,
                                      const struct mando_store_point *found,
                                      struct mando_error *error)
{
    struct mando_config before;
    if (found->type != point->type || found->width != point->width)
        return mando_fail_at(error, MANDO_E_POINT_TYPE, point->id, 0, 0,
                             "the type and the number of labels of a data point never change");
    enum mando_status status = read_before(store, point->id, &before, error);
    if (status || (before.key && is_equal(&before.point, point)))
        return status;
    if (before.key && before.change_us == store->transaction.change_us)
        return mando_fail_at(error, MANDO_E_VALUES_DUPLICATE, point->id, 0, 0,
                             "the transaction has another configuration of this data point");
    status = mando_store_touch(store, error);
    return status ? status : put_config(store, point, found->key, error);
}

static enum mando_status put_point(struct mando_store *store, const struct mando_point *point,
                                   struct mando_error *error)
{
    struct mando_store_point found;
    enum mando_status status = store->ops->point_find(store, point->id, &found, error);
    if (status)
        return status;
    if (found.key)
        return change_point(store, point, &found, error);
    int64_t key = 0;
    status = mando_store_touch(store, error);
    if (!status)
        status = store->ops->point_put(store, point, &key, error);
    return status ? status : put_config(store, point, key, error);
}

enum mando_status mando_store_points_put(struct mando_session *session,
                                         const struct mando_point *points, size_t count,
                                         struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    enum mando_status status = mando_store_writing(store, error);
    for (size_t i = 0; i < count && !status; i++)
        status = put_point(store, &points[i], error);
    return mando_store_wrote(store, status);
}
