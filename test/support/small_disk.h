/* small_disk.h: a disk that a test can fill, in memory. Root mounts it; everybody else does in a namespace of
 * users of their own. Where the system permits neither, what needs one is left out, which is told;
 * with MANDO_NEEDS_SMALL_DISK=1, as in make test-deep, the program fails. */
#ifndef SMALL_DISK_H
#define SMALL_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Mounts one on a folder, which then belongs to a user; only this process sees it, and the children that it
 * starts from now on. Called while it has one thread. */
bool small_disk_mount(const char *folder, size_t bytes, uid_t user, gid_t group);

/* Ends the program where a disk that could not be mounted may not be left out. */
void small_disk_leave_out(void);

bool small_disk_resize(const char *folder, size_t bytes);
void small_disk_unmount(const char *folder);

#endif
