#include "codec/parquet.h"

#include "base/fail.h"
#ifdef MANDO_DUCKDB
#include "codec/duckdb/library.h"
#endif

enum mando_status rows_fail_parquet(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_IO_FORMAT, -1,
                      "this build knows no Parquet: it was made without DuckDB");
}

const char *mando_duckdb_version(void)
{
#ifdef MANDO_DUCKDB
    const struct duck_library *duck;
    return duck_library_load(&duck, NULL) ? NULL : duck->library_version();
#else
    return NULL;
#endif
}
