"""Parsing of one phone number record in a response of the API.

Parsing is tolerant: unknown keys, unknown statuses and values outside the documented limits are
accepted, because the account has them. A record must have the identifying fields, and each known
field must have its JSON type.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from vapi_provider.models.fields import FieldSpec, Schema
from vapi_provider.models.ids import is_id
from vapi_provider.models.kinds import KINDS, Kind
from vapi_provider.shared.addresses import bare

_IDENTITY = ("id", "orgId", "createdAt", "provider")

_OF_ANY_KIND = ("status", "number", "name")
"""Text fields that commands show for a record of any kind, even an unknown one."""

READ_ONLY = ("number", "sip_uri", "status", "org_id", "created_at")
"""The outputs beside the declared fields. Existing states hold these keys: never rename one."""

_UNDOCUMENTED = ("providerResourceId",)
"""Keys that responses have but no schema documents, and that no user can set."""

TYPE_WORDS = {
    "text": "text",
    "flag": "true or false",
    "number": "a number",
    "list": "a list",
    "object": "an object",
    "list of text": "a list of texts",
    "list of number": "a list of numbers",
    "list of object": "a list of objects",
}

JSON_TYPES: dict[type[Any], str] = {
    str: "text",
    bool: "flag",  # An int in Python, but not a number in JSON.
    int: "number",
    float: "number",
    list: "list",
    dict: "object",
}


class WrongType(ValueError):
    """A value of the wrong JSON type; the message starts with its path."""


@dataclass(frozen=True)
class PhoneNumberRecord:
    """One record of the account.

    `fields` holds the fields that can be declared, in snake_case and without nulls; it is empty
    for an unknown kind. `wire` is the JSON of the record. Both may hold secrets, so `repr` omits
    them.
    """

    id: str
    org_id: str
    created_at: str
    provider: str
    status: str | None
    number: str | None
    fields: Mapping[str, Any] = field(repr=False)
    wire: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)

    @property
    def kind(self) -> Kind | None:
        """The kind, or None if it is unknown."""
        return KINDS.get(self.provider)

    @property
    def name(self) -> str | None:
        """The label in the dashboard."""
        return self.fields.get("name")

    @property
    def read_only(self) -> dict[str, Any]:
        """The read-only outputs, without those that are unknown; `sip_uri` is one of `fields`."""
        known = {name: getattr(self, name) for name in READ_ONLY if name != "sip_uri"}
        return {name: value for name, value in known.items() if value is not None}

    @property
    def reached_at(self) -> str | None:
        """The number or the SIP URI that callers use, without a password in the URI."""
        uri = self.fields.get("sip_uri")
        return self.number or (None if uri is None else bare(uri))

    @property
    def is_masked(self) -> bool:
        """Whether the number is masked, such as ``+165****8621`` in some lists."""
        return "*" in (self.number or "")

    @classmethod
    def read(cls, raw: Any) -> PhoneNumberRecord:
        """Return the record in the JSON of a response.

        Raises ValueError for an invalid record; the message holds no value, which may be a secret.
        """
        if not isinstance(raw, dict):
            raise ValueError("the record is not an object")
        wire = cast(dict[str, Any], raw)
        for key in _IDENTITY:
            if not isinstance(wire.get(key), str) or not wire[key]:
                raise ValueError(f"the record has no {key}")
        if not is_id(wire["id"]):
            raise ValueError("the record has an invalid id")
        for key in _OF_ANY_KIND:
            if wire.get(key) is not None and not isinstance(wire[key], str):
                raise ValueError(f"{key} must be text")
        kind = KINDS.get(wire["provider"])
        known = _in_snake_case(kind.read, wire) if kind else {}
        return cls(
            id=wire["id"],
            org_id=wire["orgId"],
            created_at=wire["createdAt"],
            provider=wire["provider"],
            status=wire.get("status"),
            number=wire.get("number"),
            fields={name: known[name] for name in kind.fields if name in known} if kind else {},
            wire=wire,
        )


def unknown_keys(record: PhoneNumberRecord) -> list[str]:
    """Return the paths of keys in the record that no model has, in the API's spelling."""
    kind = record.kind
    found = _unknown(kind.read, record.wire) if kind else []
    return [path for path in found if path not in _UNDOCUMENTED]


def _unknown(schema: Schema, wire: Mapping[str, Any], above: str = "") -> list[str]:
    specs = schema.fields_by_wire_name
    found: list[str] = []
    for key, value in wire.items():
        path = f"{above}{key}"
        if key not in specs:
            found += [path] if value is not None else []
            continue
        for index, item in enumerate(
            cast(list[Any], value) if isinstance(value, list) else [value]
        ):
            inner = specs[key].schema_of(item)
            item_path = f"{path}[{index}]" if isinstance(value, list) else path
            found += _unknown(inner, item, f"{item_path}.") if inner else []
    return found


def _in_snake_case(schema: Schema, wire: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    specs, found = schema.fields_by_wire_name, dict[str, Any]()
    for wire_name, value in wire.items():
        spec = specs.get(wire_name)
        if spec is not None and value is not None:
            found[spec.name] = as_read(spec, value, f"{above}{wire_name}")
    return found


def as_read(spec: FieldSpec, value: Any, path: str = "") -> Any:
    """Return a field's value of a response in snake_case, without unknown keys.

    Raises WrongType where it, or a nested value, has the wrong JSON type.
    """
    if value is None:
        return None
    _check_type(value, spec.types, path)
    return convert_value(spec, value, path)


def convert_value(spec: FieldSpec, value: Any, path: str = "") -> Any:
    """Convert a value, or an item of a list, as `as_read` does, without checking its own type.

    Raises WrongType where a nested value has the wrong JSON type.
    """
    if value is None or not spec.schemas:
        return value
    if isinstance(value, list):
        items = enumerate(cast(list[Any], value))
        return [_object(spec, item, f"{path}[{index}]") for index, item in items]
    return _object(spec, value, path)


def _object(spec: FieldSpec, value: Any, path: str) -> Any:
    schema = spec.schema_of(value)
    return value if schema is None else _in_snake_case(schema, value, f"{path}.")


def _check_type(value: Any, types: Collection[str], path: str) -> None:
    """Raise WrongType where a value's JSON type is not in `types`."""
    kind = cast(type[Any], type(value))
    if JSON_TYPES.get(kind) in types:
        return
    if kind is list:
        listed = [name.removeprefix("list of ") for name in types if name.startswith("list of ")]
        if listed and all(JSON_TYPES.get(cast(type[Any], type(item))) in listed for item in value):
            return
    raise WrongType(f"{path} must be {' or '.join(TYPE_WORDS[name] for name in sorted(types))}")
