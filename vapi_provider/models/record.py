"""Reading an answer: one phone number as the API tells it, whatever else it tells.

Tolerant on purpose: unknown keys, unknown statuses and values outside our limits are facts about
the account, not errors. Only what identifies a record must be there, and each known field is of its
JSON type: what is of another is no answer of the API's, and nothing is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from vapi_provider.models.fields import FieldShape, Schema
from vapi_provider.models.ids import is_id
from vapi_provider.models.json_types import WrongType, check_type
from vapi_provider.models.kinds import KINDS, Kind
from vapi_provider.shared.addresses import bare

_IDENTITY = ("id", "orgId", "createdAt", "provider")

_OF_ANY_KIND = ("status", "number", "name")
"""Texts that are shown of a record of any kind, also of one that we do not know."""

_UNDOCUMENTED = ("providerResourceId",)
"""Seen in answers, in no schema, and nothing that a person sets."""


@dataclass(frozen=True)
class PhoneNumberRecord:
    """One record of the account.

    `fields` holds what can be declared of its kind, in snake_case and unchanged, without nulls;
    it is empty for a kind that we do not know. `answer` is what was read. Both may hold secrets
    and are kept out of `repr`.
    """

    id: str
    org_id: str
    created_at: str
    provider: str
    status: str | None
    number: str | None
    fields: Mapping[str, Any] = field(repr=False)
    answer: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)

    @property
    def kind(self) -> Kind | None:
        """Its kind, or None for one that we do not know."""
        return KINDS.get(self.provider)

    @property
    def name(self) -> str | None:
        """Its label."""
        return self.fields.get("name")

    @property
    def reached_at(self) -> str | None:
        """What people call, without a password that a SIP URI may hold."""
        uri = self.fields.get("sip_uri")
        return self.number or (None if uri is None else bare(uri))

    @property
    def is_masked(self) -> bool:
        """Whether it shows its number in part: some have seen lists of ``+165****8621``."""
        return "*" in (self.number or "")

    @classmethod
    def read(cls, raw: Any) -> PhoneNumberRecord:
        """The record in an answer's JSON. Raises ValueError for what is no record.

        The error's text holds no value of the answer: one may be a secret.
        """
        if not isinstance(raw, dict):
            raise ValueError("the answer is not an object")
        answer = cast(dict[str, Any], raw)
        for key in _IDENTITY:
            if not isinstance(answer.get(key), str) or not answer[key]:
                raise ValueError(f"the answer has no {key}")
        if not is_id(answer["id"]):
            raise ValueError("the answer has an id that is none")
        for key in _OF_ANY_KIND:
            if answer.get(key) is not None and not isinstance(answer[key], str):
                raise ValueError(f"{key} must be text")
        kind = KINDS.get(answer["provider"])
        known = _in_snake_case(kind.read, answer) if kind else {}
        return cls(
            id=answer["id"],
            org_id=answer["orgId"],
            created_at=answer["createdAt"],
            provider=answer["provider"],
            status=answer.get("status"),
            number=answer.get("number"),
            fields={name: known[name] for name in kind.fields if name in known} if kind else {},
            answer=answer,
        )


def unknown_keys(record: PhoneNumberRecord) -> list[str]:
    """Paths of what the answer has and no model: for a person, in the API's spelling."""
    kind = record.kind
    found = _unknown(kind.read, record.answer) if kind else []
    return [path for path in found if path not in _UNDOCUMENTED]


def _unknown(model: Schema, answer: Mapping[str, Any], above: str = "") -> list[str]:
    shapes = model.fields_by_wire_name
    found: list[str] = []
    for key, value in answer.items():
        path = f"{above}{key}"
        if key not in shapes:
            found += [path] if value is not None else []
            continue
        for at, item in enumerate(cast(list[Any], value) if isinstance(value, list) else [value]):
            inner = shapes[key].schema_of(item)
            where = f"{path}[{at}]" if isinstance(value, list) else path
            found += _unknown(inner, item, f"{where}.") if inner else []
    return found


def _in_snake_case(model: Schema, answer: Mapping[str, Any]) -> dict[str, Any]:
    shapes, found = model.fields_by_wire_name, dict[str, Any]()
    for wire, value in answer.items():
        shape = shapes.get(wire)
        if shape is not None and value is not None:
            try:
                found[shape.name] = as_read(shape, value)
            except WrongType as wrong:
                raise WrongType(f"{wire}{wrong}") from None
    return found


def as_read(shape: FieldShape, value: Any) -> Any:
    """Return a value of an answer in snake_case, without what no schema knows."""
    if value is None:
        return None
    check_type(value, shape.types)
    return converted(shape, value)


def converted(shape: FieldShape, value: Any) -> Any:
    """Return a value, or an item of a list, as `as_read` does: its own type was checked before."""
    if value is None or not shape.schemas:
        return value
    if not isinstance(value, list):
        return _object(shape, value)
    found: list[Any] = []
    for at, item in enumerate(cast(list[Any], value)):
        try:
            found.append(_object(shape, item))
        except WrongType as wrong:
            raise WrongType(f"[{at}]{wrong}") from None
    return found


def _object(shape: FieldShape, value: Any) -> Any:
    model = shape.schema_of(value)
    if model is None:
        return value
    try:
        return _in_snake_case(model, value)
    except WrongType as wrong:
        raise WrongType(f".{wrong}") from None
