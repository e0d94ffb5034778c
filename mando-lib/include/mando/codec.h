/* mando/codec.h: prices and rows from files, schedules and rows to files.
 *
 * Every reader streams: plain or gzip (told by the first bytes, not by the name), with limits on
 * the expanded size, on rows and on the length of a line. Errors carry file, line and column; columns
 * count characters from 1. */
#ifndef MANDO_CODEC_H
#define MANDO_CODEC_H

#include "mando/paths.h"
#include "mando/plan.h"
#include "mando/rows.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mando_prices_options {
    const char *column;      /* SMARD: the header up to " [" or the zone's id; else NULL */
    const char *from, *to;   /* keep from <= start < to, mando_time_parse_relative; NULL = all */
    const char *resolution;  /* ISO 8601; the step of one row, else prices are converted */
    const char *zone_folder; /* TZif files; NULL = the system's */
    /* Of dates, relative times and cuts of P1D and longer; NULL = Europe/Berlin for SMARD, else UTC. */
    const struct mando_zone *zone;
    int64_t now_us;
    uint64_t bytes_max, rows_max; /* expanded bytes and rows; 0 = 4 GiB, 10 million */
    /* Called after each piece with the bytes taken from the file, compressed ones where it is; a
     * result other than 0 cancels. */
    int (*progress)(void *context, uint64_t bytes_read);
    void *progress_context;
};

/* Reads a whole file into memory, plain or gzip, for documents such as a battery; "-" is standard
 * input; bytes_max counts expanded bytes, 0 = 4 GiB. *text_out is the caller's, mando_text_free; it
 * ends with a NUL that length_out leaves out.
 * MANDO_NOT_FOUND, MANDO_DENIED, MANDO_INVALID (io.directory), MANDO_IO, MANDO_LIMIT (io.limit),
 * MANDO_CORRUPT (gzip.*), MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_file_read(const char *path, uint64_t bytes_max, char **text_out,
                                            size_t *length_out, struct mando_error *error);
MANDO_API void mando_text_free(char *text);

/* Reads a price file or a SMARD download (its first column is `Datum von`); "-" is CSV from standard
 * input. Fills *prices_out, mando_prices_release. options NULL = defaults.
 *
 * Every row is checked, those outside from and to as well; only there a SMARD download may have no
 * value. A resolution that makes longer periods takes their means, one that makes shorter ones
 * repeats; each new period must be covered by whole prices and all must be equally long
 * (prices.resolution). index_first is then 0.
 * The statuses of mando_file_read, MANDO_INVALID (csv.*, text.*, prices.*, smard.column, time.*),
 * MANDO_CANCELLED (cancelled). error->where is the file, or "from", "to", "resolution" where
 * that option cannot be used. */
MANDO_API enum mando_status mando_prices_read(const char *path,
                                              const struct mando_prices_options *options,
                                              struct mando_prices *prices_out,
                                              struct mando_error *error);

/* Reads a matrix of price paths: `start`, then one column for each path under its label, which is not
 * empty and there once; each row is a period. "-" is CSV from standard input. Fills *paths_out,
 * mando_paths_release. Rules, options (column is not looked at) and statuses are those of
 * mando_prices_read. */
MANDO_API enum mando_status mando_paths_read(const char *path,
                                             const struct mando_prices_options *options,
                                             struct mando_paths *paths_out,
                                             struct mando_error *error);

/* Writes the schedule of a plan as CSV: start,power_mw,soc_mwh,price_eur_per_mwh,profit_eur,
 * water_value_eur_per_mwh. "-" is standard output; a name that ends in .gz is compressed. A file is
 * there whole or not at all: it is written beside its name, synced and renamed, with the permissions
 * of the one it replaces; a device or pipe is written as it is.
 * MANDO_INVALID (io.format: another extension; io.directory), MANDO_DENIED, MANDO_NOT_FOUND, MANDO_IO (io.write),
 * MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_schedule_write(const char *path, const struct mando_plan *plan,
                                                 struct mando_error *error);

/* Rows of data points in a file. CSV: a header, then a line for each row. NDJSON: a JSON object on each
 * line. JSON: one object, {"series": [{"id": ..., "start": [...], "value": [...]}]}, columns of one
 * length for each data point. SMARD: a download of day-ahead prices as it comes; only read. Parquet: a
 * column for each, times as timestamp[us, UTC]; read and written with DuckDB, and so by builds that have it (io.format), where
 * its library is there (db.scheme). A row is its line in errors. */
