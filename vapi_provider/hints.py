"""What the program tells the plugin of a number beside its fields, because only it can see it.

The engine takes the marks off secrets before it calls the plugin, and the plugin does not see
whether a transform stood between the program and it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, cast

import pulumi
from pulumi.runtime import settings
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2_grpc

from vapi_provider.models.fields import FieldShape, Schema, as_list, as_object
from vapi_provider.models.marks import SECRET
from vapi_provider.secrecy import OWN_SECRETS, TRANSFORMS


def on_engine() -> bool:
    """Return whether an engine runs the program: its plugin judges what arrives there."""
    return isinstance(_monitor(), resource_pb2_grpc.ResourceMonitorStub)


def is_mocked() -> bool:
    """Return whether the SDK's mocks run the program."""
    return isinstance(_monitor(), MockMonitor)


def is_transformed(opts: pulumi.ResourceOptions | None) -> bool:
    """Return whether a transform may change a resource with these options, as far as is known.

    A transform of its parent is known once the parent is registered.
    """
    of_its_own = opts is not None and (opts.transformations or opts.transforms)
    above: tuple[object, object] = (opts and opts.parent, settings.get_root_resource())
    inherited = any(getattr(resource, "_transformations", None) for resource in above)
    return bool(of_its_own or inherited or _has_callbacks())


def has_parent(opts: pulumi.ResourceOptions | None) -> bool:
    """Return whether a resource with these options has another parent than the stack."""
    return opts is not None and opts.parent not in (None, settings.get_root_resource())


async def parent_registered(opts: pulumi.ResourceOptions | None) -> None:
    """Wait until the parent is registered, and what transforms it has are known."""
    if opts is not None and opts.parent is not None:
        await cast(Any, opts.parent.urn).future()


def hints(
    kind: Schema,
    fields: Mapping[str, Any],
    opts: pulumi.ResourceOptions | None,
    guards: Collection[str],
) -> pulumi.Output[Any] | None:
    """Return the hints for a number; None where there is nothing to tell: each input is expensive.

    A transform of its parent's matters to the guards.
    """
    outputs = list(_outputs_in(kind, fields))
    if is_mocked() or not (outputs or is_transformed(opts) or (guards and has_parent(opts))):
        return None

    async def told(_: None) -> list[str] | None:
        await parent_registered(opts)
        words = [TRANSFORMS] if is_transformed(opts) else []
        return [*words, *([OWN_SECRETS] if await _any_secret(outputs) else [])] or None

    return pulumi.Output.from_input(None).apply(cast(Callable[[None], Any], told))


async def _any_secret(outputs: Sequence[pulumi.Output[Any]]) -> bool:
    # An output that failed ends the program by itself.
    told = await asyncio.gather(*(each.is_secret() for each in outputs), return_exceptions=True)
    return any(each is True for each in told)


def _outputs_in(schema: Schema, fields: Mapping[str, Any]) -> Iterator[pulumi.Output[Any]]:
    """Yield the outputs among the values of fields that are no secrets by themselves."""
    for name, value in fields.items():
        shape = schema.fields.get(name)
        if shape is not None and SECRET not in shape.marks:
            yield from _outputs(shape, value)


def _outputs(shape: FieldShape, value: Any) -> Iterator[pulumi.Output[Any]]:
    if isinstance(value, pulumi.Output):
        yield cast(pulumi.Output[Any], value)
    elif isinstance(value, list | tuple):
        for item in as_list(cast(Any, value)):
            yield from _outputs(shape, item)
    elif isinstance(value, Mapping):
        bag, model = as_object(cast(Any, value)), shape.schema_of(value)
        if model is not None:
            yield from _outputs_in(model, bag)
        else:
            for item in bag.values():
                yield from _outputs(shape, item)


def _has_callbacks() -> bool:
    """Return whether this run has registered a transform that its engine calls.

    The SDK tells nobody; where it keeps them otherwise, the program judges as without transforms.
    """
    module = sys.modules.get("pulumi.runtime._callbacks")
    servers: list[object] = getattr(getattr(module, "_CallbackServicer", None), "_servicers", [])
    return any(
        getattr(server, "_monitor", None) is _monitor() and getattr(server, "_transforms", None)
        for server in servers
    )


def _monitor() -> object:
    return settings.get_monitor()
