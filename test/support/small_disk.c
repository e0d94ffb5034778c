#define _GNU_SOURCE /* unshare */

#include "small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        (void)close(fd);
    return is_written;
}

/* The same user as before, who may mount from here on. */
static bool enter_namespace(uid_t user, gid_t group)
{
    char users[64], groups[64];
    (void)snprintf(users, sizeof users, "%u %u 1", (unsigned)user, (unsigned)user);
    (void)snprintf(groups, sizeof groups, "%u %u 1", (unsigned)group, (unsigned)group);
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_file("/proc/self/uid_map", users)
           && write_file("/proc/self/setgroups", "deny")
           && write_file("/proc/self/gid_map", groups);
}

/* Once. */
static bool may_mount(void)
{
    static bool is_asked, may;
    uid_t user = geteuid();
    gid_t group = getegid();
    if (!is_asked)
        may = (user == 0 ? unshare(CLONE_NEWNS) == 0 : enter_namespace(user, group))
              && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    is_asked = true;
    return may;
}

bool small_disk_mount(const char *folder, size_t bytes, uid_t user, gid_t group)
{
    char options[96];
    (void)snprintf(options, sizeof options, "size=%zu,mode=0700,uid=%u,gid=%u", bytes,
                   (unsigned)user, (unsigned)group);
    return may_mount() && mount("tmpfs", folder, "tmpfs", 0, options) == 0;
}

void small_disk_leave_out(void)
{
    const char *value = getenv("MANDO_NEEDS_SMALL_DISK");
    bool is_needed = value && strcmp(value, "1") == 0;
    (void)fprintf(is_needed ? stderr : stdout,
                  "%s: the system permits no mount of a small disk, neither to root nor in a "
                  "namespace of users\n",
                  is_needed ? "failed" : "skipped");
    if (is_needed)
        exit(1);
}

bool small_disk_resize(const char *folder, size_t bytes)
{
    char options[32];
    (void)snprintf(options, sizeof options, "size=%zu", bytes);
    return mount("tmpfs", folder, "tmpfs", MS_REMOUNT, options) == 0;
}

void small_disk_unmount(const char *folder)
{
    (void)umount2(folder, MNT_DETACH);
}
