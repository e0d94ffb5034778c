"""small_disk.py: a disk that a test can fill, as test/support/small_disk.h has it."""
import contextlib
import ctypes
import os
import sys

NEW_USERS, NEW_MOUNTS, PRIVATE, RECURSIVE, REMOUNT, DETACH = 0x10000000, 0x20000, 1 << 18, 1 << 14, 32, 2
LIBC = ctypes.CDLL(None, use_errno=True)
asked = []


def mount(kind, folder, flags, options=""):
    return LIBC.mount(kind.encode(), os.fsencode(folder), kind.encode(), ctypes.c_ulong(flags), options.encode()) == 0


def enter_namespace():
    """The same user as before, who may mount from here on."""
    user, group = os.geteuid(), os.getegid()
    if LIBC.unshare(NEW_MOUNTS | (NEW_USERS if user else 0)) != 0:
        return False
    for name, text in (("uid_map", f"{user} {user} 1"), ("setgroups", "deny"), ("gid_map", f"{group} {group} 1")) if user else ():
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    return mount("none", "/", RECURSIVE | PRIVATE)


@contextlib.contextmanager
def small_disk(folder, options):
    """The folder, with one mounted on it; None where the system permits none and MANDO_NEEDS_SMALL_DISK is not 1."""
    if not asked:
        asked.append(enter_namespace())
    if not (asked[0] and mount("tmpfs", folder, 0, options)):
        if os.environ.get("MANDO_NEEDS_SMALL_DISK") == "1":
            sys.exit("failed: the system permits no mount of a small disk")
        print("\nskipped: the system permits no mount of a small disk", flush=True)
        yield None
        return
    try:
        yield folder
    finally:
        LIBC.umount2(os.fsencode(folder), DETACH)


def remount(folder, options="", is_read_only=False):
    if not mount("tmpfs", folder, REMOUNT | is_read_only, options):
        raise OSError(ctypes.get_errno(), "the small disk cannot be changed")
