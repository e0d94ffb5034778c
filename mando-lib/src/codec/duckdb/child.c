/* A query in a process of its own. The parent sends statements, each its length and its text; the child answers
 * with frames: the columns, rows as they come, the end or a failure. What a child says is not believed: it may
 * have been led astray by the file that it reads. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "codec/duckdb/query.h"

/* The longest that a child may think before it says something. */
#define SILENCE_MS 60000
/* What it may have beyond the memory of its parent. */
#define MEMORY_BYTES_MAX ((rlim_t)3 << 30)
#define FRAME_BYTES_MAX ((size_t)1 << 30)
#define COLUMNS_MAX 65536
#define SOCKET_BYTES (1 << 20)

enum kind { COLUMNS = 1, ROWS, END, FAILURE };

struct frame {
    uint32_t kind, count; /* of columns, of rows */
    uint64_t size;        /* of what follows */
};

struct duck_child {
    pid_t process;
    int socket;
    bool has_ended; /* the result: nothing comes before the next statement */
    char *bytes;    /* of the last frame; 8 more than it has */
    size_t capacity;
};

static bool send_all(int socket, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t count = send(socket, at, size, MSG_NOSIGNAL);
        if (count <= 0 && errno != EINTR)
            return false;
        at += count > 0 ? count : 0;
        size -= count > 0 ? (size_t)count : 0;
    }
    return true;
}

/* 0 where there is no more, or nothing in time; -1 after a failure. */
static int receive_all(int socket, void *bytes, size_t size, int timeout_ms)
{
    char *at = bytes;
    while (size > 0) {
        struct pollfd wait = {.fd = socket, .events = POLLIN};
        int ready = timeout_ms < 0 ? 1 : poll(&wait, 1, timeout_ms);
        ssize_t count = ready > 0 ? recv(socket, at, size, 0) : ready;
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return ready == 0 ? 0 : -1;
        at += count;
        size -= (size_t)count;
    }
    return 1;
}

/* Of the values that stand alone. */
static size_t size_of(duckdb_type type)
{
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
        return sizeof(bool);
    case DUCKDB_TYPE_VARCHAR:
        return sizeof(duckdb_string_t);
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_TIMESTAMP_NS:
        return sizeof(int64_t);
    default:
        return 0;
    }
}

/* Arrays begin where numbers may stand. */
static size_t padded(size_t size)
{
    return (size + 7) / 8 * 8;
}

static size_t words_of(size_t row_count)
{
    return (row_count + 63) / 64;
}

static bool is_long(const duckdb_string_t *text)
{
    return text->value.inlined.length > sizeof text->value.inlined.inlined;
}

/* The child. */

static void append(struct mando_text *text, const void *bytes, size_t size)
{
    static const char ZEROS[8] = {0};
    mando_text_append(text, bytes, size);
    mando_text_append(text, ZEROS, padded(size) - size);
}

static bool send_frame(int socket, enum kind kind, size_t count, const struct mando_text *text)
{
    const struct frame frame = {(uint32_t)kind, (uint32_t)count, text->length};
    return !text->status && send_all(socket, &frame, sizeof frame)
           && send_all(socket, text->bytes, text->length);
}

static bool send_columns(int socket, const struct duck_table *table, struct mando_text *text)
{
    text->length = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        const uint64_t head[2] = {(uint64_t)table->columns[i].type, strlen(table->columns[i].name)};
        append(text, head, sizeof head);
        append(text, table->columns[i].name, (size_t)head[1]);
    }
    return send_frame(socket, COLUMNS, table->column_count, text);
}

