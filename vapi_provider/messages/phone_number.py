"""The phone number in a server message: one of five kinds, told apart by `provider`.

The published schema puts the create schemas there. Vapi posts what its account holds, which may be
more than it takes today: so what must be there must be there, and each value is of its type, but
nothing else is asked. A live call does not fail over a label that is too long.
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

_NAMES = {str: "text", bool: "true or false", float: "a number", list: "a list", dict: "an object"}


def read_phone_number(value: Any) -> MessagePhoneNumber:
    """The model of `value`, a number as the wire spells it; for pydantic, which adds the path."""
    if isinstance(value, VapiModel):
        if type(value) in get_args(MessagePhoneNumber):
            return cast(MessagePhoneNumber, value)
        raise _refusal("", "must be a phone number as it is created")
    if not isinstance(value, Mapping):
        raise _refusal("", "must be an object")
    bag = as_object(cast(Any, value))
    kind = KINDS.get(str(bag.get("provider")))
    if kind is None:
        raise _refusal("provider", f"must be one of {', '.join(sorted(KINDS))}")
    return cast(MessagePhoneNumber, _built(kind.create, bag, ""))


def without_nulls(value: Any) -> Any:
    """A wire value without the keys that are null: the schema has no nulls here."""
    if isinstance(value, Mapping):
        bag = as_object(cast(Any, value))
        return {key: without_nulls(item) for key, item in bag.items() if item is not None}
    return [without_nulls(item) for item in cast(list[Any], value)] if _is_list(value) else value


def _built(schema: Schema, bag: Mapping[str, Any], path: str) -> VapiModel:
    """The model without its rules: keys that it does not know and nulls are left out."""
    model, values = schema.model, dict[str, Any]()
    for name, shape in schema.fields.items():
        found, here = bag.get(shape.wire), f"{path}{shape.wire}"
        if found is not None:
            values[name] = _value(model.model_fields[name], shape.schemas, found, here)
        elif shape.required:
            raise _refusal(here, "is missing")
    return model.model_construct(_fields_set=set(values), **values)


def _value(info: FieldInfo, schemas: tuple[Schema, ...], value: Any, path: str) -> Any:
    types = _types(info.annotation)
    # bool is an int to Python, never to JSON.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    kind = cast(type[object], float if number else type(value))
    if kind not in types:
        raise _refusal(
            path, f"must be {' or '.join(_NAMES[each] for each in _NAMES if each in types)}"
        )
    if kind is list:
        items = enumerate(cast(list[Any], value))
        return [_object(info, schemas, item, f"{path}[{at}]") for at, item in items]
    return float(value) if kind is float else _object(info, schemas, value, path)


def _object(info: FieldInfo, schemas: tuple[Schema, ...], value: Any, path: str) -> Any:
    """The model of an object that has one; anything else, and a new kind of object, as it is."""
    bag = as_object(value)
    fitting = [schema for schema in schemas if _is_told_by(schema.model, bag)] if bag else []
    return _built(fitting[0], bag, f"{path}.") if fitting else value


def _is_told_by(model: type[VapiModel], bag: Mapping[str, Any]) -> bool:
    """Whether each literal that a model must have (`type`, `on`) is what the object says."""
    literals = {
        str(info.alias): get_args(info.annotation)
        for info in model.model_fields.values()
        if get_origin(info.annotation) is Literal and info.is_required()
    }
    named = {wire: allowed for wire, allowed in literals.items() if len(allowed) == 1}
    return all(bag.get(wire) in allowed for wire, allowed in named.items())


def _types(annotation: Any) -> set[type]:
    """Python's types of the JSON values that a field may hold."""
    origin = get_origin(annotation) or annotation
    if origin is Literal:
        return {type(word) for word in get_args(annotation)}
    if origin in _NAMES:
        return {origin}
    if isinstance(origin, type) and issubclass(origin, VapiModel):
        return {dict}
    return {each for inner in get_args(annotation) for each in _types(inner)}


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _refusal(path: str, text: str) -> PydanticCustomError:
    # The path inside the number goes before the reason: pydantic adds the one that leads here.
    return PydanticCustomError("phone_number", "{said}", {"said": text, "inside": path})
