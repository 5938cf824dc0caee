"""Where Python looks for modules in a process of ours, and names that a project's own cannot have.

Python starts the plugin and our commands with the project's folder first on `sys.path`, so that a
`tenacity.py` there would be loaded in place of the library. At the end of the path it is not. What
Pulumi's SDK loads before any code of ours runs is out of reach: a module of such a name is refused.
`reserved_names.txt` lists them; a test measures them, and the make targets read the same file.
This module is loaded first, so it imports little.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib.machinery import PathFinder, all_suffixes
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from types import ModuleType

_LIST = os.path.join(os.path.dirname(__file__), "reserved_names.txt")
_loading = threading.Lock()


def is_plugin_process() -> bool:
    """Whether this is the SDK's plugin process rather than a program, a command or a test."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name in ("pulumi.dynamic", "pulumi.dynamic.__main__")


def arrange() -> None:
    """In the plugin and in our commands, put the project's folder last.

    Ends a command with one line where the folder has a module of a reserved name.
    """
    if is_plugin_process():
        put_project_last()
    elif _is_command():
        refusal = reserved_problem(os.getcwd())
        if refusal is not None:
            sys.stderr.write(f"Error: {refusal}\n")
            raise SystemExit(1)
        put_project_last()


def put_project_last() -> None:
    """Move the current folder, which is the project's, to the end of `sys.path`."""
    here = [entry for entry in sys.path if _is(os.getcwd(), entry)]
    if here:
        sys.path[:] = [entry for entry in sys.path if entry not in here] + here[:1]


def reserved_names() -> frozenset[str]:
    """Return the names of modules that Pulumi's SDK loads before any code of ours runs."""
    with open(_LIST, encoding="ascii") as file:
        return frozenset(file.read().split())


def reserved_problem(folder: str) -> str | None:
    """Return what is wrong with the names of a folder's modules; None where no run would fail.

    A folder counts as a module with its `__init__.py` only.
    """
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        return None
    reserved, suffixes = reserved_names(), all_suffixes()
    found: list[str] = []
    for name in names:
        stem, dot, rest = name.partition(".")
        is_module = dot + rest in suffixes or (
            not dot and os.path.isfile(os.path.join(folder, name, "__init__.py"))
        )
        if stem in reserved and is_module:
            found.append(name)
    if not found:
        return None
    return (
        f"{', '.join(found)} in the project's folder would be loaded in place of a module that "
        "Pulumi's SDK needs to start: rename it, and what imports it"
    )


def library(name: str) -> ModuleType:
    """Import a library, also where a module of the project is called like it.

    In the program the project's folder comes first, as its author expects, and the name may be
    taken already. Then the library is loaded beside it under a name of its own, which its modules
    must allow by importing each other relatively.
    """
    elsewhere = [entry for entry in sys.path if not _is_project(entry)]
    wanted = PathFinder.find_spec(name, elsewhere)
    usual = find_spec(name)
    if wanted is None or wanted.origin is None or (usual and usual.origin == wanted.origin):
        return __import__(name)
    own = f"_vapi_provider_{name}"
    with _loading:
        if own not in sys.modules:
            folders = wanted.submodule_search_locations
            spec = spec_from_file_location(
                own, wanted.origin, submodule_search_locations=folders and list(folders)
            )
            if spec is None or spec.loader is None:
                raise ImportError(f"{wanted.origin} cannot be loaded", name=name)
            module = sys.modules[own] = module_from_spec(spec)
            spec.loader.exec_module(module)
    return sys.modules[own]


def _is_command() -> bool:
    """Whether Python is about to run this package: `python -m vapi_provider`."""
    words = sys.orig_argv
    return sys.argv[:1] == ["-m"] and any(
        flag.startswith("-") and flag.endswith("m") and name.partition(".")[0] == "vapi_provider"
        for flag, name in zip(words, words[1:])  # noqa: B905 - neighbours
    )


def _is_project(entry: str) -> bool:
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return _is(os.getcwd(), entry) or (main is not None and _is(os.path.dirname(main), entry))


def _is(folder: str, entry: str) -> bool:
    return os.path.realpath(entry or ".") == os.path.realpath(folder)
