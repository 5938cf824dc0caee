"""Options that a resource inherits from its parents and the stack: transforms and `protect`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, cast

import pulumi
from pulumi.runtime import settings


def is_protected(resource: pulumi.Resource, opts: pulumi.ResourceOptions | None) -> bool:
    """Return whether a resource, or a parent that it inherits the option from, has `protect`."""
    return bool(getattr(resource, "_protect", opts is not None and opts.protect))


def is_transformed(opts: pulumi.ResourceOptions | None) -> bool:
    """Return whether a known transform may change a resource with these options.

    Transforms of the parent are known only once the parent is registered.
    """
    of_its_own = opts is not None and (opts.transformations or opts.transforms)
    above: tuple[object, object] = (opts and opts.parent, settings.get_root_resource())
    inherited = any(map(_has_transformation, above))
    return bool(of_its_own or inherited or _has_callbacks())


def has_parent(opts: pulumi.ResourceOptions | None) -> bool:
    """Return whether a resource with these options has a parent other than the stack."""
    return opts is not None and opts.parent not in (None, settings.get_root_resource())


async def parent_registered(opts: pulumi.ResourceOptions | None) -> None:
    """Wait until the parent is registered, so that its transforms are known."""
    if opts is not None and opts.parent is not None:
        await cast(Any, opts.parent.urn).future()


def _has_transformation(resource: object) -> bool:
    """Return whether a resource passes transformations on, without this package's own guard.

    The guard of runs without checkpoints changes no resource.
    """
    transformations: Sequence[object] = getattr(resource, "_transformations", None) or ()
    return any(
        not str(getattr(transformation, "__module__", "")).startswith("vapi_provider.")
        for transformation in transformations
    )


def _has_callbacks() -> bool:
    """Return whether this run has registered a transform that its engine calls."""
    module = sys.modules.get("pulumi.runtime._callbacks")
    servers: list[object] = getattr(getattr(module, "_CallbackServicer", None), "_servicers", [])
    monitor: object = settings.get_monitor()
    return any(
        getattr(server, "_monitor", None) is monitor and getattr(server, "_transforms", None)
        for server in servers
    )
