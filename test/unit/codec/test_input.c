#include "codec/input.h"

#include <sys/wait.h>

#include "mando/codec.h"
#include "support.h"

static unsigned char packed[1 << 20];

static enum mando_status read_back(const void *bytes, size_t length, char **text, size_t *read,
                                   struct mando_error *error)
{
    return mando_file_read(scratch_file("input", bytes, length), 0, text, read, error);
}

static void check_reads(const void *bytes, size_t length, const char *expected)
{
    char *text = NULL;
    size_t read = 0;
    CHECK_EQ(read_back(bytes, length, &text, &read, NULL), MANDO_OK);
    CHECK_EQ(read, strlen(expected));
    CHECK_TEXT(text, expected);
    mando_text_free(text);
}

static void check_refuses(const void *bytes, size_t length, const char *code, const char *message)
{
    char *text = NULL;
    size_t read = 7;
    struct mando_error error;
    CHECK(read_back(bytes, length, &text, &read, &error) != MANDO_OK);
    CHECK_ERROR(error, code, 0, 0, message);
    CHECK_WHERE(error, scratch_path("input"));
    CHECK(text == NULL);
    CHECK_EQ(read, 7);
}

TEST(input_reads_a_plain_file)
{
    check_reads("hello\n", 6, "hello\n");
}

TEST(input_reads_an_empty_file_and_one_of_one_byte)
{
    check_reads("", 0, "");
    check_reads("\x1f", 1, "\x1f");
}

TEST(input_reads_a_file_that_is_longer_than_its_buffers)
{
    static char bytes[300001];
    memset(bytes, 'x', sizeof bytes - 1);
    check_reads(bytes, sizeof bytes - 1, bytes);
}

TEST(input_expands_gzip_of_several_members)
{
    size_t length = gzip("one ", 4, packed, sizeof packed);
    check_reads(packed, length, "one ");
    length += gzip("", 0, packed + length, sizeof packed - length);
    length += gzip("two", 3, packed + length, sizeof packed - length);
    check_reads(packed, length, "one two");
}

TEST(input_expands_gzip_whatever_the_name)
{
    size_t length = gzip("{}", 2, packed, sizeof packed), read;
    char *text;
    CHECK_EQ(mando_file_read(scratch_file("a.json", packed, length), 0, &text, &read, NULL),
             MANDO_OK);
    CHECK_TEXT(text, "{}");
    mando_text_free(text);
}

TEST(input_refuses_gzip_that_is_cut_anywhere)
{
    size_t length = gzip("some text", 9, packed, sizeof packed);
    for (size_t cut = 2; cut < length; cut++) {
        char message[128];
        (void)snprintf(message, sizeof message,
                       "the gzip data end after %zu bytes, before their own end", cut);
        check_refuses(packed, cut, "gzip.truncated", message);
    }
}

TEST(input_refuses_gzip_that_is_damaged_and_what_follows_it)
{
    size_t length = gzip("some text", 9, packed, sizeof packed);
    packed[length] = 'x';
    packed[length + 1] = 'y';
    check_refuses(packed, length + 2, "gzip.corrupt",
                  "the gzip data are damaged: incorrect header check");
    packed[length - 5] ^= 1; /* of the checksum */
    check_refuses(packed, length, "gzip.corrupt",
                  "the gzip data are damaged: incorrect data check");
    packed[2] = 7;
    check_refuses(packed, length, "gzip.corrupt",
                  "the gzip data are damaged: unknown compression method");
}

TEST(input_limits_the_expanded_size_to_the_byte)
{
    char *text;
    size_t read;
    struct mando_error error;
    const char *path = scratch_file("limit", "12345", 5);
    CHECK_EQ(mando_file_read(path, 5, &text, &read, NULL), MANDO_OK);
    mando_text_free(text);
    CHECK_EQ(mando_file_read(path, 4, &text, &read, &error), MANDO_LIMIT);
    CHECK_ERROR(error, "io.limit", 0, 0, "the input expands to more than the limit of 4 bytes");
}

/* 1 GiB of zeros in about 1 MB: members of 16 MiB, the same one 64 times. */
static size_t make_bomb(unsigned char **bomb_out)
{
    size_t zeros = (size_t)16 << 20, count = 64;
    char *bytes = calloc(1, zeros);
    size_t length = gzip(bytes, zeros, packed, sizeof packed);
    free(bytes);
    *bomb_out = malloc(length * count);
    for (size_t i = 0; i < count; i++)
        memcpy(*bomb_out + i * length, packed, length);
    return length * count;
}

TEST(input_stops_a_gzip_bomb_at_the_limit)
{
    unsigned char *bomb;
    size_t length = make_bomb(&bomb), read;
    struct mando_error error;
    struct mando_input *input;
    const struct mando_input_options options = {.bytes_max = (uint64_t)100 << 20};
    CHECK_EQ(mando_input_open_memory(bomb, length, "bomb", &options, &input, NULL), MANDO_OK);
    static char piece[65536];
    uint64_t expanded = 0;
    enum mando_status status;
    while ((status = mando_input_read(input, piece, sizeof piece, &read, &error)) == MANDO_OK)
        expanded += read;
    CHECK_EQ(status, MANDO_LIMIT);
    CHECK(expanded <= options.bytes_max && expanded > options.bytes_max - sizeof piece);
    mando_input_free(input);
    free(bomb);
}

