"""Fields of the schemas as data, for code that traverses values together with their schema.

Such code reads responses, compares values, finds secrets and writes the reference. `make docs`
generates the data from the models into `_generated_fields`, because importing the models takes 0.1
seconds in each process and only validation needs them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from vapi_provider.catalogue import declarations
from vapi_provider.catalogue.message import Message
from vapi_provider.models._generated_fields import SCHEMAS, FieldRow
from vapi_provider.models.constants import SIP_HOSTS
from vapi_provider.models.field_traits import FieldTrait

if TYPE_CHECKING:
    from vapi_provider.models.base import VapiModel


def as_object(value: Any) -> Mapping[str, Any]:
    """Return `value` if it is an object, else an empty object."""
    return cast(Mapping[str, Any], value) if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """Return `value` as a list if it is a list or a tuple, else an empty list."""
    return list(cast(list[Any], value)) if isinstance(value, list | tuple) else []


@dataclass(frozen=True, eq=False)
class FieldSpec:
    """A field: both spellings, the schemas and JSON types of its values, defaults and traits."""

    name: str
    wire: str
    required: bool
    schemas: tuple[Schema, ...]
    defaults: tuple[Any, ...]
    traits: frozenset[FieldTrait]
    types: frozenset[str]

    def schema_of(self, value: Any) -> Schema | None:
        """Return the schema that describes `value`; None for a scalar and for an unknown type."""
        if not isinstance(value, Mapping):
            return None
        if len(self.schemas) == 1:
            return self.schemas[0]
        properties = as_object(value)
        return next((schema for schema in self.schemas if schema.has_literals(properties)), None)


def item_of(spec: FieldSpec) -> FieldSpec:
    """Return the spec of a list's items: the list's schemas without its traits."""
    types = frozenset(
        name.removeprefix("list of ") for name in spec.types if name.startswith("list of ")
    )
    return FieldSpec(spec.name, spec.wire, True, spec.schemas, (), frozenset(), types)


@dataclass(frozen=True, eq=False)
class Schema:
    """A schema of the API in a region; `literals` are the discriminators of a union's member."""

    name: str
    module: str
    """Module in `vapi_provider.models` that defines the model."""
    literals: Mapping[str, str]
    rows: tuple[FieldRow, ...] = field(repr=False)
    region: str | None = None
    """Region of the fields' defaults; without one there are no defaults that depend on a region."""

    @cached_property
    def fields(self) -> Mapping[str, FieldSpec]:
        """The fields by their snake_case names, in the model's order."""
        return {row[0]: _field_spec(row, self.region) for row in self.rows}

    @cached_property
    def fields_by_wire_name(self) -> Mapping[str, FieldSpec]:
        """The fields by their camelCase names."""
        return {spec.wire: spec for spec in self.fields.values()}

    @cached_property
    def model(self) -> type[VapiModel]:
        """The pydantic model of the schema, built for validation."""
        model: type[VapiModel] = getattr(
            import_module(f"vapi_provider.models.{self.module}"), self.name
        )
        return model.built()

    def validate(self, fields: Mapping[str, Any], *, exists: bool) -> VapiModel:
        """Return the model with fields in snake_case; raise pydantic's ValidationError.

        `exists` skips the rules that apply to a create only.
        """
        return self.model.model_validate(
            fields, by_name=True, by_alias=False, context={"exists": exists}
        )

    def has_literals(self, value: Mapping[str, Any]) -> bool:
        """Return whether `value` has every literal of the schema, such as its `type`."""
        return all(value.get(name) == literal for name, literal in self.literals.items())


_SCHEMAS = {
    (name, region): Schema(name, module, literals, rows, region)
    for region in (None, *SIP_HOSTS)
    for name, (module, rows, literals) in SCHEMAS.items()
}


def schema_named(name: str, region: str | None = None) -> Schema:
    """Return the schema of this name with the defaults of a region."""
    return _SCHEMAS[name, region]


def correction(schema: Schema, key: str) -> Message:
    """Return the error message for a key not in `schema`, with the correct or nearest spelling."""
    fields = [name for name in schema.fields if name != "provider"]
    by_wire = schema.fields_by_wire_name
    if key in by_wire:
        return declarations.MISSPELLED_FIELD(name=by_wire[key].name)
    near = get_close_matches(_snake_case(key), fields, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(fields)}"
    return declarations.UNKNOWN_FIELD(schema=schema.name, hint=hint)


@cache
def carries(spec: FieldSpec, trait: FieldTrait) -> bool:
    """Return whether the field, or any nested field, has `trait`."""
    return trait in spec.traits or any(
        carries(inner, trait) for schema in spec.schemas for inner in schema.fields.values()
    )


def _field_spec(row: FieldRow, region: str | None) -> FieldSpec:
    name, types, required, schemas, defaults, traits = row
    inner = tuple(schema_named(schema, region) for schema in schemas)
    here = tuple(default for default in defaults if _is_default_in(region, default))
    marks, wire = frozenset(map(FieldTrait, traits)), in_camel_case(name)
    return FieldSpec(name, wire, required, inner, here, marks, frozenset(types))


def _is_default_in(region: str | None, default: Any) -> bool:
    """Return whether a documented default applies in a region; each SIP host belongs to one."""
    return default not in SIP_HOSTS.values() or default == SIP_HOSTS.get(region or "")


@cache
def in_camel_case(path: str) -> str:
    """Return a field's name, or a property path, in the API's spelling."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), path)


def _snake_case(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
