"""A model's fields as data, for the code that walks a bag of plain values beside its model.

Walking is how answers are read tolerantly, values compared, secrets found and the reference
written: once each, for every schema, without a table of field names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, cast, get_args, get_origin

from pydantic.alias_generators import to_snake
from pydantic.fields import FieldInfo

from vapi_provider.models.base import Documented, Mark, VapiModel


def as_object(value: Any) -> Mapping[str, Any]:
    """`value` if it is an object, else an empty one."""
    return cast(Mapping[str, Any], value) if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """`value` as a list if it is a list or a tuple, else an empty one."""
    return list(cast(list[Any], value)) if isinstance(value, list | tuple) else []


@dataclass(frozen=True, eq=False)
class FieldShape:
    """One field: both spellings, the models its value may be, its documented defaults and marks."""

    name: str
    wire: str
    required: bool
    models: tuple[type[VapiModel], ...]
    defaults: tuple[Any, ...]
    marks: frozenset[Mark]

    def model_of(self, value: Any) -> type[VapiModel] | None:
        """The model that describes `value`; None for a plain value and for one of no known kind."""
        if not isinstance(value, Mapping):
            return None
        if len(self.models) == 1:
            return self.models[0]
        bag = as_object(value)
        return next((model for model in self.models if _literals_match(model, bag)), None)


@cache
def fields_of(model: type[VapiModel]) -> Mapping[str, FieldShape]:
    """The fields of `model` by their snake_case names, in the order of the declaration."""
    return {name: _shape(name, info) for name, info in model.model_fields.items()}


@cache
def fields_by_wire_name(model: type[VapiModel]) -> Mapping[str, FieldShape]:
    """The same by their camelCase names."""
    return {shape.wire: shape for shape in fields_of(model).values()}


def correction(model: type[VapiModel], key: str) -> str:
    """What to say of a key that `model` does not have, with the right or the nearest spelling."""
    fields = [name for name in fields_of(model) if name != "provider"]
    by_wire = fields_by_wire_name(model)
    if key in by_wire:
        return f"is spelled {by_wire[key].name} here"
    near = get_close_matches(to_snake(key), fields, n=1)
    if near:
        return f"is not a field of {model.__name__}: did you mean {near[0]}?"
    return f"is not a field of {model.__name__}: it has {', '.join(fields)}"


@cache
def carries(shape: FieldShape, mark: Mark) -> bool:
    """Whether the field, or any below it, carries `mark`."""
    return mark in shape.marks or any(
        carries(inner, mark) for model in shape.models for inner in fields_of(model).values()
    )


def _shape(name: str, info: FieldInfo) -> FieldShape:
    documented = [item.defaults for item in info.metadata if isinstance(item, Documented)]
    return FieldShape(
        name=name,
        wire=str(info.alias),
        required=info.is_required(),
        models=tuple(dict.fromkeys(_models_in(info.annotation))),
        defaults=documented[0] if documented else (),
        marks=frozenset(item for item in info.metadata if isinstance(item, Mark)),
    )


def _models_in(annotation: Any) -> Iterator[type[VapiModel]]:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        if issubclass(annotation, VapiModel):
            yield annotation
        return
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _literals_match(model: type[VapiModel], value: Mapping[str, Any]) -> bool:
    """Whether every literal of `model` (its `type` or `on`) is what `value` says."""
    return all(
        value.get(name) in get_args(info.annotation)
        for name, info in model.model_fields.items()
        if get_origin(info.annotation) is Literal and info.is_required() and name in ("type", "on")
    )
