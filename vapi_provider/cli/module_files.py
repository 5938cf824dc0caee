"""The files of the program that `import` reads and writes: the module, and the stack's file."""

from __future__ import annotations

import keyword
import os
import re
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.machinery import PathFinder
from importlib.metadata import packages_distributions
from pathlib import Path

from vapi_provider.catalogue import imports as catalogue
from vapi_provider.errors import ConfigurationError
from vapi_provider.importing.module_source import render_stack_module
from vapi_provider.shared.search_path import reserved_names

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


def taken_by(name: str) -> str | None:
    """Return what is imported by the name already, in words for the user; None if it is free."""
    if keyword.iskeyword(name) or name in ("__main__", "__init__"):
        return "a word of Python's own"
    if name in sys.stdlib_module_names or name in sys.builtin_module_names:
        return "a module of Python's own"
    if name == __name__.partition(".")[0]:
        return "this package"
    if name in packages_distributions() or _is_installed(name):
        return "an installed package"
    # A package that is not installed here may be installed in another environment of the project.
    return "a package that Pulumi's SDK needs" if name in reserved_names() else None


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


def wire_up(module: Path, stack: str) -> str | None:
    """Create `stacks/<stack>.py`, which imports the module, if there is no such file.

    Otherwise return the advice for the user, or None if the program imports the module already.
    """
    name = module.stem
    if module.parent != STACKS:
        program = text_of(Path("__main__.py"))
        if re.search(rf"\b{re.escape(name)}\b", program):
            return None
        return f"Declare them: add `import {name}` to the program (they are in {module})."
    own = STACKS / f"{stack}.py"
    if not own.exists():
        put_file(own, render_stack_module(stack, name))
        return None
    if name in text_of(own):
        return None
    return (
        f"Declare them: in {own} add `from stacks import {name}`, and to what declare() returns "
        f"`**{name}.reached`."
    )


def _is_installed(name: str) -> bool:
    """Return whether Python finds the name outside of the project's folder."""
    here = os.path.realpath(os.getcwd())
    elsewhere = [entry for entry in sys.path if os.path.realpath(entry or ".") != here]
    found = PathFinder.find_spec(name, elsewhere)
    # A folder without modules is found as a namespace package, which has nothing to import.
    return found is not None and found.origin is not None
