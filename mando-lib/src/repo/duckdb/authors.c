/* Who made a change. History asks once a version, mostly about few changes or about neighbours: so they are
 * read in blocks, and some blocks are kept. */
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "repo/duckdb/session.h"

#define BLOCKS 16
#define BLOCK_ROWS 512

struct block {
    int64_t changes[BLOCK_ROWS]; /* ascending */
    const char *authors[BLOCK_ROWS];
    size_t count;
    struct mando_arena arena;
};

struct duck_authors {
    struct block blocks[BLOCKS];
    size_t next; /* to be filled */
};

void duck_authors_free(struct duck_authors *authors)
{
    for (size_t i = 0; authors && i < BLOCKS; i++)
        mando_arena_release(&authors->blocks[i].arena);
    mando_free(authors);
}

static const char *find_in_block(const struct block *block, int64_t change_us)
{
    size_t low = 0, high = block->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (block->changes[middle] < change_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low < block->count && block->changes[low] == change_us ? block->authors[low] : NULL;
}

static const char *find(const struct duck_authors *authors, int64_t change_us)
{
    const char *author = NULL;
    for (size_t i = 0; i < BLOCKS && !author; i++)
        author = find_in_block(&authors->blocks[i], change_us);
    return author;
}

/* On a connection of its own: the cursor of the session's is open. */
static enum mando_status prepare(struct duck_session *session, struct mando_error *error)
{
    static const char SQL[] =
        "SELECT change, author FROM change WHERE change >= ? ORDER BY change LIMIT 512";
    if (session->statements[DUCK_AUTHORS])
        return MANDO_OK;
    if (!session->aside
        && session->duck->connect(session->owner->db, &session->aside) != DuckDBSuccess)
        return mando_store_no_memory(error, "the name of an author");
    return duck_prepare(session, session->aside, SQL, &session->statements[DUCK_AUTHORS], error);
}

static enum mando_status add_row(struct block *block, const struct duck_cursor *row,
                                 struct mando_error *error)
{
    size_t length;
    const char *author = duck_text(row, 1, &length);
    char *copy = mando_arena_alloc(&block->arena, length + 1, 1);
    if (!copy)
        return mando_store_no_memory(error, "the name of an author");
    memcpy(copy, author, length);
    block->changes[block->count] = duck_int(row, 0);
    block->authors[block->count++] = copy;
    return MANDO_OK;
}

static enum mando_status read_block(struct duck_session *session, struct block *block,
                                    int64_t change_us, struct mando_error *error)
{
    struct duck_cursor cursor = {0};
    block->count = 0;
    mando_arena_release(&block->arena);
    enum mando_status status = prepare(session, error);
    if (status)
        return status;
    struct duck_call call = {
        .session = session, .statement = session->statements[DUCK_AUTHORS], .error = error};
    duck_bind_time(&call, change_us);
    status = duck_cursor_open(&call, "ts", DUCK_RECORDS, &cursor);
    bool is_there = !status;
    while (!status && is_there) {
        status = duck_cursor_next(session, &cursor, &is_there, error);
        if (!status && is_there && block->count < BLOCK_ROWS)
            status = add_row(block, &cursor, error);
    }
    duck_cursor_close(session, &cursor);
    return status;
}

enum mando_status duck_author(struct duck_session *session, int64_t change_us,
                              const char **author_out, struct mando_error *error)
{
    if (!session->authors)
        session->authors = mando_alloc(1, sizeof *session->authors);
    struct duck_authors *authors = session->authors;
    if (!authors)
        return mando_store_no_memory(error, "the name of an author");
    const char *author = find(authors, change_us);
    if (!author) {
        struct block *block = &authors->blocks[authors->next++ % BLOCKS];
        enum mando_status status = read_block(session, block, change_us, error);
        if (status)
            return status;
        author = find_in_block(block, change_us);
    }
    if (!author)
        return duck_fail_damaged(session, "a change has no author", error);
    *author_out = author;
    return MANDO_OK;
}
