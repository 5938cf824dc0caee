"""Automatic names: how a record is known as this declaration's, in the dashboard and by us."""

from __future__ import annotations

import hashlib

NAME_LENGTH = 40
"""The longest name that the API takes (API schema)."""


def automatic_name(declaration: str) -> str:
    """``<project>/<stack>/<resource>``: readable, and unique in the account together with the kind.

    A longer one keeps both ends, with a hash of the whole between them.
    """
    _organization, project, stack, _class, resource = declaration.split("/", 4)
    name = f"{project}/{stack}/{resource}"
    if len(name) <= NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    end = (NAME_LENGTH - len(digest) - 2) // 2
    return f"{name[:end]}~{digest}~{name[-end:]}"


def is_of_stack(declaration: str, project: str, stack: str) -> bool:
    """Return whether a declaration is a resource's of this project and stack."""
    return declaration.split("/", 4)[1:3] == [project, stack]


def stack_of(declaration: str) -> tuple[str, str]:
    """Return the project and the stack of a declaration."""
    _organization, project, stack, *_ = declaration.split("/", 4)
    return project, stack


def resource_of(declaration: str) -> str:
    """Return the name that the resource of a declaration has in the program."""
    return declaration.split("/", 4)[-1]
