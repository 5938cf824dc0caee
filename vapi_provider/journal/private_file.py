"""A file for this person alone, made where others may have put something in its place."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_PRIVATE = 0o600
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def make_private(path: Path, user: int | None = None) -> None:
    """Create a file that only this person can read, or make an existing one so.

    `user` is the person's number; by default that of this process. Raises OSError for a symbolic
    link, for what is no regular file, and, in a folder that others write into, for a file that
    somebody else owns or has linked. An existing file is never opened: closing it would end the
    locks that SQLite holds on it in this process.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL  # O_EXCL follows no link.
    try:
        os.close(os.open(path, flags, _PRIVATE))
    except FileExistsError:
        if user is None:
            # Windows has no numbers of persons; it keeps their folders apart itself.
            user = os.geteuid() if hasattr(os, "geteuid") else path.lstat().st_uid
        _check(path, user)


def _check(path: Path, user: int) -> None:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise OSError("it is a symbolic link, which may lead to somebody else's file")
    if not stat.S_ISREG(found.st_mode):
        raise OSError("it is no regular file")
    is_shared = path.parent.stat().st_mode & _OTHERS_WRITE
    if is_shared and (found.st_uid != user or found.st_nlink > 1):
        raise OSError("others write into its folder, and it is not this person's alone")
    if stat.S_IMODE(found.st_mode) != _PRIVATE:
        path.chmod(_PRIVATE)
