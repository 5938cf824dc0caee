"""Automatic names, which identify a resource's record in the dashboard and to the provider."""

from __future__ import annotations

import hashlib

from vapi_provider.reconcile.resource_key import (
    PARENT_HASH,
    parent_hash_of,
    resource_of,
    stack_of,
)

NAME_LENGTH = 40
"""Maximum length of a name (API schema)."""


def automatic_name(key: str) -> str:
    """Return ``<project>/<stack>/<resource>``, followed by the parent's hash for a child.

    The name is unique in the account for each kind. A name that is too long keeps both ends, with a
    hash of the whole name between them.
    """
    name = "/".join((*stack_of(key), resource_of(key)))
    whole = name + parent_hash_of(key)
    if len(whole) <= NAME_LENGTH:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    end = (NAME_LENGTH - len(digest) - 2) // 2
    return f"{name[:end]}~{digest}~{name[-end:]}"


def name_without_parent(name: str) -> str:
    """Return an automatic name without the hash of the parent, if it ends with one."""
    return PARENT_HASH.sub("", name)


def alias_hint(*, renamed: bool = False) -> str:
    """Return the advice to add an alias for a resource that was moved, or maybe renamed."""
    name = ", pulumi.Alias(name='<old name>') if it was renamed" if renamed else ""
    return (
        f"If this resource was {'renamed or ' if renamed else ''}moved in the program, add "
        "opts=pulumi.ResourceOptions(aliases=[...]): "
        "pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE) if it had no parent, "
        f"pulumi.Alias(parent='<URN of its old parent>') if it had one{name}; "
        "`python -m vapi_provider preview` shows which"
    )
