#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "mando/codec.h"
#include "support.h"

#define PERIODS 3

static const double POWER[] = {-10, 0, 10}, SOC[] = {2.375, 2.375, 0},
                    PRICE[] = {90.91, NAN, -0.01}, PROFIT[] = {-227.5, -0.0, 1e-9},
                    WATER[] = {95.5, 100.0 / 3, NAN};

static const struct mando_plan PLAN = {.periods = PERIODS,
                                       .start_us = 1764543600 * MANDO_SECOND_US,
                                       .step_us = 900 * MANDO_SECOND_US,
                                       .power_mw = POWER,
                                       .soc_mwh = SOC,
                                       .price_eur_per_mwh = PRICE,
                                       .profit_eur = PROFIT,
                                       .water_value_eur_per_mwh = WATER};

static const char GOLDEN[] =
    "start,power_mw,soc_mwh,price_eur_per_mwh,profit_eur,water_value_eur_per_mwh\n"
    "2025-11-30T23:00:00Z,-10,2.375,90.91,-227.5,95.5\n"
    "2025-11-30T23:15:00Z,0,2.375,,0,33.333333333333336\n"
    "2025-11-30T23:30:00Z,10,0,-0.01,1e-9,\n";

/* A folder of its own that is empty at the start of each test; returns a name in it. */
static const char *in_folder(const char *name)
{
    static char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", scratch_path("out"), name);
    return path;
}

static size_t files_in_folder(bool remove)
{
    size_t count = 0;
    DIR *folder = opendir(scratch_path("out"));
    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (remove && unlink(in_folder(entry->d_name)) && rmdir(in_folder(entry->d_name)))
            fail();
    }
    if (folder)
        (void)closedir(folder);
    return count;
}

static void empty_folder(void)
{
    (void)files_in_folder(true);
    (void)mkdir(scratch_path("out"), 0755);
    CHECK_EQ(chmod(scratch_path("out"), 0777), 0);
}

static void check_holds(const char *path, const char *expected)
{
    char *text;
    size_t length;
    CHECK_EQ(mando_file_read(path, 0, &text, &length, NULL), MANDO_OK);
    CHECK_TEXT(text, expected);
    mando_text_free(text);
}

static void check_fails(const char *path, enum mando_status status, const char *code,
                        const char *message)
{
    struct mando_error error;
    CHECK_EQ(mando_schedule_write(path, &PLAN, &error), status);
    CHECK_ERROR(error, code, 0, 0, message);
    CHECK_WHERE(error, path);
}

TEST(schedule_is_written_to_the_letter)
{
    empty_folder();
    CHECK_EQ(mando_schedule_write(in_folder("plan.csv"), &PLAN, NULL), MANDO_OK);
    check_holds(in_folder("plan.csv"), GOLDEN);
    CHECK_EQ(files_in_folder(false), 1);
}

TEST(schedule_is_compressed_by_its_name)
{
    empty_folder();
    CHECK_EQ(mando_schedule_write(in_folder("plan.csv.gz"), &PLAN, NULL), MANDO_OK);
    check_holds(in_folder("plan.csv.gz"), GOLDEN);
    FILE *file = fopen(in_folder("plan.csv.gz"), "rb");
    CHECK_EQ(fgetc(file), 0x1F);
    CHECK_EQ(fclose(file), 0);
}

TEST(schedule_of_many_rows_is_whole)
{
    enum { MANY = 20000 };
    static double numbers[MANY];
    for (size_t i = 0; i < MANY; i++)
        numbers[i] = (double)i + 0.5;
    struct mando_plan plan = PLAN;
    plan.periods = MANY;
    plan.power_mw = plan.soc_mwh = plan.price_eur_per_mwh = numbers;
    plan.profit_eur = plan.water_value_eur_per_mwh = numbers;
    static const char *const NAMES[] = {"many.csv", "many.csv.gz"};
    empty_folder();
    for (size_t k = 0; k < 2; k++) {
        char *text;
        size_t length, lines = 0;
        CHECK_EQ(mando_schedule_write(in_folder(NAMES[k]), &plan, NULL), MANDO_OK);
        CHECK_EQ(mando_file_read(in_folder(NAMES[k]), 0, &text, &length, NULL), MANDO_OK);
        for (size_t i = 0; i < length; i++)
            lines += text[i] == '\n';
        CHECK_EQ(lines, MANY + 1);
        CHECK(strstr(text, "\n2026-06-27T06:45:00Z,19999.5,19999.5,19999.5,19999.5,19999.5\n"));
        mando_text_free(text);
    }
}

TEST(schedule_replaces_a_file_and_keeps_its_permissions)
{
    struct stat file;
    empty_folder();
    (void)scratch_file("out/plan.csv", "old", 3);
    CHECK_EQ(chmod(in_folder("plan.csv"), 0640), 0);
    CHECK_EQ(mando_schedule_write(in_folder("plan.csv"), &PLAN, NULL), MANDO_OK);
    check_holds(in_folder("plan.csv"), GOLDEN);
    CHECK_EQ(stat(in_folder("plan.csv"), &file), 0);
    CHECK_EQ(file.st_mode & 0777, 0640);
}

