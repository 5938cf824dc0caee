"""Hints that the program sends to the plugin about a number: own secrets and transforms.

The engine unwraps secrets before it calls the plugin, and the plugin cannot see whether a transform
changed the inputs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, cast

import pulumi

from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.fields import FieldSpec, Schema, as_list, as_object
from vapi_provider.pulumi_sdk.inherited_options import has_parent, is_transformed, parent_registered
from vapi_provider.pulumi_sdk.mocks import is_mocked
from vapi_provider.reconcile.secrecy import OWN_SECRETS, TRANSFORMS

_Path = tuple[str, ...]
_Found = tuple[_Path, pulumi.Output[Any]]
"""The path and the Output of a declared value."""


def hints(
    kind: Schema,
    fields: Mapping[str, Any],
    opts: pulumi.ResourceOptions | None,
    guards: Collection[str],
) -> pulumi.Output[Any] | None:
    """Return the hints for a number; None where there is none, as each input is expensive.

    With guards, a child always gets hints, because a transform of its parent affects the verdict.
    """
    outputs = list(_outputs_in(kind, fields, ()))
    if is_mocked() or not (outputs or is_transformed(opts) or (guards and has_parent(opts))):
        return None

    async def resolve(_: None) -> dict[str, Any] | None:
        await parent_registered(opts)
        paths = await _secret_paths(outputs)
        found = {TRANSFORMS: is_transformed(opts), OWN_SECRETS: paths}
        return {name: value for name, value in found.items() if value} or None

    return pulumi.Output.from_input(None).apply(cast(Callable[[None], Any], resolve))


async def _secret_paths(outputs: Sequence[_Found]) -> list[list[str]]:
    # Exceptions are ignored: the SDK fails the program for an Output that failed.
    marks = await asyncio.gather(
        *(output.is_secret() for _, output in outputs), return_exceptions=True
    )
    return [list(path) for (path, _), mark in zip(outputs, marks, strict=True) if mark is True]


def _outputs_in(schema: Schema, fields: Mapping[str, Any], path: _Path) -> Iterator[_Found]:
    """Yield the Outputs in fields that are not always secret."""
    for name, value in fields.items():
        spec = schema.fields.get(name)
        if spec is not None and SECRET not in spec.traits:
            yield from _outputs(spec, value, (*path, name))


def _outputs(spec: FieldSpec, value: Any, path: _Path) -> Iterator[_Found]:
    if isinstance(value, pulumi.Output):
        yield path, cast(pulumi.Output[Any], value)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(as_list(cast(Any, value))):
            yield from _outputs(spec, item, (*path, str(index)))
    elif isinstance(value, Mapping):
        properties, model = as_object(cast(Any, value)), spec.schema_of(value)
        if model is not None:
            yield from _outputs_in(model, properties, path)
        else:
            for name, item in properties.items():
                yield from _outputs(spec, item, (*path, name))
