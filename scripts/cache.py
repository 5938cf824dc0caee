"""The per-user cache of Pulumi CLIs: one folder per recipe, shared by all clones.

A folder is published by an atomic rename once it is complete.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

Say = Callable[[str], None]

# The programs of an engine folder: the CLI, the Python language host, and their two launchers.
PROGRAMS = (
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
)


class EngineError(Exception):
    """A failure to get an engine; its message is one line that says what to do."""


class UnavailableError(EngineError):
    """A recipe that does not work on this machine, so that the next one is tried."""


@dataclass(frozen=True)
class Recipe:
    """Recipe for an engine: `build` fills `<folder>/bin`, and `key` identifies the result.

    `programs` are the files that the result must have.
    """

    key: str
    build: Callable[[Path], None]
    programs: Sequence[str] = PROGRAMS


def cache_root(environ: Mapping[str, str]) -> Path:
    """Return the folder of this user's engines; a relative XDG_CACHE_HOME is ignored."""
    base = environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path(os.path.expanduser("~")) / ".cache"
    return root / "vapi-phone-numbers"


def digest(contents: Sequence[bytes]) -> str:
    """Return a short digest of the contents in this order."""
    whole = hashlib.sha256()
    for content in contents:
        # The length distinguishes ("ab", "c") from ("a", "bc").
        whole.update(f"{len(content)}:".encode())
        whole.update(content)
    return whole.hexdigest()[:12]


def is_whole(bin_folder: Path, programs: Sequence[str] = PROGRAMS) -> bool:
    """Return whether all programs are in the folder and are executable."""
    return all(
        os.access(path, os.X_OK) and path.stat().st_size > 0
        for path in (bin_folder / name for name in programs)
    )


def find(root: Path, recipes: Sequence[Recipe]) -> Path | None:
    """Return the bin folder of the first recipe that is in the cache, or None."""
    return next((b for r in recipes if is_whole(b := root / r.key / "bin", r.programs)), None)


def obtain(root: Path, recipes: Sequence[Recipe], say: Say) -> Path:
    """Return the bin folder of a cached recipe; else make the first recipe that works.

    Raises EngineError if none works or the cache cannot be written.
    """
    found = find(root, recipes)
    if found is not None:
        return found
    try:
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / "engine.lock", say):
            return find(root, recipes) or _make_first(root, recipes)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise EngineError(disk_full(root)) from None
        raise EngineError(f"cannot write the Pulumi CLI to {root}: {error}") from None


def disk_full(root: Path) -> str:
    """Return the error message for a full disk."""
    return f"the disk is full: free 4 GB, which the build of the Pulumi CLI for {root} needs"


def _make_first(root: Path, recipes: Sequence[Recipe]) -> Path:
    reasons: list[str] = []
    for recipe in recipes:
        try:
            return publish(root, recipe)
        except UnavailableError as error:
            reasons.append(str(error))
    raise EngineError(
        f"no Pulumi CLI: {', and '.join(reasons)}; "
        "install Pulumi 3.250 or newer (https://www.pulumi.com/docs/install/) or "
        "Go 1.25.11 or newer (https://go.dev/dl/), then run make again"
    )


def publish(root: Path, recipe: Recipe) -> Path:
    """Build the recipe in a temporary folder and rename it to its place; return its bin folder.

    The caller holds the cache's lock. Raises UnavailableError if the recipe does not work.
    """
    place = root / recipe.key
    # No other process builds while this one holds the lock, so leftovers are of killed runs.
    for leftover in [*root.glob(f"{recipe.key}.part-*"), place]:
        shutil.rmtree(leftover, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f"{recipe.key}.part-", dir=root))
    try:
        part.chmod(0o755)
        recipe.build(part)
        if not is_whole(part / "bin", recipe.programs):
            raise UnavailableError(f"{recipe.key} is incomplete")
        part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return place / "bin"


@contextmanager
def locked(path: Path, say: Say, pause: float = 0.5) -> Generator[None, None, None]:
    """Hold the lock file inside the block; report once that this process waits.

    The operating system releases the lock if its holder dies.
    """
    # Lazy import: a cached CLI needs no lock. filelock warns on a system without file locks.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=0)
    waiting = False
    while True:
        try:
            lock.acquire()
            break
        except Timeout:
            if not waiting:
                say("waiting for another run that installs the Pulumi CLI")
                waiting = True
            time.sleep(pause)
    try:
        yield
    finally:
        lock.release()
