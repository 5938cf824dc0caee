"""Markdown tables of a model's fields, derived from the model."""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator

from vapi_provider.models.base import VapiModel
from vapi_provider.models.constants import SIP_HOSTS
from vapi_provider.models.field_traits import REPAIRED, SECRET, UNORDERED
from vapi_provider.models.fields import FieldSpec, Schema, schema_named
from vapi_provider.models.kinds import Kind


def table(schema: Schema, specs: Iterable[FieldSpec], kind: Kind | None = None) -> str:
    """Return a table with a row per field; for a kind's own fields also how `up` changes them."""
    change = " Change |" if kind else ""
    lines = [f"| Field | Type | Limits | Default |{change} Source | |", "|---|---|---|---|---|---|"]
    lines[1] += "---|" if kind else ""
    for spec in specs:
        info = schema.model.model_fields[spec.name]
        cells = [f"`{spec.name}`" + (" **required**" if spec.required else "")]
        cells += [
            _type(info.annotation),
            _limits(info.annotation, info.metadata),
            _default(schema, spec),
        ]
        if kind:
            cells.append("replace" if spec.name in kind.create_only else "in place")
        cells += [_source(schema, spec), _meaning(spec, info.description or "")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _type(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inner[0])
    if origin in (Union, types.UnionType):
        members = [_type(member) for member in inner if member is not type(None)]
        return " or ".join(dict.fromkeys(members))
    if origin is Literal:
        few = len(inner) <= 10
        return " ".join(f"`{word}`" for word in inner) if few else f"one of {len(inner)} codes"
    if origin is list:
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return "object of text" if _type(inner[1]) == "text" else "object"
    if isinstance(annotation, type) and issubclass(annotation, VapiModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return {str: "text", float: "number", bool: "true or false", Any: "any"}[annotation]


def _limits(annotation: Any, metadata: Sequence[Any]) -> str:
    flat = [part for item in metadata for part in getattr(item, "metadata", [item])]
    low = next((item.min_length for item in flat if isinstance(item, MinLen)), None)
    high = next((item.max_length for item in flat if isinstance(item, MaxLen)), None)
    least = next((item.ge for item in flat if isinstance(item, Ge)), None)
    most = next((item.le for item in flat if isinstance(item, Le)), None)
    listed = next((part for part in _alternatives(annotation) if get_origin(part) is list), None)
    texts = [_span(low, high, "items" if listed else "characters"), _span(least, most, "")]
    if listed:
        item = get_args(listed)[0]
        inside = _limits(item, getattr(item, "__metadata__", ()))
        texts.append(f"each {inside}" if inside else "")
    return ", ".join(text for text in texts if text)


def _alternatives(annotation: Any) -> Sequence[Any]:
    together = get_origin(annotation) in (Union, types.UnionType)
    return get_args(annotation) if together else [annotation]


def _span(least: Any, most: Any, unit: str) -> str:
    if least is None and most is None:
        return ""
    if least == most:
        text = f"{least}"
    elif most is None:
        text = f"{least} or more"
    else:
        text = f"{least}–{most}" if least is not None else f"at most {most}"
    return f"{text} {unit}".strip()


def _default(schema: Schema, spec: FieldSpec) -> str:
    """Return the documented defaults of a field; those of all regions if they differ."""
    listed = [schema_named(schema.name, region).fields[spec.name].defaults for region in SIP_HOSTS]
    defaults = dict.fromkeys(json.dumps(value) for found in listed for value in found)
    return " or ".join(f"`{text}`" for text in defaults)


def _meaning(spec: FieldSpec, description: str) -> str:
    notes = [
        ("Secret.", SECRET in spec.traits),
        ("Order has no meaning.", UNORDERED in spec.traits),
    ]
    return " ".join(
        [
            description.replace("|", "\\|").replace("<", "&lt;"),
            *(note for note, holds in notes if holds),
        ]
    )


def _source(schema: Schema, spec: FieldSpec) -> str:
    ruled = any(spec.name in fields for fields, _ in rules_of(schema))
    source = "schema, repaired" if REPAIRED in spec.traits else "schema"
    return f"{source}, [rule](#rules)" if ruled else source


def rules_of(schema: Schema) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the fields that each of a model's rules validates, and its docstring."""
    for decorator in schema.model.__pydantic_decorators__.field_validators.values():
        yield decorator.info.fields, inspect.getdoc(decorator.func) or ""
    for name, info in schema.model.model_fields.items():
        for function in _validators_in(info.annotation):
            yield (name,), inspect.getdoc(function) or ""


def _validators_in(annotation: Any) -> Iterator[Any]:
    """Yield the functions that validate the items of a list or object."""
    for item in getattr(annotation, "__metadata__", ()):
        if isinstance(item, AfterValidator):
            yield item.func
    for inner in get_args(annotation):
        yield from _validators_in(inner)
