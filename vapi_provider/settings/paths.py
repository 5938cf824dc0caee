"""Where relative paths of the settings lead: to the folder of Pulumi.yaml, in every process.

With `main:` in Pulumi.yaml the engine runs the program and the plugin in another folder than the
one where people run commands.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from vapi_provider.errors import ConfigurationError

_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
_NEARBY = 3
"""How many folders up a project is looked for whose `main:` leads beside it."""


@dataclass(frozen=True)
class Place:
    """A file's path, absolute where the project's folder is, and what a person should know."""

    path: Path
    warning: str | None = None


@dataclass(frozen=True)
class Project:
    """The folder of Pulumi.yaml, and the one that `main:` names, which is where programs run."""

    folder: Path
    main: Path

    @classmethod
    def around(cls, folder: Path) -> Project:
        """Find the project that a process in `folder` belongs to, as Pulumi does: upward.

        Without one it is `folder` itself.
        """
        for above in (folder, *folder.parents):
            file = _project_file(above)
            if file is not None:
                return cls(above, _main_of(file))
        for above in list(folder.parents)[:_NEARBY]:
            for file in _projects_below(above):
                if _main_of(file) == folder.resolve():
                    return cls(file.parent, folder)
        return cls(folder, folder)

    def place(self, name: str, what: str, tables: str) -> Place:
        """Resolve `name` against the folder of Pulumi.yaml.

        The file lay in the folder of `main:` before. It is used there as long as the new place has
        none, or one without a row in the tables whose names hold `tables`.
        """
        new, old = self.folder / name, self.main / name
        if old.resolve() == new.resolve() or not old.is_file() or _holds_rows(new, tables):
            return Place(new)
        return Place(
            old,
            f"{what} is {old}, where programs run (main: in Pulumi.yaml); relative paths are "
            f"relative to Pulumi.yaml: move the file to {new}",
        )


def state_home(environment: Mapping[str, str]) -> Path:
    """Return where the XDG specification puts a person's state.

    Raise ConfigurationError where there is no home: the current folder may be a clone that is
    thrown away.
    """
    named = environment.get("XDG_STATE_HOME", "")
    if Path(named).is_absolute():
        return Path(named)
    homes = (environment.get("HOME", ""), environment.get("USERPROFILE", ""), _users_home())
    home = next((home for home in homes if Path(home).is_absolute()), None)
    if home is None:
        raise ConfigurationError(
            "there is no home folder (HOME) for the journal of purchases: set VAPI_JOURNAL to a "
            "file that outlives this run"
        )
    return Path(home) / ".local" / "state"


def _users_home() -> str:
    try:
        import pwd
    except ImportError:  # Windows has none; USERPROFILE is set there.
        return ""
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # A container may run as any number.
        return ""


def _projects_below(folder: Path) -> list[Path]:
    """List the project files one level down; a folder that vanishes meanwhile has none."""
    names: list[str] = []
    with suppress(OSError):
        names = sorted(os.listdir(folder))
    files = (folder / name / project for name in names for project in _PROJECT_FILES)
    return [file for file in files if os.path.isfile(file)]


def _project_file(folder: Path) -> Path | None:
    files = (folder / name for name in _PROJECT_FILES)
    return next((file for file in files if file.is_file()), None)


def _main_of(file: Path) -> Path:
    """Return the folder that a project's programs run in."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return file.parent
    main = (file.parent / _main_in(text)).resolve()
    return main.parent if main.is_file() else main


def _main_in(text: str) -> str:
    """Return what a project file has as `main:`, `.` where it has none or cannot be read."""
    if "main" not in text:
        return "."
    import yaml  # Lazily: most projects have no `main:`. YAML holds JSON as well.

    with suppress(yaml.YAMLError):
        # All values are texts: what only looks like a date cannot be wrong.
        settings: Any = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes texts alone
        main: Any = cast(dict[str, Any], settings).get("main") if isinstance(settings, dict) else ""
        if isinstance(main, str) and main:
            return main
    return "."


def _holds_rows(file: Path, tables: str) -> bool:
    """Return whether a SQLite file has rows; what cannot be read is taken to have some."""
    if not file.is_file():
        return False
    # Lazy import: a place is looked into only where both hold a file.
    import sqlite3
    from contextlib import closing

    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as found:
            named = found.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            names = [str(name) for (name,) in named if tables in str(name)]
            return any(
                found.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()  # noqa: S608 - ours
                for name in names
            )
    except sqlite3.Error:
        return True
