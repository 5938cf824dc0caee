"""The phone number in a server message: one of five kinds, discriminated by `provider`.

The published schema names the create schemas, but Vapi posts what the account holds, and that may
break rules which were added later. So only required fields and types are checked: a live call must
not fail because a label is too long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from vapi_provider.models.base import VapiModel
from vapi_provider.models.fields import Schema, as_object
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.phone_number import (
    CreateByoPhoneNumberDTO,
    CreateTelnyxPhoneNumberDTO,
    CreateTwilioPhoneNumberDTO,
    CreateVapiPhoneNumberDTO,
    CreateVonagePhoneNumberDTO,
)

MessagePhoneNumber = (
    CreateByoPhoneNumberDTO
    | CreateTwilioPhoneNumberDTO
    | CreateVonagePhoneNumberDTO
    | CreateVapiPhoneNumberDTO
    | CreateTelnyxPhoneNumberDTO
)

_TYPE_NAMES = {
    str: "text",
    bool: "true or false",
    float: "a number",
    list: "a list",
    dict: "an object",
}


def parse_phone_number(value: Any) -> MessagePhoneNumber:
    """Return the model of `value`, a phone number in the wire's spelling.

    A pydantic validator: the errors name the path inside the phone number, pydantic the path to it.
    """
    if isinstance(value, VapiModel):
        if type(value) in get_args(MessagePhoneNumber):
            return cast(MessagePhoneNumber, value)
        raise _error("", "must be a phone number as it is created")
    if not isinstance(value, Mapping):
        raise _error("", "must be an object")
    properties = as_object(cast(Any, value))
    kind = KINDS.get(str(properties.get("provider")))
    if kind is None:
        raise _error("provider", f"must be one of {', '.join(sorted(KINDS))}")
    return cast(MessagePhoneNumber, _build_model(kind.create, properties, ""))


def _build_model(schema: Schema, properties: Mapping[str, Any], path: str) -> VapiModel:
    """Build the model without its rules, unknown keys and nulls."""
    model, values = schema.model, dict[str, Any]()
    for name, spec in schema.fields.items():
        value, field_path = properties.get(spec.wire), f"{path}{spec.wire}"
        if value is not None:
            values[name] = _parse_field(model.model_fields[name], spec.schemas, value, field_path)
        elif spec.required:
            raise _error(field_path, "is missing")
    return model.model_construct(_fields_set=set(values), **values)


def _parse_field(info: FieldInfo, schemas: tuple[Schema, ...], value: Any, path: str) -> Any:
    types = _json_types(info.annotation)
    # A bool is an int in Python, but not a number in JSON.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    type_ = cast(type[object], float if is_number else type(value))
    if type_ not in types:
        expected = " or ".join(name for key, name in _TYPE_NAMES.items() if key in types)
        raise _error(path, f"must be {expected}")
    if type_ is list:
        items = enumerate(cast(list[Any], value))
        return [_parse_item(schemas, item, f"{path}[{index}]") for index, item in items]
    return float(value) if type_ is float else _parse_item(schemas, value, path)


def _parse_item(schemas: tuple[Schema, ...], value: Any, path: str) -> Any:
    """Return the model of an object; any other value, and an unknown kind of object, unchanged."""
    properties = as_object(value)
    if not properties:
        return value
    matching = [schema for schema in schemas if _has_tags_of(schema.model, properties)]
    return _build_model(matching[0], properties, f"{path}.") if matching else value


def _has_tags_of(model: type[VapiModel], properties: Mapping[str, Any]) -> bool:
    """Return whether an object has the tags (`type`, `on`) by which the model is recognized."""
    literals = {
        str(info.alias): get_args(info.annotation)
        for info in model.model_fields.values()
        if get_origin(info.annotation) is Literal and info.is_required()
    }
    tags = {wire: allowed for wire, allowed in literals.items() if len(allowed) == 1}
    return all(properties.get(wire) in allowed for wire, allowed in tags.items())


def _json_types(annotation: Any) -> set[type]:
    """Return Python's types of the JSON values that a field may hold."""
    origin = get_origin(annotation) or annotation
    if origin is Literal:
        return {type(literal) for literal in get_args(annotation)}
    if origin in _TYPE_NAMES:
        return {origin}
    if isinstance(origin, type) and issubclass(origin, VapiModel):
        return {dict}
    return {type_ for inner in get_args(annotation) for type_ in _json_types(inner)}


def _error(path: str, reason: str) -> PydanticCustomError:
    return PydanticCustomError("phone_number", "{reason}", {"reason": reason, "inside": path})
