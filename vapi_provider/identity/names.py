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
