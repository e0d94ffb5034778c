#include "codec/duckdb/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* How it was loaded, once for the process, as the loader itself does it. */
static struct {
    struct duck_library library;
    bool is_there;
    char reason[160];
} loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *find(void *handle, const char *name)
{
    void *function = dlsym(handle, name);
    if (!function && !*loaded.reason)
        (void)snprintf(loaded.reason, sizeof loaded.reason, "it has no function %s", name);
    return function;
}

static void find_functions(void *handle)
{
    /* C has no conversion from a pointer to data, which dlsym gives, to one to a function. */
#define FUNCTION(name) *(void **)(void *)&loaded.library.name = find(handle, "duckdb_" #name);
    DUCK_FUNCTIONS(FUNCTION)
#undef FUNCTION
    *(void **)(void *)&loaded.library.execute_prepared_streaming =
        find(handle, "duckdb_execute_prepared_streaming");
}

static void load(void)
{
    char path[4096];
    const char *folder = getenv("DUCKDB_LIB_DIR");
    if (folder && *folder)
        (void)snprintf(path, sizeof path, "%s/libduckdb.so", folder);
    else
        (void)snprintf(path, sizeof path, "%s", MANDO_DUCKDB_PATH);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        handle = dlopen("libduckdb.so", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        (void)snprintf(loaded.reason, sizeof loaded.reason, "there is none at %.120s", path);
        return;
    }
    find_functions(handle);
    loaded.is_there = !*loaded.reason;
}

enum mando_status duck_library_load(const struct duck_library **library_out,
                                    struct mando_error *error)
{
    (void)pthread_once(&once, load);
    if (!loaded.is_there)
        return mando_fail(error, MANDO_E_DB_SCHEME, -1,
                          "libduckdb.so cannot be used: %s; scripts/setup run fetches it, or set "
                          "DUCKDB_LIB_DIR to its folder",
                          loaded.reason);
    *library_out = &loaded.library;
    return MANDO_OK;
}

#define MEMORY_LIMIT "1GiB"

static duckdb_config make_config(const struct duck_library *duck,
                                 const struct duck_settings *settings)
{
    duckdb_config config = NULL;
    if (duck->create_config(&config) != DuckDBSuccess)
        return NULL;
    const char *const OPTIONS[][2] = {{"threads", "1"},
                                      {"memory_limit", MEMORY_LIMIT},
                                      {"temp_directory", settings->folder ? settings->folder : ""},
                                      {"checkpoint_threshold", "1TB"},
                                      {"autoinstall_known_extensions", "false"},
                                      {"autoload_known_extensions", "false"},
                                      {"allow_community_extensions", "false"}};
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
        if (duck->set_config(config, OPTIONS[i][0], OPTIONS[i][1]) != DuckDBSuccess) {
            duck->destroy_config(&config);
            return NULL;
        }
    return config;
}

/* What can only be set when it is open; then nothing can be set any more. */
static bool lock_settings(const struct duck_library *duck, const struct duck_settings *settings,
                          duckdb_database db, char reason_out[256])
{
    char sql[512];
    duckdb_connection connection = NULL;
    duckdb_result result;
    (void)snprintf(sql, sizeof sql,
                   "SET GLOBAL TimeZone = 'UTC'; SET enable_external_file_cache = false;"
                   "SET allowed_paths = [%s%s%s]; SET enable_external_access = false;"
                   "SET lock_configuration = true",
                   settings->allowed ? "'" : "", settings->allowed ? settings->allowed : "",
                   settings->allowed ? "'" : "");
    if (duck->connect(db, &connection) != DuckDBSuccess)
        return false;
    bool is_done = duck->query(connection, sql, &result) == DuckDBSuccess;
    if (!is_done)
        (void)snprintf(reason_out, 256, "%s", duck->result_error(&result));
    duck->destroy_result(&result);
    duck->disconnect(&connection);
    return is_done;
}

bool duck_database_open(const struct duck_library *duck, const struct duck_settings *settings,
                        duckdb_database *db_out, char reason_out[256])
{
    duckdb_database db = NULL;
    char *reason = NULL;
    (void)snprintf(reason_out, 256, "Out of memory");
    duckdb_config config = make_config(duck, settings);
    if (!config)
        return false;
    bool is_open = duck->open_ext(settings->path, &db, config, &reason) == DuckDBSuccess;
    if (reason)
        (void)snprintf(reason_out, 256, "%s", reason);
    duck->free(reason);
    duck->destroy_config(&config);
    if (is_open && lock_settings(duck, settings, db, reason_out)) {
        *db_out = db;
        return true;
    }
    if (is_open)
        duck->close(&db);
    return false;
}
