"""Match of interrupted creations with the records that they created.

A pending *creating* operation proves that a run of this state was interrupted: if that run created
a record, no resource holds it. A record that another resource or run may have created is never
taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from vapi_provider.catalogue import recovery as messages
from vapi_provider.deployment.exported import (
    contains_secret,
    dependencies_of,
    instant,
    name_in,
    recorded_key,
    resources_of,
)
from vapi_provider.errors import OwnershipError
from vapi_provider.models.constants import SIP_HOSTS
from vapi_provider.models.kinds import KINDS, Kind, kinds_in
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.fingerprint import fingerprint_of, matches
from vapi_provider.reconcile.names import automatic_name
from vapi_provider.recovery.purchases import created_by

if TYPE_CHECKING:
    from vapi_provider.journal.journal import Intent

Resource = Mapping[str, Any]
Outcome = Literal[
    "made",
    "waiting",
    "not made",
    "gone",
    "still there",
    "recorded",
    "held elsewhere",
    "unclear",
    "foreign",
]

NONE = "none"
"""Choice of a user for an operation that created nothing."""

CLOCKS_DIFFER = timedelta(seconds=60)
"""Maximum lag of the account's clock behind the engine's."""

MAX_RUN_TIME = timedelta(hours=2)
"""Maximum duration of a run: a record that is older than the state by more is not part of it."""


@dataclass(frozen=True)
class Decision:
    """Outcome of one pending operation.

    *made*: `record` goes into the state. *waiting*: it was created to replace a live resource, and
    stays in the journal, since the program may have undone the replacement. *not made*, *still
    there*, *recorded*, *held elsewhere* (by another stack): the operation is dropped, and the
    resources stay. *gone*: the resource leaves the state. *unclear* (one of `candidates`, or none
    of them) and *foreign* (another provider's): unresolved.
    """

    urn: str
    operation: str
    outcome: Outcome
    record: str | None = None
    candidates: tuple[str, ...] = ()

    @property
    def resource(self) -> str:
        """Name of the resource in the program."""
        return name_in(self.urn)

    @property
    def is_open(self) -> bool:
        """Whether the user has to decide."""
        return self.outcome in ("unclear", "foreign")


def resolve_creations(
    deployment: Mapping[str, Any],
    creations: Sequence[Resource],
    free: Sequence[PhoneNumberRecord],
    chosen: Mapping[str, str],
    intents: Mapping[str, Intent] = MappingProxyType({}),
    read_only: Sequence[PhoneNumberRecord] = (),
) -> dict[str, Decision]:
    """Return the outcome of each resource's creation, by URN.

    Several killed runs may have been creating the same resource: the last one counts. `intents` are
    the journal's intents by resource key. `read_only` are records that the state only reads,
    which does not prove who created them. Raises OwnershipError where a chosen id cannot be taken.
    """
    newest = {creation["urn"]: creation for creation in creations}
    decisions = _chosen_decisions(newest, free, chosen)
    taken = {decision.record for decision in decisions.values()}
    for urn, creation in newest.items():
        intent = intents.get(recorded_key(creation) or "")
        if urn not in decisions and intent is not None:
            left = [record for record in (*free, *read_only) if record.id not in taken]
            decisions[urn] = _decision_of_intent(urn, intent, left)
            taken.add(decisions[urn].record)
    left = [record for record in free if record.id not in taken]
    groups: dict[tuple[frozenset[str], str], list[str]] = {}
    for urn, creation in newest.items():
        if urn in decisions:
            continue
        found = _candidates(creation, left)
        earlier = [
            record
            for other in creations
            if other["urn"] == urn
            for record in _candidates(other, left)
        ]
        fresh = [record for record in found if _may_be_of(deployment, creation, record)]
        # Without an intent, a chosen name proves nothing: another stack may use it, too.
        if (earlier and (not fresh or any(record not in found for record in earlier))) or (
            earlier and not _is_named_by_us(creation)
        ):
            decisions[urn] = _unclear(urn, earlier)
        else:
            ids = frozenset(record.id for record in fresh)
            groups.setdefault((ids, _body(creation)), []).append(urn)
    for key, urns in groups.items():
        among = sorted(
            (record for record in left if record.id in key[0]), key=lambda record: record.created_at
        )
        rivals = any(key[0] & other[0] for other in groups if other != key)
        for index, urn in enumerate(urns):
            # Resources with equal bodies are interchangeable: only the count of records matters.
            if rivals or len(among) > len(urns):
                decisions[urn] = _unclear(urn, among)
            elif index < len(among):
                decisions[urn] = Decision(urn, "creating", "made", among[index].id)
            else:
                decisions[urn] = Decision(urn, "creating", "not made")
    return decisions


def _decision_of_intent(urn: str, intent: Intent, left: Sequence[PhoneNumberRecord]) -> Decision:
    record, among = created_by(intent, left)
    if record is not None:
        return Decision(urn, "creating", "made", record)
    if among:
        return Decision(urn, "creating", "unclear", candidates=among)
    return Decision(urn, "creating", "not made")


def _unclear(urn: str, among: Iterable[PhoneNumberRecord]) -> Decision:
    ids = tuple(dict.fromkeys(record.id for record in among))
    return Decision(urn, "creating", "unclear", candidates=ids)


def _chosen_decisions(
    creations: Mapping[str, Resource],
    free: Iterable[PhoneNumberRecord],
    chosen: Mapping[str, str],
) -> dict[str, Decision]:
    kinds = {record.id: record.kind for record in free}
    decisions: dict[str, Decision] = {}
    for urn, id_ in chosen.items():
        if urn not in creations:
            continue
        if id_ == NONE:
            decisions[urn] = Decision(urn, "creating", "not made")
            continue
        kind, wanted = kinds.pop(id_, None), creations[urn]["inputs"]["provider"]
        decision = Decision(urn, "creating", "made", id_)
        if kind is None or kind.provider != wanted:
            raise OwnershipError(
                messages.RECORD_NOT_FREE(id=id_, resource=decision.resource, kind=wanted)
            )
        decisions[urn] = decision
    return decisions


def _candidates(resource: Resource, free: Iterable[PhoneNumberRecord]) -> list[PhoneNumberRecord]:
    inputs = cast(Mapping[str, Any], resource.get("inputs", {}))
    kind = KINDS.get(inputs.get("provider", ""))
    # A record to adopt existed before and may be another resource's; the next `up` adopts it.
    if kind is None or "adopt_id" in inputs:
        return []
    if _is_named_by_us(resource):
        name = inputs["name"]
        return [
            record for record in free if record.provider == kind.provider and record.name == name
        ]
    # The state does not record its region, so try all of them.
    kinds = [kinds_in(region)[kind.provider] for region in SIP_HOSTS]
    return [record for record in free if any(_matches(kind, inputs, record) for kind in kinds)]


def _is_named_by_us(resource: Resource) -> bool:
    key = recorded_key(resource)
    name = cast(Mapping[str, Any], resource.get("inputs", {})).get("name")
    return key is not None and name == automatic_name(key)


def _matches(kind: Kind, inputs: Mapping[str, Any], record: PhoneNumberRecord) -> bool:
    """Return whether a record matches the inputs, compared without encrypted fields."""
    hidden = {name for name in kind.fields if contains_secret(kind.fields[name], inputs.get(name))}
    seen = {name: inputs[name] for name in kind.fields if name in inputs and name not in hidden}
    shown = {name: value for name, value in record.fields.items() if name not in hidden}
    return matches(kind, fingerprint_of(kind, seen), replace(record, fields=shown))


def _body(resource: Resource) -> str:
    """Return the request's body as a grouping key.

    Equal secrets are encrypted to different texts, so creations with secrets are never grouped.
    """
    inputs = {**resource.get("inputs", {})}
    return json.dumps({**inputs, "declaration": None}, sort_keys=True)


def _may_be_of(
    deployment: Mapping[str, Any], resource: Resource, record: PhoneNumberRecord
) -> bool:
    """Return whether a record is new enough; False where its time is unreadable."""
    created = instant(record.created_at)
    return created is not None and created >= _not_before(deployment, resource)


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
