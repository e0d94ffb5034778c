/* failing.h: SQLite whose n-th write, sync, read or allocation fails, once. */
#ifndef FAILING_H
#define FAILING_H

#include <stdint.h>

/* Calls before the one that fails; negative: none does. */
extern int64_t failing_calls_left;

/* From here on calls of the file system may fail; to the end nothing else may be registered. Nothing of
 * SQLite may be open at either. */
void failing_files(void);
void failing_files_end(void);

/* Allocations of SQLite may fail. */
void failing_memory(void);
void failing_memory_end(void);

#endif
