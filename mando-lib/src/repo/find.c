/* The catalog: configurations that count, as a stream of one batch. */
#include <string.h>

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "repo/catalog_columns.h"
#include "repo/store.h"

const struct mando_arrow_field CATALOG_FIELDS[CATALOG_COLUMNS] = {
    [CATALOG_ID] = {.name = "id", .type = MANDO_ARROW_TEXT},
    [CATALOG_TYPE] = {.name = "type", .type = MANDO_ARROW_TEXT},
    [CATALOG_UNIT] = {.name = "unit", .type = MANDO_ARROW_TEXT},
    [CATALOG_RESOLUTION] = {.name = "resolution", .type = MANDO_ARROW_TEXT, .nullable = true},
    [CATALOG_TIME_ZONE] = {.name = "time_zone", .type = MANDO_ARROW_TEXT},
    [CATALOG_AGGREGATION] = {.name = "aggregation", .type = MANDO_ARROW_TEXT},
    [CATALOG_WIDTH] = {.name = "width", .type = MANDO_ARROW_INT32},
    [CATALOG_DOCUMENT] = {.name = "document", .type = MANDO_ARROW_TEXT, .nullable = true},
    [CATALOG_KNOWN] = {.name = "known", .type = MANDO_ARROW_TIME},
    [CATALOG_CHANGED] = {.name = "changed", .type = MANDO_ARROW_TIME},
};

static void push_text(struct mando_arrow_builder *builder, enum catalog_column column,
                      const char *text)
{
    if (text)
        mando_arrow_push_text(builder, column, text, strlen(text));
    else if (CATALOG_FIELDS[column].nullable)
        mando_arrow_push_null(builder, column);
    else
        mando_arrow_push_text(builder, column, "", 0);
}

static void push_resolution(struct mando_arrow_builder *builder, struct mando_duration resolution)
{
    char text[MANDO_TIME_TEXT_SIZE];
    bool is_regular = resolution.months || resolution.days || resolution.time_us;
    mando_duration_format(resolution, text);
    push_text(builder, CATALOG_RESOLUTION, is_regular ? text : NULL);
}

static void push(struct mando_arrow_builder *builder, const struct mando_config *config)
{
    const struct mando_point *point = &config->point;
    push_text(builder, CATALOG_ID, point->id);
    push_text(builder, CATALOG_TYPE, mando_point_type_name(point->type));
    push_text(builder, CATALOG_UNIT, point->unit);
    push_resolution(builder, point->resolution);
    push_text(builder, CATALOG_TIME_ZONE, point->time_zone);
    push_text(builder, CATALOG_AGGREGATION, mando_aggregation_name(point->aggregation));
    mando_arrow_push_int(builder, CATALOG_WIDTH, point->width);
    push_text(builder, CATALOG_DOCUMENT, point->document);
    mando_arrow_push_int(builder, CATALOG_KNOWN, config->knowledge_us);
    mando_arrow_push_int(builder, CATALOG_CHANGED, config->change_us);
}

/* Of each id the newest version within the cuts, which is the first that comes. */
static enum mando_status collect(struct mando_store *store, const char *pattern,
                                 struct mando_as_of as_of, struct mando_arrow_builder *builder,
                                 struct mando_error *error)
{
    struct mando_config config;
    int64_t last_key = 0;
    char prefix[MANDO_POINT_ID_SIZE];
    size_t length = strcspn(pattern, "*");
    memcpy(prefix, pattern, length);
    prefix[length] = '\0';
    /* A last "**" also stands for no segment, with which the slash before it goes. */
    if (strcmp(pattern + length, "**") == 0 && length > 0)
        prefix[length - 1] = '\0';
    bool is_id = pattern[length] == '\0';
    enum mando_status status =
        store->ops->configs_seek(store, is_id ? pattern : NULL, prefix, error);
    while (!status) {
        status = store->ops->configs_next(store, &config, error);
        if (status || config.key == 0)
            break;
        if (config.key == last_key || config.knowledge_us > as_of.knowledge_us
            || config.change_us > as_of.change_us || !mando_point_matches(pattern, config.point.id))
            continue;
        last_key = config.key;
        push(builder, &config);
        status = mando_store_check(store, error);
    }
    store->ops->cursors_end(store);
    return status;
}

enum mando_status mando_store_points_find(struct mando_session *session, const char *pattern,
                                          struct mando_as_of as_of,
                                          struct ArrowArrayStream *stream_out,
                                          struct mando_error *error)
{
    struct mando_arrow_builder builder MANDO_CLEANUP(mando_arrow_builder_release) = {0};
    struct mando_store *store = mando_store_of(session);
    enum mando_status status = mando_store_check(store, error);
    if (!status)
        status = mando_point_pattern_check(pattern, strlen(pattern), error);
    if (!status && mando_arrow_builder_init(&builder, CATALOG_FIELDS, CATALOG_COLUMNS))
        status = mando_store_no_memory(error, "a catalog");
    if (!status)
        status = collect(store, pattern, as_of, &builder, error);
    return status ? status : mando_arrow_stream_of(CATALOG_FIELDS, &builder, stream_out, error);
}
