"""Resource keys: what the plugin, which sees no URN, knows a resource by.

The key is ``<organization>/<project>/<stack>/<Class>/<resource>``; the state calls it
``declaration``. The child of another resource has a hash of its parent's types behind the class,
``<Class>~<hash>``: components of different types may have children of one name. States that an
earlier version recorded hold the old form, without the hash.
"""

from __future__ import annotations

import hashlib
import re

_STACK_TYPE = "pulumi:pulumi:Stack"
PARENT_HASH = re.compile(r"~[0-9a-f]{8}\Z")
"""What stands behind the class in a child's key, and behind its automatic name."""


def resource_key(scope: str, class_name: str, resource: str, parent_urn: str | None = None) -> str:
    """Return the key of a resource in `scope`, ``<organization>/<project>/<stack>``.

    `parent_urn` is its parent's URN; the stack itself counts as none.
    """
    types = parent_urn.split("::", 3)[2] if parent_urn else _STACK_TYPE
    if types != _STACK_TYPE:
        class_name += f"~{hashlib.sha256(types.encode()).hexdigest()[:8]}"
    return f"{scope}/{class_name}/{resource}"


def old_form(key: str) -> str:
    """Return a key without the hash of the parent; that of a resource without parent is itself."""
    if "~" not in key:
        return key
    *scope, class_name, resource = key.split("/", 4)
    return "/".join((*scope, PARENT_HASH.sub("", class_name), resource))


def recorded_form(key: str, recorded: object) -> str:
    """Return the key that a state goes on with: `recorded` where that is the old form of `key`."""
    return recorded if isinstance(recorded, str) and recorded == old_form(key) else key


def is_of_stack(declaration: str, project: str, stack: str) -> bool:
    """Return whether a declaration is a resource's of this project and stack."""
    return declaration.split("/", 4)[1:3] == [project, stack]


def stack_of(declaration: str) -> tuple[str, str]:
    """Return the project and the stack of a declaration."""
    _organization, project, stack, *_ = declaration.split("/", 4)
    return project, stack


def class_of(declaration: str) -> str:
    """Return the class of a declaration's resource."""
    return old_form(declaration).split("/", 4)[3]


def resource_of(declaration: str) -> str:
    """Return the name that the resource of a declaration has in the program."""
    return declaration.split("/", 4)[-1]
