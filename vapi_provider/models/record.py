"""Reading an answer: one phone number as the API tells it, whatever else it tells.

Tolerant on purpose: unknown keys, unknown statuses and values outside our limits are facts about
the account, not errors. Only what identifies a record must be there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from vapi_provider.models.fields import FieldShape, Schema
from vapi_provider.models.kinds import KINDS, Kind

_IDENTITY = ("id", "orgId", "createdAt", "provider")

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
    def is_masked(self) -> bool:
        """Whether it shows its number in part: some have seen lists of ``+165****8621``."""
        return "*" in (self.number or "")

    @classmethod
    def read(cls, raw: Any) -> PhoneNumberRecord:
        """The record in an answer's JSON. Raises ValueError for what is no record."""
        if not isinstance(raw, dict):
            raise ValueError("the answer is not an object")
        answer = cast(dict[str, Any], raw)
        for key in _IDENTITY:
            if not isinstance(answer.get(key), str) or not answer[key]:
                raise ValueError(f"the answer has no {key}")
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
    shapes = model.fields_by_wire_name
    return {
        shapes[wire].name: as_read(shapes[wire], value)
        for wire, value in answer.items()
        if wire in shapes and value is not None
    }


def as_read(shape: FieldShape, value: Any) -> Any:
    """Return a value of an answer in snake_case, without what no schema knows."""
    if isinstance(value, list):
        return [as_read(shape, item) for item in cast(list[Any], value)]
    model = shape.schema_of(value)
    return _in_snake_case(model, value) if model else value
