/* Rows of a file in another format. */
#include <sys/wait.h>

#include "mando/codec.h"
#include "support.h"

static char in[512], out[512];

static void write_in(const char *name, const char *text)
{
    (void)snprintf(in, sizeof in, "%s", scratch_file(name, text, strlen(text)));
}

static enum mando_status convert_to(enum mando_rows_format from, const char *name,
                                    enum mando_rows_format to, struct mando_error *error)
{
    (void)snprintf(out, sizeof out, "%s", scratch_path(name));
    (void)unlink(out);
    return mando_rows_convert(in, from, out, to, NULL, error);
}

static void check_text(const char *path, const char *expected)
{
    char *text = NULL;
    size_t length = 0;
    CHECK_EQ(mando_file_read(path, 0, &text, &length, NULL), MANDO_OK);
    CHECK_TEXT(text, expected);
    mando_text_free(text);
}

static const char CSV[] = "id,start,end,known,value,deleted\n"
                          "a/b,2025-12-01T00:00:00Z,,2025-11-30T12:00:00Z,1.5,false\n"
                          "a/b,2025-12-01T01:00:00Z,2025-12-01T02:00:00Z,,,false\n"
                          "c,2025-12-01T00:00:00Z,,,,true\n";

TEST(rows_are_the_same_after_going_through_every_format)
{
    static const enum mando_rows_format FORMATS[] = {MANDO_ROWS_NDJSON, MANDO_ROWS_JSON,
#ifdef MANDO_DUCKDB
                                                     MANDO_ROWS_PARQUET,
#endif
                                                     MANDO_ROWS_CSV};
    enum mando_rows_format format = MANDO_ROWS_CSV;
    struct mando_error error;
    write_in("in", CSV);
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "step%zu", i);
        CHECK_EQ(convert_to(format, name, FORMATS[i], &error), MANDO_OK);
        format = FORMATS[i];
        memcpy(in, out, sizeof in);
    }
    check_text(in, CSV);
}

TEST(only_the_columns_that_there_are_come_out)
{
    write_in("plain.csv", "start,value\n2025-12-01,1\n2025-12-02,\n");
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "plain.ndjson", MANDO_ROWS_NDJSON, NULL), MANDO_OK);
    check_text(out, "{\"start\":\"2025-12-01T00:00:00Z\",\"end\":null,\"value\":1}\n"
                    "{\"start\":\"2025-12-02T00:00:00Z\",\"end\":null,\"value\":null}\n");
    write_in("none.csv", "start,value\n");
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "none.out", MANDO_ROWS_CSV, NULL), MANDO_OK);
    check_text(out, "start,end,value\n");
}

TEST(what_json_tells_of_its_series_is_told_again)
{
    static const char JSON[] =
        "{\"series\":[{\"id\":\"x\",\"unit\":\"MW\",\"resolution\":\"PT1H\","
        "\"start\":[\"2025-12-01T00:00:00Z\"],\"end\":[\"2025-12-01T01:00:00Z\"],\"value\":[1]},"
        "{\"id\":\"y\",\"resolution\":null,\"start\":[],\"end\":[],\"value\":[]}]}\n";
    struct mando_error error;
    write_in("series.json", JSON);
    CHECK_EQ(convert_to(MANDO_ROWS_JSON, "again.json", MANDO_ROWS_JSON, &error), MANDO_OK);
    check_text(out, JSON);
}

TEST(json_needs_the_rows_of_a_data_point_together)
{
    struct mando_error error;
    write_in("mixed.csv", "id,start,value\na,2025-12-01,1\nb,2025-12-01,2\na,2025-12-02,3\n");
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "mixed.json", MANDO_ROWS_JSON, &error), MANDO_INVALID);
    CHECK_ERROR(error, "io.format", 4, 1,
                "a row of a follows one of b: JSON holds the rows of a data point together");
    CHECK_WHERE(error, in);
    CHECK_EQ(access(out, F_OK), -1);
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "mixed.ndjson", MANDO_ROWS_NDJSON, &error), MANDO_OK);
}

TEST(what_is_wrong_with_a_file_is_told_at_its_place_and_nothing_is_written)
{
    struct mando_error error;
    write_in("wrong.csv", "start,value\n2025-12-01,1\n2025-12-02,x\n");
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "wrong.ndjson", MANDO_ROWS_NDJSON, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "csv.number");
    CHECK_EQ(error.line, 3);
    CHECK_EQ(access(out, F_OK), -1);
    CHECK_EQ(convert_to(MANDO_ROWS_SMARD, "smard.csv", MANDO_ROWS_CSV, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "io.format");
    (void)snprintf(in, sizeof in, "%s", scratch_path("missing.csv"));
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "missing.ndjson", MANDO_ROWS_NDJSON, &error),
             MANDO_NOT_FOUND);
}

