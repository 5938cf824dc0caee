"""The phone number in a server message: one of five kinds, discriminated by `provider`.

The published schema names the create schemas, but Vapi posts what the account holds, and that may
break rules which were added later. So only required fields and types are checked: a live call must
not fail because a label is too long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

from pydantic_core import PydanticCustomError

from vapi_provider.models.base import VapiModel
from vapi_provider.models.fields import FieldSpec, Schema, as_object
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.phone_number import (
    CreateByoPhoneNumberDTO,
    CreateTelnyxPhoneNumberDTO,
    CreateTwilioPhoneNumberDTO,
    CreateVapiPhoneNumberDTO,
    CreateVonagePhoneNumberDTO,
)
from vapi_provider.models.record import JSON_TYPES, TYPE_WORDS

MessagePhoneNumber = (
    CreateByoPhoneNumberDTO
    | CreateTwilioPhoneNumberDTO
    | CreateVonagePhoneNumberDTO
    | CreateVapiPhoneNumberDTO
    | CreateTelnyxPhoneNumberDTO
)


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
    values: dict[str, Any] = {}
    for name, spec in schema.fields.items():
        value, field_path = properties.get(spec.wire), f"{path}{spec.wire}"
        if value is not None:
            values[name] = _parse_field(spec, value, field_path)
        elif spec.required:
            raise _error(field_path, "is missing")
    return schema.model.model_construct(_fields_set=set(values), **values)


def _parse_field(spec: FieldSpec, value: Any, path: str) -> Any:
    allowed = {name.partition(" of ")[0] for name in spec.types}
    kind = JSON_TYPES.get(cast(type[Any], type(value)))
    if kind not in allowed:
        expected = " or ".join(text for name, text in TYPE_WORDS.items() if name in allowed)
        raise _error(path, f"must be {expected}")
    if kind == "list":
        items = enumerate(cast(list[Any], value))
        return [_parse_item(spec.schemas, item, f"{path}[{index}]") for index, item in items]
    return float(value) if kind == "number" else _parse_item(spec.schemas, value, path)


def _parse_item(schemas: tuple[Schema, ...], value: Any, path: str) -> Any:
    """Return the model of an object; any other value, and an unknown kind of object, unchanged."""
    properties = as_object(value)
    if not properties:
        return value
    matching = [schema for schema in schemas if schema.has_literals(properties)]
    return _build_model(matching[0], properties, f"{path}.") if matching else value


def _error(path: str, reason: str) -> PydanticCustomError:
    return PydanticCustomError("phone_number", "{reason}", {"reason": reason, "inside": path})
