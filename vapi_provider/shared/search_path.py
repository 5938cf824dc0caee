"""Order of `sys.path` in our processes, and module names that a project must not use.

Python starts the plugin and our commands with the project's folder first on `sys.path`, so that a
`tenacity.py` there would shadow the library; this module moves the folder to the end. That is too
late for the modules that Pulumi's SDK imports first, so their names are reserved: they are listed
in `reserved_names.txt`, which a test verifies and the make targets read. This module is imported
before all others and keeps its own imports few.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from importlib.machinery import PathFinder, all_suffixes
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from types import ModuleType

_LIST = os.path.join(os.path.dirname(__file__), "reserved_names.txt")
_loading = threading.RLock()


def is_plugin_process() -> bool:
    """Return whether this is the SDK's plugin process, not a program, a command or a test."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name in ("pulumi.dynamic", "pulumi.dynamic.__main__")


def put_libraries_first() -> None:
    """Move the project's folder to the end of `sys.path` in the plugin and in our commands.

    Raises SystemExit in a command whose project has a module of a reserved name.
    """
    is_command = _is_command()
    if is_command or is_plugin_process():
        put_project_last()
    if is_command and (problem := reserved_problem(os.getcwd())) is not None:
        sys.stderr.write(f"Error: {problem}\n")
        raise SystemExit(1)


def put_project_last() -> None:
    """Move the current folder, which is the project's, to the end of `sys.path`."""
    here = [entry for entry in sys.path if _is(os.getcwd(), entry)]
    if here:
        sys.path[:] = [entry for entry in sys.path if entry not in here] + here[:1]


def reserved_names() -> frozenset[str]:
    """Return the names of modules that Pulumi's SDK imports before any code of ours runs."""
    with open(_LIST, encoding="ascii") as file:
        return frozenset(file.read().split())


def reserved_problem(folder: str) -> str | None:
    """Return a message about modules of a folder with reserved names; None where it has none.

    A subfolder counts as a module only with an `__init__.py`.
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
    # Lazy import: until `put_libraries_first` has run, a module of the project may shadow it.
    from vapi_provider.catalogue import configuration

    return configuration.RESERVED_MODULE_NAME(files=", ".join(found))


def library(name: str) -> ModuleType:
    """Import a library even where a module of the project shadows it.

    In a program the project's folder stays first on the path. A shadowed library is loaded under a
    private name, which requires that its modules import each other relatively. Raises ImportError
    where it has no loader.
    """
    elsewhere = [entry for entry in sys.path if not _is_project(entry)]
    installed = PathFinder.find_spec(name, elsewhere)
    usual = find_spec(name)
    if (
        installed is None
        or installed.origin is None
        or (usual and usual.origin == installed.origin)
    ):
        return __import__(name)
    own = f"_vapi_provider_{name}"
    with _loading:
        if own not in sys.modules:
            folders = installed.submodule_search_locations
            spec = spec_from_file_location(
                own, installed.origin, submodule_search_locations=folders and list(folders)
            )
            if spec is None or spec.loader is None:
                raise ImportError(f"{installed.origin} cannot be loaded", name=name)
            module = sys.modules[own] = module_from_spec(spec)
            spec.loader.exec_module(module)
    return sys.modules[own]


@contextmanager
def libraries_first() -> Generator[None]:
    """Resolve imports within the block to libraries before modules of the project.

    Modules of the project that shadow a library are removed from `sys.modules` meanwhile.
    """
    with _loading:
        ours = [entry for entry in sys.path if _is_project(entry)]
        elsewhere = [entry for entry in sys.path if entry not in ours]
        aside = {
            name: module
            for name, module in tuple(sys.modules.items())
            if "." not in name
            and name not in ("__main__", __name__.partition(".")[0])
            and _is_of(ours, module)
            and PathFinder.find_spec(name, elsewhere) is not None
        }
        before, sys.path[:] = list(sys.path), elsewhere + ours
        for name in aside:
            del sys.modules[name]
        try:
            yield
        finally:
            sys.path[:] = before
            sys.modules.update(aside)


def _is_of(folders: list[str], module: ModuleType) -> bool:
    """Return whether a module is a file or a package directly in one of the folders."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return False
    above = os.path.dirname(file)
    above = os.path.dirname(above) if hasattr(module, "__path__") else above
    return any(_is(folder, above) for folder in folders)


def _is_command() -> bool:
    """Return whether Python is about to run this package by `python -m vapi_provider`."""
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
