"""Files of writing processes, with the writes that they began and ended, one JSON line each.

Beside each lies a lock, which is freed with its process; the lines stay, and say which writes a
killed process left open.
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


class Held(NamedTuple):
    """A file that is open for writing, and its lock."""

    file: IO[str]
    lock: BaseFileLock


@dataclass(frozen=True)
class OpenWrite:
    """A PATCH of `fields`, or a DELETE where there are none, that no state may have recorded.

    `is_over` where its request was answered, or was never sent.
    """

    id: str
    fields: frozenset[str]
    is_over: bool


def path_of(beside: Path, stack: str, process: str) -> Path:
    """Return the file of one process and stack, beside the journal."""
    return beside.with_name(f"{_prefix(beside, stack)}{process}{SUFFIX}")


def files_of(beside: Path, stack: str) -> list[Path]:
    """Return the files of all processes that write to a stack, or wrote when they were killed."""
    prefix = _prefix(beside, stack)
    try:
        names = os.listdir(beside.parent)
    except OSError:
        return []
    found = (name for name in names if name.startswith(prefix) and name.endswith(SUFFIX))
    return [beside.with_name(name) for name in found]


def hold(path: Path, engine: str) -> Held:
    """Lock and create a file until `let_go`. Raises OSError."""
    # Locked first: whoever sees the file finds it locked.
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
    return Held(file, lock)


def let_go(held: Held, path: Path) -> None:
    """Free a file, and remove it where it holds no open write. Raises OSError."""
    try:
        held.file.close()
        if not open_writes(path):
            path.unlink(missing_ok=True)
    finally:
        remove(held.lock)


def is_writing(path: Path) -> bool:
    """Return whether a process holds a file. One that cannot be opened counts as free."""
    with suppress(OSError):
        return is_held(_lock_of(path))
    return False


def note(file: IO[str], **what: Any) -> None:
    """Append a line. Raises OSError."""
    file.write(json.dumps(what) + "\n")
    file.flush()


def engine_of(path: Path) -> str | None:
    """Return the address of the engine that started the process; None where it is not known."""
    for line in _lines(path):
        if "engine" in line:
            return str(line["engine"])
    return None


def open_writes(path: Path) -> list[OpenWrite]:
    """Return the writes that no state may have recorded. Raises OSError."""
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
    """Return the time of day of the last try of any write; 0 where there was none."""
    return max((float(line["sent"]) for line in _lines(path) if "sent" in line), default=0.0)


def forget(path: Path, id_: str) -> None:
    """Remove an open write from the file of a killed process. Raises OSError."""
    with path.open("r+", encoding="utf-8") as file:
        file.seek(0, os.SEEK_END)
        file.write("\n")  # The last line may be cut.
        note(file, recorded=id_)
    if not open_writes(path):
        path.unlink(missing_ok=True)


def _lines(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError):  # The last line of a killed process may be cut.
            line = json.loads(text)
            if isinstance(line, dict):
                found.append(cast(dict[str, Any], line))
    return found


def _prefix(beside: Path, stack: str) -> str:
    return f"{beside.name}.{hashlib.sha256(stack.encode()).hexdigest()[:16]}."


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")
