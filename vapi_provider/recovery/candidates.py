"""Records of the account that a pending creation may have created, by the state alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from vapi_provider.deployment.exported import (
    contains_secret,
    dependencies_of,
    instant,
    recorded_key,
    resources_of,
)
from vapi_provider.models.constants import SIP_HOSTS
from vapi_provider.models.fields import as_object
from vapi_provider.models.kinds import KINDS, Kind, kinds_in
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.automatic_names import automatic_name
from vapi_provider.reconcile.fingerprint import fingerprint_of, matches

Resource = Mapping[str, Any]

CLOCKS_DIFFER = timedelta(seconds=60)
"""Maximum lag of the account's clock behind the engine's."""

MAX_RUN_TIME = timedelta(hours=2)
"""Maximum duration of a run: a record that is older than the state by more is not part of it."""


def candidates_of(resource: Resource, free: Iterable[PhoneNumberRecord]) -> list[PhoneNumberRecord]:
    """Return the records of `free` that a creation may have created, by name or by every field."""
    inputs = cast(Mapping[str, Any], resource.get("inputs", {}))
    kind = KINDS.get(inputs.get("provider", ""))
    # A record to adopt existed before and may be another resource's; the next `up` adopts it.
    if kind is None or "adopt_id" in inputs:
        return []
    if is_named_by_us(resource):
        name = inputs["name"]
        return [
            record for record in free if record.provider == kind.provider and record.name == name
        ]
    # The state does not record its region, so try all of them.
    kinds = [kinds_in(region)[kind.provider] for region in SIP_HOSTS]
    return [record for record in free if any(_matches(kind, inputs, record) for kind in kinds)]


def is_named_by_us(resource: Resource) -> bool:
    """Return whether a resource has its automatic name, which no other resource has."""
    key = recorded_key(resource)
    name = cast(Mapping[str, Any], resource.get("inputs", {})).get("name")
    return key is not None and name == automatic_name(key)


def _matches(kind: Kind, inputs: Mapping[str, Any], record: PhoneNumberRecord) -> bool:
    """Return whether a record matches the inputs, compared without encrypted fields."""
    hidden = {name for name in kind.fields if contains_secret(kind.fields[name], inputs.get(name))}
    seen = {name: inputs[name] for name in kind.fields if name in inputs and name not in hidden}
    shown = {name: value for name, value in record.fields.items() if name not in hidden}
    return matches(kind, fingerprint_of(kind, seen), replace(record, fields=shown))


def grouping_key(resource: Resource) -> str:
    """Return the request's body as a grouping key.

    Equal secrets are encrypted to different texts, so creations with secrets are never grouped.
    """
    inputs = {**resource.get("inputs", {})}
    return json.dumps({**inputs, "declaration": None}, sort_keys=True)


def may_be_of(deployment: Mapping[str, Any], resource: Resource, record: PhoneNumberRecord) -> bool:
    """Return whether a record is new enough; False where its time is unreadable."""
    created = instant(record.created_at)
    return created is not None and created >= _not_before(deployment, resource)


def is_older(record: PhoneNumberRecord, resource: Resource) -> bool:
    """Return whether a record is older than a resource's record, so that it cannot replace it."""
    created = instant(record.created_at)
    recorded = instant(as_object(resource.get("outputs")).get("created_at"))
    return created is not None and recorded is not None and created < recorded


def _not_before(deployment: Mapping[str, Any], resource: Resource) -> datetime:
    """Return the earliest time at which this creation can have created a record.

    The time is by the account's clock. An older record is another creator's, perhaps of another
    state of the same stack.
    """
    needed = dependencies_of(resource)
    times = [datetime.min.replace(tzinfo=timezone.utc)]
    written = instant(deployment.get("manifest", {}).get("time"))
    if written is not None:
        times.append(written - MAX_RUN_TIME)
    for other in resources_of(deployment):
        created = instant(other.get("created"))
        if created is not None and other["urn"] in needed:
            times.append(created - CLOCKS_DIFFER)
        replaced = other["urn"] == resource["urn"] and not other.get("delete")
        recorded = instant(other.get("outputs", {}).get("created_at")) if replaced else None
        if recorded is not None:
            times.append(recorded)
    return max(times)
