/* Who made a change: asked for once for all the versions of a chunk. */
#include <stdlib.h>

#include "base/alloc.h"
#include "repo/postgres/postgres.h"

#define TYPE_TIME 1184

/* Those of the chunk that is being read, and the one that is asked for; in the server's order. */
struct changes {
    int64_t *times;
    size_t count;
};

static int compare_times(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static void keep_distinct(struct changes *changes)
{
    size_t kept = 0;
    qsort(changes->times, changes->count, sizeof *changes->times, compare_times);
    for (size_t i = 1; i < changes->count; i++)
        if (changes->times[i] != changes->times[kept])
            changes->times[++kept] = changes->times[i];
    changes->count = kept + 1;
}

static bool collect(const struct postgres_session *session, int64_t change_us,
                    struct changes *changes)
{
    const PGresult *rows = session->versions.rows;
    size_t count = rows ? (size_t)PQntuples(rows) : 0;
    changes->times = mando_alloc(count + 1, sizeof *changes->times);
    if (!changes->times)
        return false;
    for (size_t i = 0; i < count; i++)
        changes->times[i] = postgres_get_int(rows, (int)i, POSTGRES_VERSION_CHANGE);
    changes->times[count] = postgres_time_of(change_us);
    changes->count = count + 1;
    keep_distinct(changes);
    return true;
}

static void append_array(struct mando_text *out, const struct changes *changes)
{
    char bytes[POSTGRES_ARRAY_HEADER];
    postgres_write_array(bytes, TYPE_TIME, (uint32_t)changes->count);
    mando_text_append(out, bytes, sizeof bytes);
    postgres_write_32(bytes, sizeof *changes->times);
    for (size_t i = 0; i < changes->count; i++) {
        postgres_write_64(bytes + 4, (uint64_t)changes->times[i]);
        mando_text_append(out, bytes, POSTGRES_ARRAY_ITEM);
    }
}

static enum mando_status read_authors(struct postgres_session *session, int64_t change_us,
                                      struct mando_error *error)
{
    struct postgres_parameters parameters = {.count = 0};
    struct mando_text array MANDO_CLEANUP(mando_text_release);
    struct changes changes = {0};
    mando_text_init(&array, SIZE_MAX);
    bool is_collected = collect(session, change_us, &changes);
    if (is_collected)
        append_array(&array, &changes);
    mando_free(changes.times);
    if (!is_collected || array.status)
        return mando_store_no_memory(error, "the names of authors");
    postgres_add_bytes(&parameters, array.bytes, array.length);
    postgres_authors_end(session);
    return postgres_run(session, STATEMENT_AUTHORS, &parameters, &session->authors, error);
}

void postgres_authors_end(struct postgres_session *session)
{
    postgres_clear(&session->authors);
}

/* Its row among those that were read, ascending; -1 where it is not among them. */
static int find(const struct postgres_session *session, int64_t change_us)
{
    int low = 0, high = session->authors ? PQntuples(session->authors) : 0, end = high;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (postgres_get_time(session->authors, middle, 0) < change_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && postgres_get_time(session->authors, low, 0) == change_us ? low : -1;
}

enum mando_status postgres_author(struct mando_store *store, int64_t change_us,
                                  const char **author_out, struct mando_error *error)
{
    struct postgres_session *session = (struct postgres_session *)store;
    int row = find(session, change_us);
    enum mando_status status = MANDO_OK;
    if (row < 0) {
        status = read_authors(session, change_us, error);
        row = status ? -1 : find(session, change_us);
    }
    if (row >= 0)
        *author_out = PQgetvalue(session->authors, row, 1);
    else if (!status)
        status = postgres_fail_damaged(session, "a version has no change", error);
    return status;
}
