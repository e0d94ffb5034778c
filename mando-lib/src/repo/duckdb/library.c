#include "repo/duckdb/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "repo/duckdb.h"

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

const char *mando_duckdb_version(void)
{
    const struct duck_library *duck;
    return duck_library_load(&duck, NULL) ? NULL : duck->library_version();
}