/* Texts that do not stand in their cell follow the column. What is null may be anything. */
static void append_texts(struct mando_text *text, const struct duck_column *column, size_t count)
{
    const duckdb_string_t *texts = column->data;
    uint64_t size = 0;
    for (size_t i = 0; i < count; i++) {
        static const duckdb_string_t NONE = {0};
        bool is_null = column->validity && !(column->validity[i / 64] >> (i % 64) & 1);
        append(text, is_null ? &NONE : &texts[i], sizeof NONE);
        size += !is_null && is_long(&texts[i]) ? texts[i].value.pointer.length : 0;
    }
    append(text, &size, sizeof size);
    for (size_t i = 0; i < count; i++)
        if ((!column->validity || column->validity[i / 64] >> (i % 64) & 1) && is_long(&texts[i]))
            mando_text_append(text, texts[i].value.pointer.ptr, texts[i].value.pointer.length);
    while (text->length % 8 && !text->status)
        mando_text_append(text, "", 1);
}

static bool send_rows(int socket, const struct duck_table *table, struct mando_text *text)
{
    text->length = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct duck_column *column = &table->columns[i];
        const uint64_t has_validity = column->validity != NULL;
        append(text, &has_validity, sizeof has_validity);
        if (column->validity)
            append(text, column->validity, words_of(table->row_count) * sizeof *column->validity);
        if (column->type == DUCKDB_TYPE_VARCHAR)
            append_texts(text, column, table->row_count);
        else
            append(text, column->data, size_of(column->type) * table->row_count);
    }
    return send_frame(socket, ROWS, table->row_count, text);
}

static bool send_result(int socket, struct duck_query *query, const char *sql,
                        struct mando_text *text)
{
    bool is_good = duck_query_run(query, sql);
    if (is_good && !send_columns(socket, &query->table, text))
        return false;
    while (is_good) {
        is_good = duck_query_next(query);
        if (!is_good || query->table.row_count == 0)
            break;
        if (!send_rows(socket, &query->table, text))
            return false;
    }
    text->length = 0;
    if (!is_good)
        mando_text_append(text, query->reason, strlen(query->reason));
    return send_frame(socket, is_good ? END : FAILURE, 0, text);
}

/* Answers statements until nobody asks any more. */
static void serve(int socket, const struct duck_library *duck, const char *path)
{
    struct duck_query query = {0};
    struct mando_text text;
    uint64_t size = 0;
    mando_text_init(&text, FRAME_BYTES_MAX);
    bool is_open = duck_query_open(&query, duck, path);
    while (receive_all(socket, &size, sizeof size, -1) > 0) {
        char *sql = mando_alloc((size_t)size + 1, 1);
        if (!sql || receive_all(socket, sql, (size_t)size, -1) < 1)
            return;
        text.length = 0;
        mando_text_append(&text, query.reason, strlen(query.reason));
        if (is_open ? !send_result(socket, &query, sql, &text)
                    : !send_frame(socket, FAILURE, 0, &text))
            return;
        mando_free(sql);
    }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)                            \
    || __has_feature(memory_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

/* The address space of this process. */
static rlim_t memory_bytes(void)
{
    char text[64] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && !fgets(text, sizeof text, file))
        text[0] = '\0';
    if (file)
        (void)fclose(file);
    return (rlim_t)strtoul(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void limit_memory(void)
{
#ifdef HAS_SANITIZER /* which takes addresses without end */
    (void)memory_bytes;
#else
    struct rlimit limit;
    rlim_t most = memory_bytes() + MEMORY_BYTES_MAX;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur <= most)
        return;
    limit.rlim_cur = most;
    (void)setrlimit(RLIMIT_AS, &limit);
#endif
}

/* It dies with its parent and of what kills, dumps no core, has no more memory than it needs and no files but two. The key that
 * interrupts a program reaches both: what becomes of the child is the parent's to say. */
static void confine(pid_t parent, int socket, int file)
{
    static const struct rlimit NO_CORE = {0, 0};
    static const int DEADLY[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    int low = socket < file ? socket : file, high = socket < file ? file : socket;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    for (size_t i = 0; i < sizeof DEADLY / sizeof *DEADLY; i++)
        (void)signal(DEADLY[i], SIG_DFL);
    (void)signal(SIGINT, SIG_IGN);
    (void)setrlimit(RLIMIT_CORE, &NO_CORE);
    limit_memory();
    if (low > 3)
        (void)close_range(3, (unsigned)low - 1, 0);
    if (high > low + 1)
        (void)close_range((unsigned)low + 1, (unsigned)high - 1, 0);
    (void)close_range((unsigned)high + 1, ~0U, 0);
    if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stdout)
        || !freopen("/dev/null", "w", stderr))
        _exit(1);
}

