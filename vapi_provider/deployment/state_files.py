"""State files of a backend that is a folder: reading them, and repairing them after a kill.

Pulumi keeps a stack's state, lock and history in separate folders, and the attributes of a file
beside it in `<file>.attrs`.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from vapi_provider.catalogue import deployment as messages
from vapi_provider.deployment.foreign_code import unique_keys

_ENDING = re.compile(r"\.json(\.gz|\.zstd?)?(\.bak)?(\.attrs)?$")

WRITE_SECONDS = 0.3
"""A running engine writes a file's attributes within this time."""


class UnreadableError(Exception):
    """A state in a form that only Pulumi can read."""


@dataclass(frozen=True)
class StateFiles:
    """State files in one backend folder."""

    folder: Path
    sleep: Callable[[float], None] = time.sleep

    def read(self, project: str, stack: str) -> Mapping[str, Any] | None:
        """Return a stack's deployment; None where the stack does not exist.

        Raises UnreadableError where only Pulumi can read the file.
        """
        if not (self._root / "stacks").is_dir():
            return None
        for name in (f"{project}/{stack}", stack):
            plain = self._root / "stacks" / f"{name}.json"
            packed = [plain.with_name(plain.name + end) for end in (".gz", ".zst", ".zstd")]
            found = [file for file in (plain, *packed) if file.exists()]
            if len(found) > 1 or (found and found[0] in packed[1:]):
                raise UnreadableError(str(found))
            if found:
                return _deployment_in(found[0])
        return None

    def others(self, project: str, stack: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the names and deployments of all other stacks.

        Raises UnreadableError where only Pulumi can read a file.
        """
        for place in _files_under(self._root / "stacks"):
            if not place.name.endswith((".json", ".json.gz", ".json.zst", ".json.zstd")):
                continue
            owner = _names_of(place.relative_to(self._root / "stacks"))
            if owner == (project, stack):
                continue
            if place.name.endswith((".zst", ".zstd")):
                raise UnreadableError(str(place))
            yield "/".join(filter(None, owner)), _deployment_in(place)

    def repair(self, project: str, stack: str, *, is_idle: bool = False) -> list[str]:
        """Remove empty attribute files of states and of the stack's history; return messages.

        Pulumi fails on an empty attribute file, but not on a missing one. A stack that a running
        process has locked is skipped, unless the user states that no run is active (`is_idle`).
        """
        lines: list[str] = []
        history = self._root / "history" / project / stack
        for attributes in [*_files_under(self._root / "stacks"), *_files_under(history)]:
            if attributes.suffix != ".attrs":
                continue
            if history in attributes.parents:
                owner: tuple[str, ...] = (project, stack)
            else:
                owner = _names_of(attributes.relative_to(self._root / "stacks"))
            if not self._is_empty_for_good(attributes):
                continue
            if not is_idle and (holder := self.holder(*owner)):
                lines.append(
                    messages.EMPTY_ATTRIBUTES(file=attributes, stack=owner[-1], holder=holder)
                )
                continue
            with suppress(FileNotFoundError):
                attributes.unlink()
            lines.append(f"removed {attributes}, which a killed run left empty")
        return lines

    def holder(self, project: str, stack: str) -> str | None:
        """Return a description of the process that holds a stack's lock; None where none runs."""
        for place in (f"organization/{project}/{stack}", f"{project}/{stack}", stack):
            folder = self._root / "locks" / place
            for lock in sorted(folder.glob("*.json")) if folder.is_dir() else []:
                holder = _living_holder(lock)
                if holder:
                    return holder
        return None

    @property
    def _root(self) -> Path:
        return self.folder / ".pulumi"

    def _is_empty_for_good(self, attributes: Path) -> bool:
        """Return whether a file stays empty: a file being written gets its content at once."""
        with suppress(OSError):
            found = attributes.stat()
            if found.st_size == 0 and time.time() - found.st_mtime < WRITE_SECONDS:
                self.sleep(WRITE_SECONDS)
                found = attributes.stat()
            return found.st_size == 0
        return False


def _files_under(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            yield Path(place, name)


def _names_of(place: Path) -> tuple[str, str]:
    """Return the project and the stack of a file in the folder of states."""
    project = place.parent.as_posix()
    return "" if project == "." else project, _ENDING.sub("", place.name)


def _deployment_in(place: Path) -> Mapping[str, Any]:
    try:
        data = place.read_bytes()
        if place.name.endswith(".gz"):
            import gzip  # Lazy import: few backends compress their states.

            data = gzip.decompress(data)
        checkpoint: Any = json.loads(data, object_pairs_hook=unique_keys)["checkpoint"]
        found: Any = checkpoint.get("latest") or {}
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"{place}: {error}") from None
    return cast(Mapping[str, Any], found)


def _living_holder(lock: Path) -> str | None:
    """Return the owner of a lock, unless it was a process of this machine that has ended."""
    try:
        found: Any = json.loads(lock.read_text(encoding="utf-8"))
        pid, host = int(found["pid"]), str(found["hostname"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return f"an unknown run ({lock})"
    # Windows has no `uname`, and its `os.kill` would terminate the process.
    if hasattr(os, "uname") and host == os.uname().nodename and not _is_alive(pid):
        return None
    return f"process {pid} on {host}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    # A killed process stays in the process table until its parent reaps it.
    with suppress(OSError, IndexError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[0] not in ("Z", "X")
    return True
