"""Lock files of writing processes, with the writes that they began and ended, one JSON line each.

The operating system frees a lock with its process; the lines stay, and say which writes a killed
process left open.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

SUFFIX = ".writing"


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


def hold(path: Path, engine: str) -> IO[str]:
    """Create and lock a file for as long as it is open. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    while True:
        file = path.open("a", encoding="utf-8")
        try:
            os.chmod(path, 0o600)
            _lock(file, wait=True)
            # Another process may have removed it before it was locked.
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                note(file, engine=engine)
                return file
        except FileNotFoundError:
            pass
        except OSError:
            file.close()
            raise
        file.close()


def let_go(file: IO[str], path: Path) -> None:
    """Free a file, and remove it where it holds no open write. Raises OSError."""
    with file:
        if not open_writes(path):
            path.unlink(missing_ok=True)


def is_held(path: Path) -> bool:
    """Return whether a process holds a file. One that cannot be opened counts as free."""
    with suppress(OSError), path.open("r+", encoding="utf-8") as file:
        return not _lock(file, wait=False)
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


def _lock(file: IO[str], *, wait: bool) -> bool:
    """Lock an open file, for as long as it is open; False where another process has the lock."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
