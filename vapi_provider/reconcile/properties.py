"""Conversion between the engine's properties, desired resources and records.

The engine's properties have snake_case keys, every number is a float, values not known at preview
are `Unknown`, and `__provider` holds the serialized provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pulumi.dynamic.dynamic import PROVIDER_KEY
from pulumi.output import Unknown

from vapi_provider.models.constants import EXACT
from vapi_provider.models.kinds import KINDS, Kind, kinds_in
from vapi_provider.models.record import READ_ONLY, PhoneNumberRecord
from vapi_provider.reconcile.placeholders import CHANGED_OUTSIDE, NOT_SHOWN
from vapi_provider.reconcile.secrecy import SIGNATURE
from vapi_provider.reconcile.state_merge import merge_for_state
from vapi_provider.shared.json_values import leaves


@dataclass(frozen=True)
class Desired:
    """One resource as the program declares it.

    `key` is the resource key. It and `adopt_id` are None where absent or, at preview, unknown.
    """

    kind: Kind
    fields: Mapping[str, Any]
    key: str | None
    adopt_id: str | None

    @classmethod
    def of(cls, properties: Mapping[str, Any], region: str | None = None) -> Desired:
        """Return the resource in normalized inputs or outputs, without its read-only outputs.

        `region` is the account's region, because some defaults depend on it.
        """
        kind = kinds_in(region)[properties["provider"]]
        return cls(
            kind=kind,
            fields={name: properties[name] for name in kind.fields if name in properties},
            key=_text(properties.get("declaration")),
            adopt_id=_text(properties.get("adopt_id")),
        )


def normalize(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Normalize properties: drop `__provider`, None and secret wrappers, make whole floats int."""
    return {
        name: _normalize(value)
        for name, value in properties.items()
        if value is not None and name != PROVIDER_KEY
    }


def contains_unknown(value: Any) -> bool:
    """Return whether a value, or any value nested in it, is unknown before `up`."""
    return any(isinstance(leaf, Unknown) for leaf in leaves(value))


def outputs(desired: Desired, record: PhoneNumberRecord) -> dict[str, Any]:
    """Return the outputs after a write: the declared fields and the read-only ones."""
    return _properties(desired.kind, desired.fields, desired.key, record)


def outputs_without_request(desired: Desired, recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs where no request was needed, in the declared spelling."""
    fields = {name: recorded[name] for name in READ_ONLY if name in recorded} | dict(desired.fields)
    return {**fields, "provider": desired.kind.provider, "declaration": desired.key}


def outputs_as_read(recorded: Desired, record: PhoneNumberRecord) -> dict[str, Any]:
    """Return the outputs after a read: the API's values, in the recorded spelling where equal.

    The desired area code stays as recorded, because the API need not echo it and cannot change it.
    """
    kind = recorded.kind
    hidden = NOT_SHOWN if recorded.key is None else CHANGED_OUTSIDE
    fields = merge_for_state(kind.fields, recorded.fields, record.fields, hidden)
    for name in kind.create_only:
        fields.pop(name, None)
        if name in recorded.fields:
            fields[name] = recorded.fields[name]
    return _properties(kind, fields, recorded.key, record)


def bought_number(recorded: Mapping[str, Any]) -> str | None:
    """Return a number that the API assigned; None for a declared one, which may be a secret."""
    kind, number = KINDS.get(str(recorded.get("provider"))), recorded.get("number")
    is_shown = kind is not None and "number" not in kind.fields and isinstance(number, str)
    return number if is_shown else None


def inputs_of(outs: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """Return the part of the outputs that a program can declare, as inputs."""
    return {
        name: value
        for name, value in outs.items()
        if name in kind.fields or name in ("provider", "declaration")
    }


def _properties(
    kind: Kind, fields: Mapping[str, Any], key: str | None, record: PhoneNumberRecord
) -> dict[str, Any]:
    properties = {
        **record.read_only,
        **fields,
        "provider": kind.provider,
        "declaration": key,
    }
    return {name: value for name, value in properties.items() if value is not None}


def _normalize(value: Any) -> Any:
    if isinstance(value, str):
        return value  # Fast path: most values are texts, and the checks below are expensive.
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    if isinstance(value, Mapping):
        properties = cast(Mapping[str, Any], value)
        if SIGNATURE in properties:
            return _normalize(properties.get("value"))
        return {name: _normalize(item) for name, item in properties.items() if item is not None}
    if isinstance(value, list):
        return [_normalize(item) for item in cast(list[Any], value)]
    return value


def _number(value: float) -> float:
    """Return a whole number as an integer if a double holds it exactly."""
    if abs(value) < EXACT:
        return int(value) if value == int(value) else value
    try:
        return float(value)
    except OverflowError:
        return value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