/* The parent. */

static struct duck_child *start(const struct duck_library *duck, const char *path, int file)
{
    const int size = SOCKET_BYTES;
    int sockets[2];
    pid_t parent = getpid();
    struct duck_child *child = mando_alloc(1, sizeof *child);
    if (!child || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
        mando_free(child);
        return NULL;
    }
    (void)setsockopt(sockets[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    child->socket = sockets[0];
    child->has_ended = true;
    child->process = fork();
    if (child->process == 0) {
        confine(parent, sockets[1], file);
        serve(sockets[1], duck, path);
        _exit(0);
    }
    (void)close(sockets[1]);
    if (child->process > 0)
        return child;
    duck_child_close(child);
    return NULL;
}

bool duck_query_open_child(struct duck_query *query, const struct duck_library *duck,
                           const char *path, int file)
{
    query->duck = duck;
    query->child = start(duck, path, file);
    return query->child || duck_query_fail(query, "Out of memory");
}

/* Ends the child, and waits for it; what became of it before. */
static int end(struct duck_child *child, bool has_time)
{
    int status = 0;
    if (child->process <= 0)
        return 0;
    if (!has_time)
        (void)kill(child->process, SIGKILL);
    while (waitpid(child->process, &status, 0) < 0 && errno == EINTR)
        continue;
    child->process = 0;
    return status;
}

void duck_child_close(struct duck_child *child)
{
    (void)end(child, false);
    (void)close(child->socket);
    mando_free(child->bytes);
    mando_free(child);
}

static bool fail_child(struct duck_query *query, int received)
{
    char reason[80];
    if (received == 0)
        (void)snprintf(reason, sizeof reason, "the reader said nothing for %d seconds",
                       SILENCE_MS / 1000);
    int status = end(query->child, received != 0);
    if (received && WIFSIGNALED(status))
        (void)snprintf(reason, sizeof reason, "the reader died of signal %d", WTERMSIG(status));
    else if (received)
        (void)snprintf(reason, sizeof reason, "the reader ended too early, with status %d",
                       WEXITSTATUS(status));
    query->has_died = true;
    return duck_query_fail(query, reason);
}

static bool fail_frame(struct duck_query *query)
{
    (void)end(query->child, false);
    query->has_died = true;
    return duck_query_fail(query, "the reader's answer makes no sense");
}

static bool receive_frame(struct duck_query *query, struct frame *frame)
{
    struct duck_child *child = query->child;
    int received = receive_all(child->socket, frame, sizeof *frame, SILENCE_MS);
    if (received < 1)
        return fail_child(query, received);
    if (frame->size > FRAME_BYTES_MAX || frame->kind < COLUMNS || frame->kind > FAILURE)
        return fail_frame(query);
    if (frame->size + 8 > child->capacity) {
        char *bytes = mando_realloc(child->bytes, (size_t)frame->size + 8, 1);
        if (!bytes)
            return duck_query_fail(query, "Out of memory");
        child->bytes = bytes;
        child->capacity = (size_t)frame->size + 8;
    }
    received = receive_all(child->socket, child->bytes, (size_t)frame->size, SILENCE_MS);
    child->bytes[frame->size] = '\0';
    child->has_ended = frame->kind == END || frame->kind == FAILURE;
    return received > 0 || fail_child(query, received);
}

/* What is left of a frame; a part that is longer is NULL. */
struct rest {
    char *at;
    size_t size;
};

static void *take(struct rest *rest, uint64_t size)
{
    char *at = rest->at;
    if (size > rest->size || padded((size_t)size) > rest->size)
        return NULL;
    rest->at += padded((size_t)size);
    rest->size -= padded((size_t)size);
    return at;
}

static bool take_columns(struct duck_query *query, const struct frame *frame)
{
    struct rest rest = {query->child->bytes, (size_t)frame->size};
    if (frame->count > COLUMNS_MAX)
        return fail_frame(query);
    if (!duck_table_init(&query->table, frame->count))
        return duck_query_fail(query, "Out of memory");
    for (size_t i = 0; i < frame->count; i++) {
        struct duck_column *column = &query->table.columns[i];
        const uint64_t *head = take(&rest, 2 * sizeof *head);
        const char *name = head ? take(&rest, head[1]) : NULL;
        if (!name)
            return fail_frame(query);
        column->type = (duckdb_type)head[0];
        column->name = mando_alloc((size_t)head[1] + 1, 1);
        if (!column->name)
            return duck_query_fail(query, "Out of memory");
        memcpy(column->name, name, (size_t)head[1]);
    }
    return true;
}

/* Texts point to what follows them. */
static bool take_texts(struct rest *rest, duckdb_string_t *texts, size_t count)
{
    const uint64_t *size = take(rest, sizeof *size);
    uint64_t left = size ? *size : 0;
    char *at = size ? take(rest, left) : NULL;
    if (!at)
        return false;
    for (size_t i = 0; i < count; i++) {
        uint32_t length = texts[i].value.pointer.length;
        if (!is_long(&texts[i]))
            continue;
        if (length > left)
            return false;
        texts[i].value.pointer.ptr = at;
        at += length;
        left -= length;
    }
    return true;
}

static bool take_column(struct rest *rest, struct duck_column *column, size_t count)
{
    size_t size = size_of(column->type);
    const uint64_t *has_validity = take(rest, sizeof *has_validity);
    column->validity = NULL;
    if (!has_validity || size == 0)
        return false;
    if (*has_validity)
        column->validity = take(rest, words_of(count) * sizeof *column->validity);
    void *data = !*has_validity || column->validity ? take(rest, size * count) : NULL;
    column->data = data;
    return data && (column->type != DUCKDB_TYPE_VARCHAR || take_texts(rest, data, count));
}

static bool take_rows(struct duck_query *query, const struct frame *frame)
{
    struct rest rest = {query->child->bytes, (size_t)frame->size};
    if (frame->count == 0 || frame->count > DUCK_QUERY_ROWS)
        return fail_frame(query);
    for (size_t i = 0; i < query->table.column_count; i++)
        if (!take_column(&rest, &query->table.columns[i], frame->count))
            return fail_frame(query);
    query->table.row_count = frame->count;
    return true;
}

/* What is left of the statement before is passed over. */
bool duck_child_run(struct duck_query *query, const char *sql)
{
    struct duck_child *child = query->child;
    const uint64_t size = strlen(sql);
    struct frame frame;
    while (!child->has_ended)
        if (!receive_frame(query, &frame))
            return false;
    child->has_ended = false;
    if (!send_all(child->socket, &size, sizeof size) || !send_all(child->socket, sql, (size_t)size))
        return fail_child(query, -1);
    if (!receive_frame(query, &frame))
        return false;
    if (frame.kind == FAILURE)
        return duck_query_fail(query, child->bytes);
    return frame.kind == COLUMNS ? take_columns(query, &frame) : fail_frame(query);
}

bool duck_child_next(struct duck_query *query)
{
    struct frame frame;
    query->table.row_count = 0;
    if (query->child->has_ended)
        return true;
    if (!receive_frame(query, &frame))
        return false;
    if (frame.kind == FAILURE)
        return duck_query_fail(query, query->child->bytes);
    if (frame.kind == END)
        return true;
    return frame.kind == ROWS ? take_rows(query, &frame) : fail_frame(query);
}
