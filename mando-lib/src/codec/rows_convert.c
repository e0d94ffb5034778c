/* Rows from one format to another. The file is read twice: ids, units and which columns there are must be known
 * before the first row is written. What can be read once only is copied. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/vector.h"
#include "codec/input.h"
#include "codec/rows_writer.h"

/* The id of rows that name none, which nobody sees but in JSON. */
#define NO_ID "rows"

struct convert {
    const char *path; /* as it was given */
    FILE *copy;       /* of standard input or a pipe; NULL = none */
    char copy_path[32];
    enum mando_rows_format format;
    struct mando_rows_options options;
    struct mando_vector points; /* of struct mando_point, in the order of ids */
    bool has_unnamed, has_known, has_deleted;
    struct mando_rows_reader *reader; /* of the second reading */
    bool is_json;                     /* what is written */
    int32_t last;                     /* point of the row before */
    int32_t *places;                  /* of the rows at hand */
    size_t capacity;
};

static const char *path_of(const struct convert *convert)
{
    return convert->copy ? convert->copy_path : convert->path;
}

/* The copy is not what people know. */
static enum mando_status place(const struct convert *convert, enum mando_status status,
                               struct mando_error *error)
{
    if (status && error && convert->copy && strcmp(error->where, convert->copy_path) == 0)
        mando_fail_place(error, strcmp(convert->path, "-") == 0 ? "standard input" : convert->path,
                         error->line, error->column);
    return status;
}

static enum mando_status no_memory(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to convert rows");
}

static bool is_read_once(const char *path)
{
    struct stat file;
    return strcmp(path, "-") == 0 || (stat(path, &file) == 0 && !S_ISREG(file.st_mode));
}

static enum mando_status copy_input(struct convert *convert, struct mando_error *error)
{
    const struct mando_input_options limits = {.bytes_max = convert->options.bytes_max};
    char bytes[65536];
    size_t length = 0;
    struct mando_input *input = NULL;
    enum mando_status status = mando_input_open(convert->path, &limits, &input, error);
    if (status)
        return status;
    convert->copy = tmpfile();
    bool is_written = convert->copy != NULL;
    do {
        status = mando_input_read(input, bytes, sizeof bytes, &length, error);
        is_written = is_written && fwrite(bytes, 1, status ? 0 : length, convert->copy) == length;
    } while (!status && is_written && length > 0);
    mando_input_free(input);
    if (!status && !(is_written && fflush(convert->copy) == 0))
        status = mando_fail(error, MANDO_E_IO_WRITE, -1, "a temporary file cannot be written");
    if (!status)
        (void)snprintf(convert->copy_path, sizeof convert->copy_path, "/proc/self/fd/%d",
                       fileno(convert->copy));
    return status;
}

/* What a file tells of a data point, which only JSON does more than once. */
static enum mando_status take_point(void *context, const struct mando_rows_point *told,
                                    const struct mando_zone **zone_out, struct mando_error *error)
{
    struct convert *convert = context;
    const struct mando_point none = {.id = NO_ID, .type = MANDO_SERIES, .width = 1};
    *zone_out = NULL; /* dates are those of UTC */
    while (convert->points.count <= told->index)
        if (mando_vector_push(&convert->points, &none))
            return no_memory(error);
    struct mando_point *found = &((struct mando_point *)convert->points.items)[told->index];
    (void)snprintf(found->id, sizeof found->id, "%s", told->id);
    if (told->unit)
        (void)snprintf(found->unit, sizeof found->unit, "%s", told->unit);
    if (told->resolution)
        found->resolution = *told->resolution;
    return MANDO_OK;
}

static void look_at(struct convert *convert, const struct mando_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        convert->has_unnamed = convert->has_unnamed || !rows->point || rows->point[i] == 0;
        convert->has_known = convert->has_known || mando_rows_is_known(rows, i);
        convert->has_deleted = convert->has_deleted || mando_rows_is_deleted(rows, i);
    }
}

static enum mando_status survey(struct convert *convert, struct mando_error *error)
{
    struct mando_rows rows = {0};
    enum mando_status status = mando_rows_read_open(path_of(convert), convert->format,
                                                    &convert->options, &convert->reader, error);
    do {
        if (!status)
            status = mando_rows_read_next(convert->reader, &rows, error);
        if (!status)
            look_at(convert, &rows);
    } while (!status && rows.count);
    mando_rows_read_close(convert->reader);
    convert->reader = NULL;
    return status;
}

