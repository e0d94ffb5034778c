#include "repo/version.h"

#include <string.h>

static int compare_times(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int mando_version_compare(const struct mando_version *a, const struct mando_version *b)
{
    int order = compare_times(a->start_us, b->start_us);
    if (!order)
        order = compare_times(a->knowledge_us, b->knowledge_us);
    return order ? order : compare_times(a->change_us, b->change_us);
}

bool mando_version_equals(const struct mando_version *a, const struct mando_version *b)
{
    return a->end_us == b->end_us && a->deleted == b->deleted && a->present == b->present
           && a->number == b->number && a->size == b->size
           && (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

bool mando_version_is_within(const struct mando_version *version, struct mando_as_of as_of)
{
    return version->knowledge_us <= as_of.knowledge_us && version->change_us <= as_of.change_us;
}

/* The newest of a knowledge time, or NULL. */
static const struct mando_version *newest_known(const struct mando_version *versions, size_t count,
                                                int64_t knowledge_us)
{
    while (count > 0 && versions[count - 1].knowledge_us > knowledge_us)
        count--;
    bool is_there = count > 0 && versions[count - 1].knowledge_us == knowledge_us;
    return is_there ? &versions[count - 1] : NULL;
}

enum mando_verdict mando_version_judge(const struct mando_version *versions, size_t count,
                                       const struct mando_version *row, bool is_known)
{
    const struct mando_version *same = newest_known(versions, count, row->knowledge_us);
    if (same && same->change_us == row->change_us)
        return mando_version_equals(same, row) ? MANDO_VERDICT_REPEATED : MANDO_VERDICT_DUPLICATE;
    const struct mando_version *counting = count ? &versions[count - 1] : NULL;
    const struct mando_version *before = is_known ? same : counting;
    if (before && mando_version_equals(before, row))
        return MANDO_VERDICT_UNCHANGED;
    return count ? MANDO_VERDICT_CORRECTED : MANDO_VERDICT_INSERTED;
}
