"""Errors about wrong paths in `ignore_changes`, and warnings of options without effect."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from vapi_provider.catalogue import declarations, preview
from vapi_provider.catalogue.message import Message, without_code
from vapi_provider.models.fields import Schema, correction
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import READ_ONLY
from vapi_provider.reconcile.ignore_changes import names_in

_INPUTS = ("provider", "declaration", "adopt_id", "__provider")

_PLAIN = frozenset({"text", "number", "flag"})
"""JSON types without nested values."""


def refuse_wrong_paths(kind: Kind, opts: pulumi.ResourceOptions | None, where: str) -> None:
    """Raise RunError where a path of `ignore_changes` names no field."""
    for path in (opts and opts.ignore_changes) or ():
        wrong = _wrong_step(kind, path)
        if wrong is not None:
            raise pulumi.RunError(f"{where}{declarations.IGNORED_PATH(path=path, problem=wrong)}")


def ineffective_options(opts: pulumi.ResourceOptions | None) -> Iterator[Message]:
    """Yield a warning for each option that Pulumi does not pass to dynamic providers."""
    if opts is not None and opts.custom_timeouts is not None:
        yield preview.CUSTOM_TIMEOUTS()


def _wrong_step(kind: Kind, path: str) -> str | None:
    """Return what is wrong with a path; None for a valid one."""
    models: list[Schema] = [kind.create]
    leaf: str | None = None
    if next(names_in(path), None) is None:
        return "it names no field"
    for depth, name in enumerate(names_in(path)):
        if depth == 0 and name in (*READ_ONLY, *_INPUTS):
            return None
        if name == "*":
            models = [inner for model in models for inner in _inside(model)]
        elif models:
            holding = [model for model in models if name in model.fields]
            if not holding:
                knowing = [model for model in models if name in model.fields_by_wire_name]
                return f"{name} {without_code(correction((knowing or models)[0], name))}"
            types = {type_ for model in holding for type_ in model.fields[name].types}
            models = [inner for model in holding for inner in model.fields[name].schemas]
            leaf = name if types <= _PLAIN else None
        elif leaf:
            return f"{leaf} has nothing below it"
        else:
            return None  # Any path is valid below an object of arbitrary keys.
    return None


def _inside(model: Schema) -> list[Schema]:
    return [inner for spec in model.fields.values() for inner in spec.schemas]