/* JSON has the rows of a data point in one place. */
static enum mando_status check_order(struct convert *convert, const struct mando_rows *rows,
                                     struct mando_error *error)
{
    const struct mando_point *points = convert->points.items;
    for (size_t i = 0; i < rows->count; i++) {
        int32_t point = rows->point[i];
        if (point < convert->last) {
            (void)mando_fail(error, MANDO_E_IO_FORMAT, -1,
                             "a row of %.80s follows one of %.80s: JSON holds the rows of a data "
                             "point together",
                             points[point].id, points[convert->last].id);
            mando_rows_read_fail(convert->reader, mando_rows_read_place(convert->reader, i), error);
            return MANDO_INVALID;
        }
        convert->last = point;
    }
    return MANDO_OK;
}

/* The id of rows that name none is no data point, where all others have one. */
static enum mando_status shift(struct convert *convert, struct mando_rows *rows,
                               struct mando_error *error)
{
    if (rows->count > convert->capacity) {
        int32_t *places = mando_realloc(convert->places, rows->count, sizeof *places);
        if (!places)
            return no_memory(error);
        convert->places = places;
        convert->capacity = rows->count;
    }
    for (size_t i = 0; i < rows->count; i++)
        convert->places[i] = rows->point[i] - 1;
    rows->point = convert->places;
    return MANDO_OK;
}

static enum mando_status next(void *context, struct mando_rows *rows, struct mando_error *error)
{
    struct convert *convert = context;
    enum mando_status status = mando_rows_read_next(convert->reader, rows, error);
    if (!status && convert->is_json)
        status = check_order(convert, rows, error);
    return status || rows->count == 0 || convert->has_unnamed ? status
                                                              : shift(convert, rows, error);
}

static enum mando_status write_out(struct convert *convert, const char *out,
                                   enum mando_rows_format format, const char *compression,
                                   struct mando_error *error)
{
    const struct rows_source source = {next, convert};
    size_t unseen = convert->has_unnamed || convert->points.count < 2 ? 0 : 1;
    const struct mando_rows_write_options options = {
        .points = (const struct mando_point *)convert->points.items + unseen,
        .point_count = convert->points.count - unseen,
        .width = 1,
        .with_id = convert->points.count > 1,
        .with_known = convert->has_known,
        .with_deleted = convert->has_deleted,
        .compression = compression};
    enum mando_status status = mando_rows_read_open(path_of(convert), convert->format,
                                                    &convert->options, &convert->reader, error);
    return status ? status : rows_write_file(out, format, &source, &options, error);
}

static void release(struct convert *convert)
{
    mando_rows_read_close(convert->reader);
    mando_vector_release(&convert->points);
    mando_free(convert->places);
    if (convert->copy)
        (void)fclose(convert->copy);
}

enum mando_status mando_rows_convert(const char *in, enum mando_rows_format in_format,
                                     const char *out, enum mando_rows_format out_format,
                                     const struct mando_rows_convert_options *options,
                                     struct mando_error *error)
{
    static const struct mando_rows_convert_options DEFAULT = {0};
    options = options ? options : &DEFAULT;
    struct convert convert MANDO_CLEANUP(release) = {
        .path = in,
        .format = in_format,
        .is_json = out_format == MANDO_ROWS_JSON,
        .options = {.id_otherwise = NO_ID,
                    .point = take_point,
                    .bytes_max = options->bytes_max,
                    .rows_max = options->rows_max,
                    .progress = options->progress,
                    .progress_context = options->progress_context,
                    .in_child = options->in_child}};
    convert.options.point_context = &convert;
    mando_vector_init(&convert.points, sizeof(struct mando_point), SIZE_MAX);
    if (in_format == MANDO_ROWS_SMARD || out_format == MANDO_ROWS_SMARD)
        return mando_fail_at(error, MANDO_E_IO_FORMAT, in, 0, 0,
                             "downloads of SMARD are imported, not converted");
    enum mando_status status = is_read_once(in) ? copy_input(&convert, error) : MANDO_OK;
    if (!status)
        status = survey(&convert, error);
    if (!status)
        status = write_out(&convert, out, out_format, options->compression, error);
    return place(&convert, status, error);
}
