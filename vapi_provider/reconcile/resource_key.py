"""Resource keys, by which the plugin identifies resources because it receives no URN.

The key is ``<organization>/<project>/<stack>/<Class>/<resource>``, and its state key is
``declaration``. For a child of another resource the class is followed by a hash of the parent's
types, ``<Class>~<hash>``, because components of different types may have children of the same name.
States of an earlier version hold the old form, without the hash.
"""

from __future__ import annotations

import hashlib
import re

_STACK_TYPE = "pulumi:pulumi:Stack"
PARENT_HASH = re.compile(r"~[0-9a-f]{8}\Z")
"""Suffix of the class in a child's key, and of its automatic name."""


def resource_key(scope: str, class_name: str, resource: str, parent_urn: str | None = None) -> str:
    """Return the key of a resource in `scope`, ``<organization>/<project>/<stack>``.

    `parent_urn` is the parent's URN; the stack does not count as a parent.
    """
    types = parent_urn.split("::", 3)[2] if parent_urn else _STACK_TYPE
    if types != _STACK_TYPE:
        class_name += f"~{hashlib.sha256(types.encode()).hexdigest()[:8]}"
    return f"{scope}/{class_name}/{resource}"


def with_parent(key: str, parent_urn: str | None) -> str:
    """Return the key of the same resource below another parent, or below the stack for None."""
    return resource_key(scope_of(key), class_of(key), resource_of(key), parent_urn)


def children_range(key: str) -> tuple[str, str]:
    """Return the beginning and the end of the keys of children with the resource's class and name.

    The hash of the parent, of 8 digits, stands between them. `key` is in the old form.
    """
    return f"{scope_of(key)}/{class_of(key)}~", f"/{resource_of(key)}"


def old_form(key: str) -> str:
    """Return a key without the hash of the parent."""
    return with_parent(key, None) if "~" in key else key


def recorded_form(key: str, recorded: object) -> str:
    """Return `recorded` if it is the old form of `key`, so that the state keeps it, else `key`."""
    return recorded if isinstance(recorded, str) and recorded == old_form(key) else key


def is_of_stack(key: str, project: str, stack: str) -> bool:
    """Return whether a resource key belongs to this project and stack."""
    return _parts(key)[1:3] == [project, stack]


def scope_of(key: str) -> str:
    """Return ``<organization>/<project>/<stack>`` of a resource key."""
    return "/".join(_parts(key)[:3])


def stack_of(key: str) -> tuple[str, str]:
    """Return the project and the stack of a resource key."""
    _organization, project, stack, *_ = _parts(key)
    return project, stack


def class_of(key: str) -> str:
    """Return the class name in a resource key."""
    return PARENT_HASH.sub("", _parts(key)[3])


def parent_hash_of(key: str) -> str:
    """Return ``~<hash>`` of a child's key, and "" for any other key."""
    match = PARENT_HASH.search(_parts(key)[3])
    return match.group() if match else ""


def resource_of(key: str) -> str:
    """Return the resource's name in the program."""
    return _parts(key)[-1]


def _parts(key: str) -> list[str]:
    return key.split("/", 4)
