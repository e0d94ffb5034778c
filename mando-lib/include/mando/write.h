/* mando/write.h: who writes, and what a write did. */
#ifndef MANDO_WRITE_H
#define MANDO_WRITE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mando_write {
    const char *author, *reason; /* UTF-8; NULL is "" */
    int64_t knowledge_us;        /* of rows that have none; 0 = none either: they are known now */
};

/* inserted: no version of that start was there; corrected: one was; unchanged: not stored; deleted:
 * stored with the mark, and counted only here. A row that a transaction holds twice counts once. */
struct mando_written {
    uint64_t inserted, corrected, unchanged, deleted;
    uint64_t configured; /* configurations that were stored, new data points among them */
    uint64_t records;    /* that were stored */
    int64_t change_us;   /* of the transaction; where it stored nothing, the newest one before it */
};

#ifdef __cplusplus
}
#endif

#endif
