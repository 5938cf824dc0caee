"""Matching of interrupted creations with the records that they created.

A pending *creating* operation proves that a run of this state was interrupted: if that run created
a record, no resource holds it. A record that another resource or run may have created is never
taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from vapi_provider.catalogue.commands import RECORD_NOT_FREE
from vapi_provider.deployment.exported import (
    is_live,
    name_in,
    own_resources,
    recorded_key,
)
from vapi_provider.errors import OwnershipError
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.recovery.candidates import (
    Resource,
    candidates_of,
    grouping_key,
    is_named_by_us,
    is_older,
    may_be_of,
)
from vapi_provider.recovery.purchases import created_by

if TYPE_CHECKING:
    from vapi_provider.journal.journal import Intent

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


@dataclass(frozen=True)
class Decision:
    """Outcome of one pending operation.

    *made*: `record` goes into the state. *waiting*: it was created to replace a live resource, and
    stays in the journal, since the program may have undone the replacement. *not made*, *still
    there*, *recorded*, *held elsewhere* (by another stack): the operation is dropped, and the
    resources stay. *gone*: the resource leaves the state. *unclear* (one of `candidates`, or none
    of them) and *foreign* (another provider's): unresolved.

    `live` is set if the journal does not know the purchase and the state already holds a record for
    the resource: a later run completed the creation, or the killed run was replacing that record.
    With *not made*, `candidates` are records older than `live`, which no operation needs.
    """

    urn: str
    operation: str
    outcome: Outcome
    record: str | None = None
    candidates: tuple[str, ...] = ()
    live: str | None = None

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
    live = {
        resource["urn"]: resource
        for resource in own_resources(deployment)
        if resource.get("id") and is_live(resource)
    }
    decisions = _chosen_decisions(newest, free, chosen)
    taken = {decision.record for decision in decisions.values()}
    for urn, creation in newest.items():
        intent = intents.get(recorded_key(creation) or "")
        if urn not in decisions and intent is not None:
            left = [record for record in (*free, *read_only) if record.id not in taken]
            decisions[urn] = _decision_of_intent(urn, intent, left)
            taken.add(decisions[urn].record)
    left = [record for record in free if record.id not in taken]
    undecided = {urn: creation for urn, creation in newest.items() if urn not in decisions}
    found = {urn: _found(urn, creations, left) for urn in undecided}
    # The state holds a record for a live resource, so a record goes to one that has none first.
    claimed = {id_ for decision in decisions.values() for id_ in decision.candidates}
    claimed.update(record.id for urn in undecided if urn not in live for record in found[urn])
    groups: dict[tuple[frozenset[str], str], list[str]] = {}
    for urn, creation in undecided.items():
        holder = live.get(urn)
        if holder is not None:
            found[urn] = [record for record in found[urn] if record.id not in claimed]
            if all(is_older(record, holder) for record in found[urn]):
                decisions[urn] = _with_candidates(urn, "not made", found[urn], holder)
                continue
        latest = candidates_of(creation, found[urn])
        fresh = [record for record in latest if may_be_of(deployment, creation, record)]
        # Without an intent, a chosen name proves nothing: another stack may use it, too.
        if found[urn] and (
            not fresh or len(latest) < len(found[urn]) or not is_named_by_us(creation)
        ):
            decisions[urn] = _with_candidates(urn, "unclear", found[urn], holder)
        else:
            ids = frozenset(record.id for record in fresh)
            groups.setdefault((ids, grouping_key(creation)), []).append(urn)
    for key, urns in groups.items():
        among = sorted(
            (record for record in left if record.id in key[0]), key=lambda record: record.created_at
        )
        rivals = any(key[0] & other[0] for other in groups if other != key)
        for index, urn in enumerate(urns):
            # Resources with equal bodies are interchangeable: only the count of records matters.
            if rivals or len(among) > len(urns):
                decisions[urn] = _with_candidates(urn, "unclear", among, live.get(urn))
            elif index < len(among):
                decisions[urn] = Decision(urn, "creating", "made", among[index].id)
            else:
                decisions[urn] = Decision(urn, "creating", "not made")
    return decisions


def _found(
    urn: str, creations: Iterable[Resource], left: Iterable[PhoneNumberRecord]
) -> list[PhoneNumberRecord]:
    """Return the records that any of a resource's creations may have created."""
    found = {
        record.id: record
        for creation in creations
        if creation["urn"] == urn
        for record in candidates_of(creation, left)
    }
    return list(found.values())


def _decision_of_intent(urn: str, intent: Intent, left: Sequence[PhoneNumberRecord]) -> Decision:
    record, among = created_by(intent, left)
    if record is not None:
        return Decision(urn, "creating", "made", record)
    if among:
        return Decision(urn, "creating", "unclear", candidates=among)
    return Decision(urn, "creating", "not made")


def _with_candidates(
    urn: str, outcome: Outcome, records: Iterable[PhoneNumberRecord], holder: Resource | None
) -> Decision:
    ids = tuple(record.id for record in records)
    return Decision(
        urn, "creating", outcome, candidates=ids, live=None if holder is None else holder["id"]
    )


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
            raise OwnershipError(RECORD_NOT_FREE(id=id_, resource=decision.resource, kind=wanted))
        decisions[urn] = decision
    return decisions
