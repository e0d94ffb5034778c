/* codec/parquet.h: Parquet, which DuckDB reads and writes, where it is built in. */
#ifndef MANDO_CODEC_PARQUET_H
#define MANDO_CODEC_PARQUET_H

#include "codec/rows_reader.h"
#include "codec/rows_writer.h"

#ifdef MANDO_DUCKDB
extern const struct rows_format rows_format_parquet;

/* mando_rows_write_to for Parquet: zstd, row groups of 122,880 rows, times as timestamp[us, UTC]. The file
 * is made in the system's folder of temporary files, where nobody sees it, and then handed on. */
enum mando_status rows_write_parquet(int (*write)(void *context, const char *bytes, size_t length),
                                     void *context, const struct rows_source *from,
                                     const struct mando_rows_write_options *options,
                                     struct mando_error *error);

#define ROWS_FORMAT_PARQUET (&rows_format_parquet)
#define ROWS_WRITE_PARQUET rows_write_parquet
#else
#define ROWS_FORMAT_PARQUET NULL
#define ROWS_WRITE_PARQUET(write, context, source, options, error) rows_fail_parquet(error)
#endif

/* What a build without DuckDB answers. */
enum mando_status rows_fail_parquet(struct mando_error *error);

#endif
