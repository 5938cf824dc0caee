"""Resolution of relative paths in settings against the folder of Pulumi.yaml.

With `main:` in Pulumi.yaml the engine runs the program and the plugin in a different folder than
the one where users run commands.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vapi_provider.catalogue import configuration
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.backend import PROJECT_FILES, setting_in

_NEARBY = 3
"""Number of parent folders that are searched for a project whose `main:` is outside its folder."""


@dataclass(frozen=True)
class Project:
    """The folder of Pulumi.yaml, and the folder of `main:`, where programs run."""

    folder: Path
    main: Path

    @classmethod
    def around(cls, folder: Path) -> Project:
        """Find the project of a process in `folder`, searching upward like Pulumi.

        Without a project return `folder` itself.
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

    def place(self, name: str, what: str, tables: str) -> tuple[Path, Message | None]:
        """Resolve `name` against the folder of Pulumi.yaml; return its path and a warning or None.

        Earlier versions kept the file in the folder of `main:`. That file stays in use, with a
        warning, unless the new one has a row in a table whose name contains `tables`.
        """
        new, old = self.folder / name, self.main / name
        if old.resolve() == new.resolve() or not old.is_file() or _holds_rows(new, tables):
            return new, None
        return old, configuration.FILE_IN_MAIN_FOLDER(file=what, old=old, new=new)


def state_home(environment: Mapping[str, str]) -> Path:
    """Return the user's state folder by the XDG specification.

    Raises ConfigurationError where there is no home folder: the current folder may be a temporary
    clone, in which the journal would be lost.
    """
    named = environment.get("XDG_STATE_HOME", "")
    if Path(named).is_absolute():
        return Path(named)
    homes = (environment.get("HOME", ""), environment.get("USERPROFILE", ""), _users_home())
    home = next((home for home in homes if Path(home).is_absolute()), None)
    if home is None:
        raise ConfigurationError(configuration.NO_HOME_FOLDER())
    return Path(home) / ".local" / "state"


def _users_home() -> str:
    try:
        import pwd
    except ImportError:  # Windows has no such module, but sets USERPROFILE.
        return ""
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # A container may run as a user id without an entry.
        return ""


def _projects_below(folder: Path) -> list[Path]:
    """List the project files one level down; a folder that cannot be read has none."""
    names: list[str] = []
    with suppress(OSError):
        names = sorted(os.listdir(folder))
    files = (folder / name / project for name in names for project in PROJECT_FILES)
    return [file for file in files if os.path.isfile(file)]


def _project_file(folder: Path) -> Path | None:
    files = (folder / name for name in PROJECT_FILES)
    return next((file for file in files if file.is_file()), None)


def _main_of(file: Path) -> Path:
    """Return the folder in which a project's programs run."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return file.parent
    main = (file.parent / (setting_in(text, "main") or ".")).resolve()
    return main.parent if main.is_file() else main


def _holds_rows(file: Path, tables: str) -> bool:
    """Return whether a SQLite file has rows; assume rows in a file that cannot be read."""
    if not file.is_file():
        return False
    # Lazy import: needed only where both the old and the new folder have a file.
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
