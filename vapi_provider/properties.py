"""Between the engine's property bags and the models: the only room that knows both.

A bag is what the engine hands over: snake_case keys, every number a float, values that are still
unknown at preview as `Unknown`, and `__provider`. Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from pulumi.dynamic.dynamic import PROVIDER_KEY
from pulumi.output import Unknown
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vapi_provider.equality import CHANGED_OUTSIDE, NOT_SHOWN, settled
from vapi_provider.models.base import TOLD_APART_BY, VapiModel
from vapi_provider.models.fields import as_object, correction, fields_of
from vapi_provider.models.phone_number import KINDS, Kind
from vapi_provider.models.record import PhoneNumberRecord

READ_ONLY = ("number", "sip_uri", "status", "org_id", "created_at")
"""The outputs beside the declared fields. These keys are in people's states: never rename one."""

_NOT_FIELDS = ("declaration", "adopt_id")

_TEXTS = {
    "missing": "is required",
    "string_type": "must be text",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "must have at most {max_length} items",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than_equal": "must be {le:g} or less",
    "literal_error": "must be {expected}",
}


@dataclass(frozen=True)
class Declared:
    """What a program declares of one resource.

    `declaration` and `adopt_id` are None where absent or, at preview, not yet known.
    """

    kind: Kind
    fields: Mapping[str, Any]
    declaration: str | None
    adopt_id: str | None

    @classmethod
    def of(cls, bag: Mapping[str, Any]) -> Declared:
        """From a plain bag, inputs or outputs; outputs that are no fields are left out."""
        kind = KINDS[bag["provider"]]
        return cls(
            kind=kind,
            fields={name: bag[name] for name in kind.fields if name in bag},
            declaration=_text(bag.get("declaration")),
            adopt_id=_text(bag.get("adopt_id")),
        )

    def model(self) -> VapiModel:
        """The create schema holding the fields; all of them must be known and checked."""
        return self.kind.create.built().model_validate(
            {"provider": self.kind.provider, **self.fields},
            by_name=True,
            by_alias=False,
            context={"exists": True},
        )


def plain(bag: Mapping[str, Any]) -> dict[str, Any]:
    """A bag without the engine's own key and without None; whole floats as integers."""
    return {
        name: _plain(value)
        for name, value in bag.items()
        if value is not None and name != PROVIDER_KEY
    }


def problems(declared: Declared, bag: Mapping[str, Any], *, exists: bool) -> list[str]:
    """Everything that is wrong with a declared bag, as ``<path>: <reason>``; no value is shown.

    What is still unknown is never wrong. With `exists` the record need not be made any more.
    """
    found: list[str] = []
    adopt_id = bag.get("adopt_id", "-")
    if adopt_id == "" or not isinstance(adopt_id, str | Unknown):
        found.append("adopt_id: must be the id of a phone number")
    fields = {name: value for name, value in bag.items() if name not in _NOT_FIELDS}
    try:
        declared.kind.create.built().model_validate(
            fields, by_name=True, by_alias=False, context={"exists": exists}
        )
    except ValidationError as refused:
        found += [
            _in_words(error, declared.kind.create, fields)
            for error in refused.errors(include_url=False)
            if not _is_unknown(error)
        ]
    return found


def outputs(declared: Declared, record: PhoneNumberRecord) -> dict[str, Any]:
    """What to record after a write: what was declared, and what only the API knows."""
    return _bag(declared.kind, declared.fields, declared.declaration, record)


def outputs_unsent(declared: Declared, recorded: Mapping[str, Any]) -> dict[str, Any]:
    """What to record where nothing had to be sent: the declaration's spelling and name."""
    fields = {name: recorded[name] for name in READ_ONLY if name in recorded} | dict(
        declared.fields
    )
    return {**fields, "provider": declared.kind.provider, "declaration": declared.declaration}