TEST(input_names_a_missing_file_and_a_folder)
{
    char *text;
    size_t read;
    struct mando_error error;
    CHECK_EQ(mando_file_read("/nowhere/a", 0, &text, &read, &error), MANDO_NOT_FOUND);
    CHECK_ERROR(error, "io.not_found", 0, 0, "there is no such file or folder");
    CHECK_TEXT(error.where, "/nowhere/a");
    CHECK_EQ(mando_file_read("/dev/null/a", 0, &text, &read, &error), MANDO_NOT_FOUND);
    CHECK_EQ(mando_file_read("", 0, &text, &read, &error), MANDO_NOT_FOUND);
    CHECK_EQ(mando_file_read("/", 0, &text, &read, &error), MANDO_INVALID);
    CHECK_ERROR(error, "io.directory", 0, 0, "a folder stands where a file is needed");
}

TEST(input_says_why_reading_failed)
{
    char *text;
    size_t read;
    struct mando_error error;
    CHECK_EQ(mando_file_read("/proc/self/mem", 0, &text, &read, &error), MANDO_IO);
    CHECK_ERROR(error, "io.read", 0, 0, "reading failed: Input/output error");
}

/* Root may read everything, so that another user has to try. */
static int read_as_nobody(const char *path)
{
    char *text;
    size_t read;
    struct mando_error error;
    if (getuid() == 0 && (setgid(65534) || setuid(65534)))
        return 2;
    if (mando_file_read(path, 0, &text, &read, &error) != MANDO_DENIED)
        return 3;
    return strcmp(error.code, "io.denied") == 0 ? 0 : 4;
}

TEST(input_names_a_file_that_may_not_be_read)
{
    (void)unlink(scratch_path("secret"));
    const char *path = scratch_file("secret", "x", 1);
    CHECK_EQ(chmod(path, 0), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(read_as_nobody(path));
    int result;
    CHECK_EQ(waitpid(child, &result, 0), child);
    CHECK(WIFEXITED(result));
    CHECK_EQ(WEXITSTATUS(result), 0);
}

TEST(input_reads_standard_input_and_leaves_it_open)
{
    int pipes[2], saved = dup(STDIN_FILENO);
    CHECK_EQ(pipe(pipes), 0);
    CHECK_EQ(write(pipes[1], "from a pipe", 11), 11);
    CHECK_EQ(close(pipes[1]), 0);
    CHECK_EQ(dup2(pipes[0], STDIN_FILENO), STDIN_FILENO);
    CHECK_EQ(close(pipes[0]), 0);
    char *text;
    size_t read;
    CHECK_EQ(mando_file_read("-", 0, &text, &read, NULL), MANDO_OK);
    CHECK_TEXT(text, "from a pipe");
    mando_text_free(text);
    char byte;
    CHECK_EQ(read_back("", 0, &text, &read, NULL), MANDO_OK);
    mando_text_free(text);
    CHECK_EQ((int)(pread(STDIN_FILENO, &byte, 1, 0) < 0 ? 1 : 0), 1); /* a pipe, and open */
    CHECK_EQ(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    CHECK_EQ(close(saved), 0);
}

static int stop_after(void *context, uint64_t bytes_read)
{
    uint64_t *limit = context;
    return bytes_read > *limit;
}

TEST(input_can_be_stopped_by_the_caller)
{
    static char bytes[200000], piece[1000];
    uint64_t limit = 100000;
    const struct mando_input_options options = {.progress = stop_after, .progress_context = &limit};
    struct mando_input *input;
    struct mando_error error;
    size_t read, total = 0;
    enum mando_status status;
    CHECK_EQ(mando_input_open_memory(bytes, sizeof bytes, "bytes", &options, &input, NULL),
             MANDO_OK);
    while ((status = mando_input_read(input, piece, sizeof piece, &read, &error)) == MANDO_OK)
        total += read;
    CHECK_EQ(status, MANDO_CANCELLED);
    CHECK_TEXT(error.code, "cancelled");
    CHECK(total <= limit);
    mando_input_free(input);
}

TEST(input_survives_every_failing_allocation)
{
    size_t length = gzip("some text", 9, packed, sizeof packed), read;
    char path[512];
    (void)snprintf(path, sizeof path, "%s", scratch_file("memory", packed, length));
    enum mando_status status = MANDO_NO_MEMORY;
    for (int64_t calls = 0; status == MANDO_NO_MEMORY; calls++) {
        char *text = NULL;
        struct mando_error error = {0};
        mando_alloc_fail_after(calls);
        status = mando_file_read(path, 0, &text, &read, &error);
        if (status)
            CHECK_TEXT(error.code, "memory");
        mando_text_free(text);
    }
    mando_alloc_fail_after(-1);
    CHECK_EQ(status, MANDO_OK);
}
