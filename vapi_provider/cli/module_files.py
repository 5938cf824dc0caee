"""The file of the module that `import` writes: its place, reading it, and replacing it."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from vapi_provider.catalogue import imports as catalogue
from vapi_provider.errors import ConfigurationError

STACKS = Path("stacks")


def module_of(stack: str) -> Path:
    """Return the default module for a stack's imported numbers.

    Raises ConfigurationError if the project has no folder `stacks`.
    """
    if not STACKS.is_dir():
        raise ConfigurationError(catalogue.MODULE_PLACE())
    name = re.sub(r"[^a-zA-Z0-9_]", "_", stack)
    if name != stack:
        # Without a digest, prod-eu and prod_eu would share a module, and each stack would declare
        # the other's numbers.
        name = f"{name}_{sha256(stack.encode()).hexdigest()[:6]}"
    return STACKS / f"_imported_{name}.py"


def text_of(path: Path) -> str:
    """Return a file's text, empty if there is no file.

    Raises ConfigurationError if the file cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            catalogue.MODULE_FILE(module=path, action="read", cause=error)
        ) from None


def put_file(path: Path, text: str) -> None:
    """Write a file atomically. Raises ConfigurationError if it cannot be written."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        os.replace(new, path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise ConfigurationError(
            catalogue.MODULE_FILE(module=path, action="written", cause=error)
        ) from None