def outputs_as_read(recorded: Declared, record: PhoneNumberRecord) -> dict[str, Any]:
    """What to record after a read: what the API answers, in the recorded spelling where equal.

    The desired area code is kept as recorded: the API need not echo it, and it does not change.
    """
    kind = recorded.kind
    hidden = NOT_SHOWN if recorded.declaration is None else CHANGED_OUTSIDE
    fields = settled(kind.fields, recorded.fields, record.fields, hidden)
    for name in kind.create_only:
        fields.pop(name, None)
        if name in recorded.fields:
            fields[name] = recorded.fields[name]
    return _bag(kind, fields, recorded.declaration, record)


def lacks_headers(recorded: Declared, record: PhoneNumberRecord) -> bool:
    """Whether a server answers without the headers that are recorded: removed, or not echoed?"""
    server = record.fields.get("server")
    before = as_object(recorded.fields.get("server")).get("headers")
    return bool(before) and server is not None and as_object(server).get("headers") is None


def without_headers(record: PhoneNumberRecord) -> PhoneNumberRecord:
    """The record with its server's headers removed, rather than not echoed."""
    none: dict[str, str] = {}
    server = {**as_object(record.fields.get("server")), "headers": none}
    return replace(record, fields={**record.fields, "server": server})


def inputs_of(outs: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """The declared part of recorded outputs, to compare later declarations with."""
    return {
        name: value
        for name, value in outs.items()
        if name in kind.fields or name in ("provider", "declaration")
    }


def _bag(
    kind: Kind, fields: Mapping[str, Any], declaration: str | None, record: PhoneNumberRecord
) -> dict[str, Any]:
    bag = {
        "number": record.number,
        "status": record.status,
        "org_id": record.org_id,
        "created_at": record.created_at,
        **fields,
        "provider": kind.provider,
        "declaration": declaration,
    }
    return {name: value for name, value in bag.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        bag = cast(Mapping[str, Any], value)
        return {name: _plain(item) for name, item in bag.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in cast(list[Any], value)]
    return value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _is_unknown(error: ErrorDetails) -> bool:
    """Whether the error is only about a value that preview does not know yet."""
    found = error["input"]
    if isinstance(found, Unknown):
        return True
    # No member of a union fits because the key that tells them apart is unknown.
    key = error["type"].removeprefix(TOLD_APART_BY)
    return (
        key != error["type"] and isinstance(found, Mapping) and isinstance(found.get(key), Unknown)  # pyright: ignore[reportUnknownMemberType]
    )


def _in_words(error: ErrorDetails, root: type[VapiModel], fields: Mapping[str, Any]) -> str:
    path, model = _locate(error["loc"], root, fields)
    kind = error["type"]
    if kind == "extra_forbidden":
        reason = correction(model, str(error["loc"][-1]))
    elif not kind.startswith(TOLD_APART_BY):
        reason = _TEXTS.get(kind, error["msg"]).format(**error.get("ctx", {}))
    elif isinstance(error["input"], Mapping):
        path = f"{path}.{kind.removeprefix(TOLD_APART_BY)}"
        reason = error["msg"]
    else:
        reason = "must be an object"
    return f"{path}: {reason}"


def _locate(
    location: tuple[int | str, ...], root: type[VapiModel], fields: Mapping[str, Any]
) -> tuple[str, type[VapiModel]]:
    """A location as a person writes it (``hooks[0].do[1].exact``), and the model it ends in."""
    path = ""
    model: type[VapiModel] | None = root
    ends_in = root
    shape = None
    value: Any = fields
    for step in location:
        if isinstance(step, str) and step.startswith("<"):
            continue  # A union's tag, not a key.
        if isinstance(step, int):
            path += f"[{step}]"
            value = cast(list[Any], value)[step]
        else:
            path += f".{step}" if path else step
            shape = fields_of(model).get(step) if model else None
            value = cast(Mapping[str, Any], value).get(step)
        model = shape.model_of(value) if shape else None
        ends_in = model or ends_in
    return path, ends_in
