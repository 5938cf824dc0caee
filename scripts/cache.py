"""The per-user cache of Pulumi CLIs: one folder for each way of making one, shared by all clones.

A folder appears there by one rename, when it is whole; what makes it is another room's business.
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

# What an engine folder must hold: the CLI, the Python language host, and their two launchers.
PROGRAMS = (
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
)


class EngineError(Exception):
    """No engine can be had; the message is one line that says what to do."""


class UnavailableError(EngineError):
    """This way of getting an engine does not work here: the next one is tried."""


@dataclass(frozen=True)
class Recipe:
    """One way of making an engine: `build` fills `<folder>/bin`, `key` names what comes out.

    `programs` are what must be there in the end.
    """

    key: str
    build: Callable[[Path], None]
    programs: Sequence[str] = PROGRAMS


def cache_root(environ: Mapping[str, str]) -> Path:
    """Return the folder of this user's engines; a relative XDG_CACHE_HOME does not count."""
    base = environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path(os.path.expanduser("~")) / ".cache"
    return root / "vapi-phone-numbers"


def digest(contents: Sequence[bytes]) -> str:
    """Return a short name for these contents in this order."""
    whole = hashlib.sha256()
    for content in contents:
        # The length keeps ("ab", "c") and ("a", "bc") apart.
        whole.update(f"{len(content)}:".encode())
        whole.update(content)
    return whole.hexdigest()[:12]


def is_whole(bin_folder: Path, programs: Sequence[str] = PROGRAMS) -> bool:
    """Tell whether all programs are in the folder and may be run."""
    return all(
        os.access(path, os.X_OK) and path.stat().st_size > 0
        for path in (bin_folder / name for name in programs)
    )


def find(root: Path, recipes: Sequence[Recipe]) -> Path | None:
    """Return the bin folder of the first of these recipes that was made before."""
    return next((b for r in recipes if is_whole(b := root / r.key / "bin", r.programs)), None)


def obtain(root: Path, recipes: Sequence[Recipe], say: Say) -> Path:
    """Return a bin folder made by one of the recipes: by an earlier run, or now, in their order."""
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
        raise EngineError(f"the Pulumi CLI could not be put into {root}: {error}") from None


def disk_full(root: Path) -> str:
    """Return the one line for a full disk."""
    return f"the disk is full: the Pulumi CLI needs about 4 GB while it is built for {root}"


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
    """Make the recipe beside its place and rename it there. Call it under the lock."""
    place = root / recipe.key
    # Under the lock nobody else builds: what lies about is a killed run's, or a damaged folder.
    for leftover in [*root.glob(f"{recipe.key}.part-*"), place]:
        shutil.rmtree(leftover, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f"{recipe.key}.part-", dir=root))
    try:
        part.chmod(0o755)
        recipe.build(part)
        if not is_whole(part / "bin", recipe.programs):
            raise UnavailableError(f"{recipe.key} came out incomplete")
        part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return place / "bin"


@contextmanager
def locked(path: Path, say: Say, pause: float = 0.5) -> Generator[None, None, None]:
    """Hold the lock file; a holder's death frees it. Waiting is announced once."""
    # Lazy import: a CLI that is there needs no lock. It warns where the system locks no files.
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
                say("another run is getting the Pulumi CLI: waiting for it")
                waiting = True
            time.sleep(pause)
    try:
        yield
    finally:
        lock.release()
