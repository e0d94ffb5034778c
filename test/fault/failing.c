#include "failing.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>

#include "check.h"

int64_t failing_calls_left = -1;

static bool fails_now(void)
{
    return failing_calls_left >= 0 && failing_calls_left-- == 0;
}

/* The system's files, with failures in between. */
struct file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static sqlite3_vfs *system_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct file *)file)->real;
}

static int close_file(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int read_file(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at)
{
    return fails_now() ? SQLITE_IOERR_READ
                       : real_of(file)->pMethods->xRead(real_of(file), bytes, size, at);
}

static int write_file(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    if (!fails_now())
        return real_of(file)->pMethods->xWrite(real_of(file), bytes, size, at);
    /* A part of it arrives, as it may. */
    (void)real_of(file)->pMethods->xWrite(real_of(file), bytes, size / 2, at);
    return failing_calls_left % 2 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    return fails_now() ? SQLITE_IOERR_TRUNCATE
                       : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int sync_file(sqlite3_file *file, int flags)
{
    return fails_now() ? SQLITE_IOERR_FSYNC : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int lock_file(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int unlock_file(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int check_lock(sqlite3_file *file, int *result)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}

static int control_file(sqlite3_file *file, int what, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}

static int sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int map_shared(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return fails_now() ? SQLITE_IOERR_SHMMAP
                       : real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int lock_shared(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int unmap_shared(sqlite3_file *file, int delete)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete);
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    static const sqlite3_io_methods METHODS = {.iVersion = 2,
                                               .xClose = close_file,
                                               .xRead = read_file,
                                               .xWrite = write_file,
                                               .xTruncate = truncate_file,
                                               .xSync = sync_file,
                                               .xFileSize = file_size,
                                               .xLock = lock_file,
                                               .xUnlock = unlock_file,
                                               .xCheckReservedLock = check_lock,
                                               .xFileControl = control_file,
                                               .xSectorSize = sector_size,
                                               .xDeviceCharacteristics = characteristics,
                                               .xShmMap = map_shared,
                                               .xShmLock = lock_shared,
                                               .xShmBarrier = barrier,
                                               .xShmUnmap = unmap_shared};
    struct file *own = (struct file *)file;
    (void)vfs;
    own->base.pMethods = NULL;
    own->real = (sqlite3_file *)(own + 1);
    if (fails_now())
        return SQLITE_CANTOPEN;
    int code = system_vfs->xOpen(system_vfs, name, own->real, flags, out);
    if (code == SQLITE_OK)
        own->base.pMethods = &METHODS;
    return code;
}

static sqlite3_mem_methods system_memory;

static void *allocate(int size)
{
    return fails_now() ? NULL : system_memory.xMalloc(size);
}

static void *reallocate(void *block, int size)
{
    return fails_now() ? NULL : system_memory.xRealloc(block, size);
}

void failing_memory(void)
{
    sqlite3_mem_methods memory;
    CHECK_EQ(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_memory), SQLITE_OK);
    memory = system_memory;
    memory.xMalloc = allocate;
    memory.xRealloc = reallocate;
    CHECK_EQ(sqlite3_config(SQLITE_CONFIG_MALLOC, &memory), SQLITE_OK);
}

void failing_memory_end(void)
{
    CHECK_EQ(sqlite3_shutdown(), SQLITE_OK);
    CHECK_EQ(sqlite3_config(SQLITE_CONFIG_MALLOC, &system_memory), SQLITE_OK);
}

void failing_files(void)
{
    static sqlite3_vfs vfs;
    CHECK_EQ(sqlite3_initialize(), SQLITE_OK);
    system_vfs = sqlite3_vfs_find(NULL);
    vfs = *system_vfs;
    vfs.zName = "failing";
    vfs.pNext = NULL;
    vfs.szOsFile = (int)sizeof(struct file) + system_vfs->szOsFile;
    vfs.xOpen = open_file;
    CHECK_EQ(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

void failing_files_end(void)
{
    CHECK_EQ(sqlite3_vfs_unregister(sqlite3_vfs_find("failing")), SQLITE_OK);
    CHECK_EQ(sqlite3_shutdown(), SQLITE_OK);
}
