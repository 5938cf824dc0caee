"""Files of processes that change records, with one JSON line for each start and end of a write.

Beside each lies a lock file, which the operating system releases when its process exits. The lines
stay, and show which writes a killed process left open.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from vapi_provider.journal.process_locks import file_lock, is_held, remove

if TYPE_CHECKING:
    from filelock import BaseFileLock

SUFFIX = ".writing"


class WriterLock(NamedTuple):
    """A process's file, open for writing, and its lock."""

    file: IO[str]
    lock: BaseFileLock


@dataclass(frozen=True)
class OpenWrite:
    """A PATCH of `fields`, or a DELETE if there are none, that the state may not have recorded.

    `is_over` is set where the request got a response or was never sent.
    """

    id: str
    fields: frozenset[str]
    is_over: bool


def path_of(beside: Path, stack: str, process: str) -> Path:
    """Return the file of one process and stack, beside the journal."""
    return beside.with_name(f"{_prefix(beside, stack)}{process}{SUFFIX}")


def files_of(beside: Path, stack: str) -> list[Path]:
    """Return the files of all processes that write to a stack, or did so when they were killed."""
    prefix = _prefix(beside, stack)
    try:
        names = os.listdir(beside.parent)
    except OSError:
        return []
    found = (name for name in names if name.startswith(prefix) and name.endswith(SUFFIX))
    return [beside.with_name(name) for name in found]


def hold(path: Path, engine: str) -> WriterLock:
    """Lock and create a file, until `let_go`. Raises OSError."""
    # Take the lock first, so that no process sees the file without it.
    lock = file_lock(_lock_of(path))
    lock.acquire()
    try:
        file = path.open("a", encoding="utf-8")
        try:
            os.chmod(path, 0o600)
            note(file, engine=engine)
        except BaseException:
            file.close()
            raise
    except BaseException:
        remove(lock)
        raise
    return WriterLock(file, lock)


def let_go(held: WriterLock, path: Path) -> None:
    """Close and unlock a file, and remove it if it has no open write. Raises OSError."""
    try:
        held.file.close()
        if not open_writes(path):
            path.unlink(missing_ok=True)
    finally:
        remove(held.lock)


def is_writing(path: Path) -> bool:
    """Return whether a process holds a file; False for a lock that cannot be opened."""
    with suppress(OSError):
        return is_held(_lock_of(path))
    return False


def note(file: IO[str], **what: Any) -> None:
    """Append a line. Raises OSError."""
    file.write(json.dumps(what) + "\n")
    file.flush()


def engine_of(path: Path) -> str | None:
    """Return the address of the engine that started the process, or None if it is not recorded."""
    for line in _lines(path):
        if "engine" in line:
            return str(line["engine"])
    return None


def open_writes(path: Path) -> list[OpenWrite]:
    """Return the writes that the state may not have recorded. Raises OSError."""
    found: dict[str, OpenWrite] = {}
    for line in _lines(path):
        if "begun" in line:
            id_, fields = str(line["begun"]), frozenset(map(str, line.get("fields", ())))
            before = found[id_].fields if id_ in found else frozenset[str]()
            found[id_] = OpenWrite(id_, fields | before, is_over=False)
        elif "over" in line and line["over"] in found:
            found[line["over"]] = OpenWrite(line["over"], found[line["over"]].fields, is_over=True)
        elif "recorded" in line:
            found.pop(line["recorded"], None)
    return list(found.values())


def last_sent(path: Path) -> float:
    """Return the Unix time of the last attempt of any write; 0 if there was none."""
    return max((float(line["sent"]) for line in _lines(path) if "sent" in line), default=0.0)


def forget(path: Path, id_: str) -> None:
    """Remove an open write from the file of a killed process. Raises OSError."""
    with path.open("r+", encoding="utf-8") as file:
        file.seek(0, os.SEEK_END)
        file.write("\n")  # The process may have been killed in the middle of the last line.
        note(file, recorded=id_)
    if not open_writes(path):
        path.unlink(missing_ok=True)


def _lines(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError):  # The last line of a killed process may be truncated.
            line = json.loads(text)
            if isinstance(line, dict):
                found.append(cast(dict[str, Any], line))
    return found


def _prefix(beside: Path, stack: str) -> str:
    return f"{beside.name}.{hashlib.sha256(stack.encode()).hexdigest()[:16]}."


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")
