"""Names that a generated module must not have, because another module is imported by them."""

from __future__ import annotations

import keyword
import os
import sys
from importlib.machinery import PathFinder
from importlib.metadata import packages_distributions

from vapi_provider.shared.search_path import reserved_names


def taken_by(name: str) -> str | None:
    """Return what already has the name, in words for the user, or None if the name is free."""
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


def _is_installed(name: str) -> bool:
    """Return whether Python finds the name outside of the project's folder."""
    here = os.path.realpath(os.getcwd())
    elsewhere = [entry for entry in sys.path if os.path.realpath(entry or ".") != here]
    found = PathFinder.find_spec(name, elsewhere)
    # A folder without modules is found as a namespace package, which has nothing to import.
    return found is not None and found.origin is not None