TEST(schedule_follows_a_link)
{
    struct stat file;
    empty_folder();
    (void)scratch_file("out/plan.csv", "old", 3);
    CHECK_EQ(symlink("plan.csv", in_folder("link.csv")), 0);
    CHECK_EQ(mando_schedule_write(in_folder("link.csv"), &PLAN, NULL), MANDO_OK);
    CHECK_EQ(lstat(in_folder("link.csv"), &file), 0);
    CHECK(S_ISLNK(file.st_mode));
    check_holds(in_folder("plan.csv"), GOLDEN);
}

TEST(schedule_names_formats_it_cannot_write)
{
    check_fails("plan.json", MANDO_INVALID, "io.format",
                "a schedule is CSV: its name must end in .csv or .csv.gz");
    check_fails("", MANDO_INVALID, "io.format",
                "a schedule is CSV: its name must end in .csv or .csv.gz");
    check_fails("csv", MANDO_INVALID, "io.format",
                "a schedule is CSV: its name must end in .csv or .csv.gz");
}

TEST(schedule_names_a_folder_and_a_missing_one)
{
    empty_folder();
    CHECK_EQ(mkdir(in_folder("folder.csv"), 0755), 0);
    check_fails(in_folder("folder.csv"), MANDO_INVALID, "io.directory",
                "a folder stands where a file is needed");
    check_fails(in_folder("none/plan.csv"), MANDO_NOT_FOUND, "io.not_found",
                "there is no such file or folder");
    CHECK_EQ(files_in_folder(false), 1);
}

TEST(schedule_to_a_full_device_says_so)
{
    empty_folder();
    CHECK_EQ(symlink("/dev/full", in_folder("full.csv")), 0);
    check_fails(in_folder("full.csv"), MANDO_IO, "io.write",
                "writing failed: No space left on device");
    CHECK_EQ(files_in_folder(false), 1);
}

/* Runs in a child, whose limits and user are its own; its answer is the exit status. */
static int in_child(int (*run)(const char *path), const char *path)
{
    int result = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(run(path));
    CHECK_EQ(waitpid(child, &result, 0), child);
    return WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

static int write_beyond_the_limit(const char *path)
{
    const struct rlimit limit = {100, 100};
    struct mando_error error;
    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit))
        return 2;
    if (mando_schedule_write(path, &PLAN, &error) != MANDO_IO)
        return 3;
    return strcmp(error.message, "writing failed: File too large") == 0 ? 0 : 4;
}

TEST(schedule_that_does_not_fit_leaves_the_old_file_and_nothing_else)
{
    empty_folder();
    (void)scratch_file("out/plan.csv", "old", 3);
    CHECK_EQ(in_child(write_beyond_the_limit, in_folder("plan.csv")), 0);
    check_holds(in_folder("plan.csv"), "old");
    CHECK_EQ(in_child(write_beyond_the_limit, in_folder("new.csv.gz")), 0);
    CHECK_EQ(files_in_folder(false), 1);
}

static int write_as_nobody(const char *path)
{
    struct mando_error error;
    if (getuid() == 0 && (setgid(65534) || setuid(65534)))
        return 2;
    if (mando_schedule_write(path, &PLAN, &error) != MANDO_DENIED)
        return 3;
    return strcmp(error.code, "io.denied") == 0 ? 0 : 4;
}

TEST(schedule_is_not_written_where_the_user_may_not)
{
    empty_folder();
    (void)scratch_file("out/plan.csv", "old", 3);
    CHECK_EQ(chmod(in_folder("plan.csv"), 0444), 0);
    CHECK_EQ(in_child(write_as_nobody, in_folder("plan.csv")), 0);
    CHECK_EQ(chmod(scratch_path("out"), 0555), 0);
    CHECK_EQ(in_child(write_as_nobody, in_folder("new.csv")), 0);
    CHECK_EQ(chmod(scratch_path("out"), 0777), 0);
    check_holds(in_folder("plan.csv"), "old");
    CHECK_EQ(files_in_folder(false), 1);
}

TEST(schedule_goes_to_standard_output_and_leaves_it_open)
{
    int saved = dup(STDOUT_FILENO), pipes[2];
    char text[1024] = {0};
    (void)fflush(stdout);
    CHECK_EQ(pipe(pipes), 0);
    CHECK_EQ(dup2(pipes[1], STDOUT_FILENO), STDOUT_FILENO);
    enum mando_status status = mando_schedule_write("-", &PLAN, NULL);
    bool open = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
    CHECK_EQ(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
    CHECK_EQ(close(pipes[1]), 0);
    CHECK_EQ(read(pipes[0], text, sizeof text - 1), sizeof GOLDEN - 1);
    CHECK_EQ(close(pipes[0]), 0);
    CHECK_EQ(close(saved), 0);
    CHECK_EQ(status, MANDO_OK);
    CHECK(open);
    CHECK_TEXT(text, GOLDEN);
}

TEST(schedule_survives_every_failing_allocation)
{
    enum mando_status status = MANDO_NO_MEMORY;
    empty_folder();
    for (int64_t calls = 0; status == MANDO_NO_MEMORY; calls++) {
        struct mando_error error = {0};
        mando_alloc_fail_after(calls);
        status = mando_schedule_write(in_folder("plan.csv.gz"), &PLAN, &error);
        if (status)
            CHECK_TEXT(error.code, "memory");
        CHECK_EQ(files_in_folder(false), status ? 0 : 1);
    }
    mando_alloc_fail_after(-1);
    CHECK_EQ(status, MANDO_OK);
}