enum mando_rows_format {
    MANDO_ROWS_CSV = 1,
    MANDO_ROWS_NDJSON,
    MANDO_ROWS_JSON,
    MANDO_ROWS_SMARD,
    MANDO_ROWS_PARQUET
};

/* What a file tells of a data point before its rows. */
struct mando_rows_point {
    const char *id;
    size_t index;     /* in mando_rows_read_ids */
    const char *unit; /* only JSON tells it and the next; NULL = it does not */
    const struct mando_duration *resolution; /* NULL = not told; zero = irregular */
};

struct mando_rows_options {
    const char *id; /* of all rows; NULL: each row or series has one */
    const char
        *id_otherwise; /* where id is NULL: of rows and series that name none; it is the first id */
    enum mando_point_type type; /* of all values; 0 = MANDO_SERIES */
    uint32_t width;             /* of a matrix: its columns, in place of `value` */
    const char *const *labels;
    /* Of a series: what stands in place of `value`; then start and this are all columns. */
    const char *value_name;
    /* SMARD: the column that has the values of `id`, its header up to " [" or its zone; both NULL: every
     * column that assets/smard/columns.csv has an id for. A cell without a value is no row. */
    const char *column;
    const char *zone_folder;       /* SMARD: TZif files; NULL = the system's */
    const struct mando_zone *zone; /* of dates without a time; NULL = UTC */
    /* Called before the first row of each data point, of JSON before each series: answers the zone of
     * its dates, which must stay until the reader is closed, or refuses it with an error, which gets
     * the place of the id if it is MANDO_INVALID without one. NULL: all have `zone`. */
    enum mando_status (*point)(void *context, const struct mando_rows_point *point,
                               const struct mando_zone **zone_out, struct mando_error *error);
    void *point_context;
    uint64_t bytes_max, rows_max; /* expanded bytes and rows; 0 = 4 GiB, 10 million */
    int (*progress)(void *context, uint64_t bytes_read); /* as in mando_prices_options */
    void *progress_context;
    /* Parquet is read by a forked child, so that a file that makes DuckDB crash is an error (io.read), with limits of
     * memory and time; only for a process that has no other thread. 0: in this process, which a crash ends. */
    int in_child;
};

struct mando_rows_reader;

/* Opens a file of rows to be written: the columns start and value, and perhaps end, known, deleted and
 * id, in any order; unknown and repeated ones are refused. An empty cell, in JSON null, is a missing
 * value, elsewhere what is absent; a deleted row has no value. Documents lose the blanks between
 * their parts. A row of a JSON series that tells a resolution ends after it, unless it has an end of
 * its own. "-" is standard input; gzip is told by its first bytes. Strings of options are borrowed.
 * *reader_out is the caller's, mando_rows_read_close.
 * The statuses of mando_file_read, MANDO_INVALID (csv.*, json.*, text.*, rows.cell, field.*, time.*,
 * duration.format, point.id, smard.column) with file, line and column, MANDO_NOT_FOUND (zone.unknown:
 * Europe/Berlin, of SMARD), MANDO_CANCELLED (cancelled), and what options.point answers. */
MANDO_API enum mando_status mando_rows_read_open(const char *path, enum mando_rows_format format,
                                                 const struct mando_rows_options *options,
                                                 struct mando_rows_reader **reader_out,
                                                 struct mando_error *error);

/* The same over a text, which is borrowed until the reader is closed; `name` is the file in errors. */
MANDO_API enum mando_status
mando_rows_read_open_text(const char *text, size_t length, const char *name,
                          enum mando_rows_format format, const struct mando_rows_options *options,
                          struct mando_rows_reader **reader_out, struct mando_error *error);
MANDO_API void mando_rows_read_close(struct mando_rows_reader *reader);

