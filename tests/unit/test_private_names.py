"""Private names of the SDK: only `pulumi_sdk` uses them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "vapi_provider"
OF_OTHERS = {"_pool", "_network_backend", "httpx._main", "_typeshed.wsgi"}
"""Private names of httpx (in `api/network.py` and `api/lazy_transport.py`) and of type stubs."""


def is_private(name: str) -> bool:
    """Return whether a name, or a part of a dotted one, is private."""
    return any(part.startswith("_") and part[1:2].isalpha() for part in name.split("."))


def used(tree: ast.AST) -> Iterator[str]:
    """Yield the private names of modules, attributes and texts of calls such as `getattr`."""
    for node in ast.walk(tree):
        names: list[object] = []
        if isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(name.name for name in node.names)]
        elif isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.Call):
            names = [item.value for item in node.args if isinstance(item, ast.Constant)]
        yield from (name for name in names if isinstance(name, str) and is_private(name))


def defined(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a module defines: functions, classes, variables and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id in ("self", "cls")
        ):
            yield node.attr


def test_only_one_folder_uses_private_names_of_the_sdk() -> None:
    """Outside of `pulumi_sdk` every private name is one that the package defines."""
    trees = [
        ast.parse(file.read_text(encoding="utf-8"))
        for file in PACKAGE.rglob("*.py")
        if file.parent.name != "pulumi_sdk"
    ]
    own = {name for tree in trees for name in defined(tree)} | {
        f"vapi_provider.models.{file.stem}" for file in (PACKAGE / "models").glob("_*.py")
    }
    assert {name for tree in trees for name in used(tree)} - own == OF_OTHERS