TEST(standard_input_is_read_twice_from_a_copy)
{
    struct mando_error error;
    write_in("stdin.csv", "start,value\n2025-12-01,1\n2025-12-02,x\n");
    int before = dup(STDIN_FILENO);
    assert_non_null(freopen(in, "r", stdin));
    (void)snprintf(in, sizeof in, "-");
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "stdin.ndjson", MANDO_ROWS_NDJSON, &error), MANDO_INVALID);
    CHECK_TEXT(error.where, "standard input");
    write_in("stdin.csv", "start,value\n2025-12-01,1\n");
    assert_non_null(freopen(in, "r", stdin));
    (void)snprintf(in, sizeof in, "-");
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "stdin.ndjson", MANDO_ROWS_NDJSON, &error), MANDO_OK);
    check_text(out, "{\"start\":\"2025-12-01T00:00:00Z\",\"end\":null,\"value\":1}\n");
    CHECK_EQ(dup2(before, STDIN_FILENO), STDIN_FILENO);
    (void)close(before);
}

/* `in` becomes a pipe that holds the bytes of the file that it was, once; told is the process that fills it. */
static pid_t pipe_in(const char *name)
{
    char *bytes = NULL;
    size_t length = 0;
    CHECK_EQ(mando_file_read(in, 0, &bytes, &length, NULL), MANDO_OK);
    (void)snprintf(in, sizeof in, "%s", scratch_path(name));
    (void)unlink(in);
    CHECK_EQ(mkfifo(in, 0600), 0);
    pid_t writer = fork();
    if (writer == 0) {
        FILE *pipe = fopen(in, "wb");
        _exit(pipe && fwrite(bytes, 1, length, pipe) == length && fclose(pipe) == 0 ? 0 : 1);
    }
    mando_text_free(bytes);
    (void)alarm(60); /* a second opening would wait for ever */
    return writer;
}

static void end_pipe(pid_t writer)
{
    int result = -1;
    (void)alarm(0);
    CHECK_EQ(waitpid(writer, &result, 0), writer);
    CHECK_EQ(result, 0);
}

TEST(a_pipe_is_read_once)
{
    struct mando_error error;
    write_in("piped.csv", CSV);
    pid_t writer = pipe_in("pipe");
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "piped.out", MANDO_ROWS_CSV, &error), MANDO_OK);
    end_pipe(writer);
    check_text(out, CSV);
    write_in("piped.csv", "start,value\n2025-12-01,1\n2025-12-02,x\n");
    writer = pipe_in("pipe");
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "piped.out", MANDO_ROWS_CSV, &error), MANDO_INVALID);
    end_pipe(writer);
    CHECK_TEXT(error.code, "csv.number");
    CHECK_WHERE(error, in);
    CHECK_EQ(error.line, 3);
    CHECK_EQ(access(out, F_OK), -1);
    (void)snprintf(in, sizeof in, "%s", scratch_path("."));
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "piped.out", MANDO_ROWS_CSV, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "io.directory");
}

#ifdef MANDO_DUCKDB
TEST(parquet_is_read_from_a_pipe)
{
    struct mando_error error;
    write_in("in.csv", CSV);
    CHECK_EQ(convert_to(MANDO_ROWS_CSV, "piped.parquet", MANDO_ROWS_PARQUET, &error), MANDO_OK);
    memcpy(in, out, sizeof in);
    pid_t writer = pipe_in("pipe");
    CHECK_EQ(convert_to(MANDO_ROWS_PARQUET, "unpiped.csv", MANDO_ROWS_CSV, &error), MANDO_OK);
    end_pipe(writer);
    check_text(out, CSV);
}

TEST(parquet_is_compressed_as_it_is_asked_for)
{
    static const char *const NAMES[] = {"none", "lz4", "zstd", "snappy", "deflate", "rar"};
    struct mando_error error;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const struct mando_rows_convert_options options = {.compression = NAMES[i]};
        write_in("in.csv", CSV);
        (void)snprintf(out, sizeof out, "%s", scratch_path("packed.parquet"));
        enum mando_status status =
            mando_rows_convert(in, MANDO_ROWS_CSV, out, MANDO_ROWS_PARQUET, &options, &error);
        CHECK_EQ(status, strcmp(NAMES[i], "rar") == 0 ? MANDO_INVALID : MANDO_OK);
        if (status)
            continue;
        memcpy(in, out, sizeof in);
        CHECK_EQ(convert_to(MANDO_ROWS_PARQUET, "unpacked.csv", MANDO_ROWS_CSV, &error), MANDO_OK);
        check_text(out, CSV);
    }
    CHECK_TEXT(error.code, "io.format");
}
#endif
