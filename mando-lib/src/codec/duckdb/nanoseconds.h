/* codec/duckdb/nanoseconds.h: times of a Parquet file in nanoseconds and UTC.
 *
 * DuckDB reads them as microseconds and cuts the rest off without a word. It reads them whole where the file does not
 * say that they are in UTC, hence a copy of the file is made to say nothing of it. */
#ifndef MANDO_CODEC_DUCKDB_NANOSECONDS_H
#define MANDO_CODEC_DUCKDB_NANOSECONDS_H

#include <stdbool.h>

#include "mando/error.h"

/* Whether an open file has such a column, or what looks like one. Of what is no Parquet file: no.
 * MANDO_IO (io.read), MANDO_NO_MEMORY. */
enum mando_status nanoseconds_find(int file, bool *are_there_out, struct mando_error *error);

/* Lets the file, a copy, say of none that it is in UTC. MANDO_IO (io.read, io.write), MANDO_NO_MEMORY. */
enum mando_status nanoseconds_hide_zone(int file, struct mando_error *error);

#endif
