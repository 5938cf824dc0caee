"""Creation of a private file in a folder where others may have put something in its place."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_PRIVATE = 0o600
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def make_private(path: Path, user: int | None = None) -> None:
    """Create a file that only this user can read, or restrict an existing one.

    `user` is the user id, by default that of this process. An existing file is never opened:
    closing it would release the locks that SQLite holds on it in this process.

    Raises:
        OSError: The path is a symbolic link or not a regular file; or others can write to its
            folder, and another user owns the file or it has several hard links.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL  # O_EXCL does not follow symbolic links.
    try:
        os.close(os.open(path, flags, _PRIVATE))
    except FileExistsError:
        if user is None:
            # Windows has no user ids; it separates the users' folders itself.
            user = os.geteuid() if hasattr(os, "geteuid") else path.lstat().st_uid
        _check(path, user)


def _check(path: Path, user: int) -> None:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise OSError("it is a symbolic link, which may lead to another user's file")
    if not stat.S_ISREG(found.st_mode):
        raise OSError("it is no regular file")
    is_shared = path.parent.stat().st_mode & _OTHERS_WRITE
    if is_shared and (found.st_uid != user or found.st_nlink > 1):
        raise OSError("others can write to its folder, and it is not this user's alone")
    if stat.S_IMODE(found.st_mode) != _PRIVATE:
        path.chmod(_PRIVATE)
