/* The files that the arguments of `mando import` stand for. */
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/text.h"
#include "import.h"

#define PATH_LENGTH_MAX 4096

static bool is_pattern(const char *path)
{
    return strpbrk(path, "*?[") != NULL;
}

/* A path as a pattern that fits nothing else. */
static void append_escaped(struct mando_text *text, const char *path)
{
    for (; *path; path++) {
        mando_text_append(text, "\\", strchr("*?[\\", *path) != NULL);
        mando_text_append(text, path, 1);
    }
}

/* Whether the name tells a format that the source has. */
static bool has_format(const struct import *import, const char *path)
{
    struct stat info;
    enum mando_rows_format format;
    if (stat(path, &info) != 0 || S_ISDIR(info.st_mode) || cli_path_format(path, &format, NULL))
        return false;
    return import->source != SOURCE_SMARD || format == MANDO_ROWS_CSV;
}

static enum mando_status fail_none(const char *argument, const char *what,
                                   struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_IO_NOT_FOUND, argument, 0, 0, "there is no file %s", what);
}

/* What a pattern fits, ascending; of a folder only what has a format. */
static enum mando_status add(struct import_files *files, const struct import *import,
                             const char *pattern, const char *argument, bool is_folder,
                             struct mando_error *error)
{
    size_t before = files->found.gl_pathc;
    int flags = GLOB_APPEND | (is_folder || is_pattern(argument) ? 0 : GLOB_NOCHECK);
    int result = glob(pattern, before ? flags : flags & ~GLOB_APPEND, NULL, &files->found);
    if (result == GLOB_NOSPACE)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for names of files");
    size_t count = result ? before : files->found.gl_pathc, added = 0;
    const char **paths =
        mando_realloc(files->paths, files->count + count - before + 1, sizeof *paths);
    if (!paths)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for names of files");
    files->paths = paths;
    for (size_t i = before; i < count; i++)
        if (!is_folder || has_format(import, files->found.gl_pathv[i]))
            paths[files->count + added++] = files->found.gl_pathv[i];
    files->count += added;
    return added ? MANDO_OK
                 : fail_none(argument,
                             is_folder ? "in the folder whose name tells a format that is read"
                                       : "whose name fits the pattern",
                             error);
}

static enum mando_status add_argument(struct import_files *files, const struct import *import,
                                      const char *argument, struct mando_error *error)
{
    struct stat info;
    struct mando_text pattern MANDO_CLEANUP(mando_text_release);
    bool is_there = stat(argument, &info) == 0, is_folder = is_there && S_ISDIR(info.st_mode);
    mando_text_init(&pattern, PATH_LENGTH_MAX);
    if (is_there)
        append_escaped(&pattern, argument);
    else
        mando_text_append(&pattern, argument, strlen(argument));
    if (is_folder)
        mando_text_append_format(&pattern, "/*");
    if (pattern.status)
        return mando_fail_at(error, MANDO_E_IO_NOT_FOUND, argument, 0, 0,
                             "the name of a file is too long");
    return add(files, import, pattern.bytes ? pattern.bytes : "", argument, is_folder, error);
}

enum mando_status import_files_find(const struct import *import, struct import_files *files_out,
                                    struct mando_error *error)
{
    const struct cli *cli = import->cli;
    enum mando_status status = MANDO_OK;
    *files_out = (struct import_files){0};
    for (size_t i = 0; i < cli->argument_count && !status; i++)
        status = add_argument(files_out, import, cli->arguments[i], error);
    return status;
}

void import_files_release(struct import_files *files)
{
    if (files->found.gl_pathc)
        globfree(&files->found);
    mando_free(files->paths);
}
