#include "parts.h"

#include <inttypes.h>

#include "check.h"
#include "repo/store.h"

static void print_config(struct mando_text *text, const struct mando_config *config)
{
    const struct mando_point *point = &config->point;
    mando_text_append_format(
        text,
        "configuration %s %d %u %s %s %d %d %d %" PRId64 " %s known %" PRId64 " changed %" PRId64,
        point->id, point->type, (unsigned)point->width, point->unit, point->time_zone,
        point->aggregation, point->resolution.months, point->resolution.days,
        point->resolution.time_us, point->document ? point->document : "none", config->knowledge_us,
        config->change_us);
}

static void print_version(struct mando_text *text, const char *id,
                          const struct mando_version *version)
{
    mando_text_append_format(
        text, "version %s %" PRId64 " %" PRId64 " known %" PRId64 " changed %" PRId64 " %s%s", id,
        version->start_us, version->end_us, version->knowledge_us, version->change_us,
        version->present ? "present " : "", version->deleted ? "deleted " : "");
    if (version->present)
        mando_text_append_format(text, "%a ", version->number);
    for (size_t i = 0; i < version->size; i++)
        mando_text_append_format(text, "%02x", (unsigned char)version->bytes[i]);
}

static void print_record(struct mando_text *text, const struct mando_record_kind *kind,
                         const struct mando_record *record)
{
    mando_text_append_format(text, "%s changed %" PRId64 " %" PRId64, kind->name, record->change_us,
                             record->row);
    for (size_t i = 0; i < kind->column_count; i++) {
        const struct mando_record_value *value = &record->values[i];
        if (value->is_null)
            mando_text_append_format(text, " -");
        else if (kind->columns[i].type == MANDO_COLUMN_TEXT)
            mando_text_append_format(text, " \"%.*s\"", (int)value->length,
                                     value->length ? value->text : "");
        else
            mando_text_append_format(text, " %" PRId64, value->integer);
    }
}

static enum mando_status print(void *context, const struct mando_part *part)
{
    struct mando_text *text = context;
    switch (part->kind) {
    case MANDO_PART_CHANGE:
        mando_text_append_format(text, "change %" PRId64 " %s %s", part->change->change_us,
                                 part->change->author, part->change->reason);
        break;
    case MANDO_PART_CONFIGURATION:
        print_config(text, part->configuration);
        break;
    case MANDO_PART_VERSION:
        print_version(text, part->id, part->version);
        break;
    case MANDO_PART_RECORD:
        print_record(text, part->record_kind, part->record);
        break;
    }
    mando_text_append(text, "\n", 1);
    return MANDO_OK;
}

struct mando_text parts_text(struct mando_session *session, const struct mando_change_range *range,
                             unsigned kinds)
{
    struct mando_text text;
    struct mando_error error = {0};
    mando_text_init(&text, SIZE_MAX);
    mando_text_append(&text, "", 0);
    enum mando_status status =
        session->repository->ops->parts_scan(session, range, kinds, print, &text, &error);
    if (status)
        print_error("%s\n", error.message);
    CHECK_EQ(status, MANDO_OK);
    CHECK_EQ(text.status, MANDO_OK);
    return text;
}

struct copying {
    struct mando_session *to;
    struct mando_error *error;
};

static enum mando_status restore(void *context, const struct mando_part *part)
{
    const struct copying *copying = context;
    struct mando_session *to = copying->to;
    return to->repository->ops->restore(to, part, copying->error);
}

enum mando_status parts_copy(struct mando_session *from, struct mando_session *to,
                             const struct mando_change_range *range, struct mando_error *error)
{
    const struct mando_repository_ops *ops = to->repository->ops;
    struct copying copying = {to, error};
    struct mando_written written;
    int64_t newest_us;
    enum mando_status status = ops->version(to, &newest_us, error);
    if (!status)
        status = ops->restore_begin(to, newest_us, error);
    if (status)
        return status;
    status =
        from->repository->ops->parts_scan(from, range, MANDO_PARTS_ALL, restore, &copying, error);
    if (!status)
        return ops->commit(to, &written, error);
    ops->rollback(to);
    return status;
}

void parts_check_same(struct mando_session *a, struct mando_session *b)
{
    struct mando_text one = parts_text(a, &EVER, MANDO_PARTS_ALL);
    struct mando_text other = parts_text(b, &EVER, MANDO_PARTS_ALL);
    CHECK_TEXT(other.bytes, one.bytes);
    mando_text_release(&one);
    mando_text_release(&other);
}

void aside_open(struct aside *aside)
{
    CHECK_EQ(mando_repository_open("memory:", NULL, &aside->repository, NULL), MANDO_OK);
    CHECK_EQ(mando_session_take(aside->repository, &aside->session, NULL), MANDO_OK);
}

void aside_close(struct aside *aside)
{
    mando_session_give(aside->session);
    mando_repository_unref(aside->repository);
}