/* The next rows, at most 10,000, borrowed until the next call; count 0 is the end. `point` counts in
 * mando_rows_read_ids. The statuses of mando_rows_read_open; then only the close is left. */
MANDO_API enum mando_status mando_rows_read_next(struct mando_rows_reader *reader,
                                                 struct mando_rows *rows_out,
                                                 struct mando_error *error);

/* The ids of the rows so far, in the order in which they came; borrowed until the next call. */
MANDO_API const char *const *mando_rows_read_ids(const struct mando_rows_reader *reader,
                                                 size_t *count_out);

/* Where a row stands, as its reader alone understands it. */
struct mando_rows_place {
    int64_t line, column;
};

/* The place of a row of the last batch, counted from 0; {0} where there is no such row. */
MANDO_API struct mando_rows_place mando_rows_read_place(const struct mando_rows_reader *reader,
                                                        size_t row);

/* Gives an error about a row of any batch its place, file, line and column, instead of an index. */
MANDO_API void mando_rows_read_fail(const struct mando_rows_reader *reader,
                                    struct mando_rows_place place, struct mando_error *error);

/* The version of DuckDB, whose library is loaded for this; NULL where this build has none, or the library
 * is not there. */
MANDO_API const char *mando_duckdb_version(void);

struct mando_rows_write_options {
    const struct mando_point *points; /* what was asked for: the rows' `point` counts in them */
    size_t point_count;
    uint32_t width;               /* of a matrix: its columns, in place of `value` */
    const char *const *labels;    /* NULL = a series or documents */
    int with_id;                  /* CSV and NDJSON: the first column is `id` */
    int history;                  /* the columns known, changed, author and deleted as well */
    int with_known, with_deleted; /* without history: these columns as well */
    const char *compression;      /* Parquet: none, lz4, zstd, snappy, deflate; NULL = zstd */
    int may_lack_end; /* JSON: no `end` where every row has the resolution of its data point */
};

/* Writes a value stream, to its end, as a file of rows; the stream stays the caller's. CSV: the columns
 * id, start, end, known, changed, value, author, deleted, as far as they are asked for; NDJSON: an
 * object with these members on each line; JSON: {"series": [{"id", "unit", "resolution", "start":
 * [...], ...}]}, a series for each data point in its order, also for one without rows. A null is an
 * empty cell, in JSON null; documents are JSON in JSON. "-" is standard output, a name that ends in
 * .gz is compressed; a file is there whole or not at all.
 * MANDO_INVALID (arrow.*; JSON: also of rows that do not ascend by `point`), the statuses of
 * mando_schedule_write and what the stream fails with. */
MANDO_API enum mando_status mando_rows_write(const char *path, enum mando_rows_format format,
                                             struct ArrowArrayStream *stream,
                                             const struct mando_rows_write_options *options,
                                             struct mando_error *error);

/* The same in pieces to a function; where that answers other than 0, MANDO_CANCELLED. */
MANDO_API enum mando_status
mando_rows_write_to(int (*write)(void *context, const char *bytes, size_t length), void *context,
                    enum mando_rows_format format, struct ArrowArrayStream *stream,
                    const struct mando_rows_write_options *options, struct mando_error *error);

struct mando_rows_convert_options {
    const char *compression;      /* as in mando_rows_write_options */
    uint64_t bytes_max, rows_max; /* as in mando_rows_options */
    int (*progress)(void *context,
                    uint64_t bytes_read); /* as there; it starts anew with the second reading */
    void *progress_context;
    int in_child; /* as there */
};

/* Writes the rows of a file of series, which is read twice, as a file in another format: all its columns,
 * and of JSON unit and resolution. Rows of JSON come series by series: those of a data point must
 * stand together in the input. "-" is standard input or output; that and a pipe are read once, into a
 * temporary file. The statuses of mando_rows_read_open and mando_rows_write; of a format that is only
 * read MANDO_INVALID (io.format). */
MANDO_API enum mando_status mando_rows_convert(const char *in, enum mando_rows_format in_format,
                                               const char *out, enum mando_rows_format out_format,
                                               const struct mando_rows_convert_options *options,
                                               struct mando_error *error);

#ifdef __cplusplus
}
#endif

#endif
