"""Resolution of a state's pending operations by the account's records.

A *deployment* is the object of that name in an exported state; its secrets stay encrypted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from vapi_provider.deployment.exported import (
    dependencies_of,
    ids_in,
    is_live,
    is_ours,
    recorded_key,
    resources_of,
)
from vapi_provider.deployment.organizations import refuse_account_of_another_state
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.recovery.candidates import Resource
from vapi_provider.recovery.creations import NONE, Decision, resolve_creations

if TYPE_CHECKING:
    from vapi_provider.journal.journal import Intent


@dataclass(frozen=True)
class Resolution:
    """The deployment without its pending operations, and the decisions that led to it.

    Do not import it while a decision is open: an import drops every pending operation.
    """

    deployment: Mapping[str, Any]
    decisions: Sequence[Decision]

    @property
    def open(self) -> list[Decision]:
        """Decisions that the user has to make before the deployment may be imported."""
        return [decision for decision in self.decisions if decision.is_open]

    @property
    def may_change(self) -> bool:
        """Whether a request that is still in flight could make a decision wrong."""
        return any(decision.outcome in ("not made", "still there") for decision in self.decisions)


def resolve_pending(
    deployment: Mapping[str, Any],
    records: Collection[PhoneNumberRecord],
    *,
    held_elsewhere: Collection[str] = (),
    confirmed_empty: str | None = None,
    chosen: Mapping[str, str] | None = None,
    intents: Mapping[str, Intent] | None = None,
) -> Resolution:
    """Resolve each pending operation by the account's records and the journal's intents.

    `held_elsewhere` are ids that other states hold. `chosen` has the user's choices by URN: an id,
    or `NONE`. `intents` are the journal's, by resource key. Raises OwnershipError where the account
    may not be the state's, and where a choice is impossible.
    """
    everything = cast(list[Mapping[str, Any]], deployment.get("pending_operations") or [])
    pending = _without_repeated_creations(everything)
    organizations = {record.org_id for record in records}
    refuse_account_of_another_state(
        deployment, organizations, "Nothing was changed", confirmed_empty
    )
    held = {*ids_in(deployment, read_only=True), *held_elsewhere}
    free = [record for record in records if record.id not in held]
    creations = [operation["resource"] for operation in everything if _is_creating(operation)]
    read_only = ids_in(deployment, read_only=True) - ids_in(deployment) - {*held_elsewhere}
    read = [record for record in records if record.id in read_only]
    created = resolve_creations(deployment, creations, free, chosen or {}, intents or {}, read)
    known = _held_already(creations, intents or {}, ids_in(deployment), held_elsewhere)
    live = {resource["urn"] for resource in resources_of(deployment) if is_live(resource)}
    created = {
        urn: _keep_live_resource(known.get(urn, decision), live)
        for urn, decision in created.items()
    }
    existing = {record.id for record in records}
    seen = organizations or {confirmed_empty}
    decisions = [
        created[operation["resource"]["urn"]]
        if _is_creating(operation)
        else _decide_other(operation, existing, seen, chosen)
        for operation in pending
    ]
    by_id = {record.id: record for record in records}
    resources = [dict(resource) for resource in resources_of(deployment)]
    for decision, operation in zip(decisions, pending, strict=True):
        if decision.record is not None and decision.outcome == "made":
            _insert_resource(resources, _as_resource(operation["resource"], by_id[decision.record]))
        elif decision.outcome == "gone":
            gone = (decision.urn, decision.record)
            resources = [
                resource for resource in resources if (resource["urn"], resource.get("id")) != gone
            ]
    cleared = {name: value for name, value in deployment.items() if name != "pending_operations"}
    return Resolution({**cleared, "resources": resources}, decisions)


def _held_already(
    creations: Sequence[Resource],
    intents: Mapping[str, Intent],
    held: Collection[str],
    held_elsewhere: Collection[str],
) -> dict[str, Decision]:
    """Return decisions for records that the journal knows to be created and a state holds."""
    found: dict[str, Decision] = {}
    for creation in creations:
        intent = intents.get(recorded_key(creation) or "")
        record = intent.record if intent else None
        if record is not None and record in held:
            found[creation["urn"]] = Decision(creation["urn"], "creating", "recorded", record)
        elif record is not None and record in held_elsewhere:
            found[creation["urn"]] = Decision(creation["urn"], "creating", "held elsewhere", record)
    return found


def _keep_live_resource(decision: Decision, live: Collection[str]) -> Decision:
    """Keep a replacement's record out of the state: `up` would release the live one."""
    if decision.outcome == "made" and decision.urn in live:
        return replace(decision, outcome="waiting")
    return decision


def _without_repeated_creations(pending: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the operations with only the last creation of each resource.

    Several killed runs may each have left a creation of the same resource.
    """
    last = {
        operation["resource"]["urn"]: operation for operation in pending if _is_creating(operation)
    }
    return [
        operation
        for operation in pending
        if not _is_creating(operation) or last[operation["resource"]["urn"]] is operation
    ]


def _is_creating(operation: Mapping[str, Any]) -> bool:
    return operation["type"] == "creating" and is_ours(operation["resource"])


def _decide_other(
    operation: Mapping[str, Any],
    existing: Collection[str],
    seen: Collection[str | None],
    chosen: Mapping[str, str] | None,
) -> Decision:
    """Return the decision for an operation that does not create a phone number of this package."""
    resource, kind = operation["resource"], operation["type"]
    urn, id_ = resource["urn"], resource.get("id")
    if not is_ours(resource):
        # Default providers and stack references exist only in the state.
        ours = resource["type"].startswith("pulumi:") or (chosen or {}).get(urn) == NONE
        return Decision(urn, kind, "recorded" if ours else "foreign")
    if kind != "deleting":
        return Decision(urn, kind, "recorded", id_)
    if id_ in existing:
        return Decision(urn, kind, "still there", id_)
    known = resource.get("outputs", {}).get("org_id") in seen or (chosen or {}).get(urn) == NONE
    return Decision(urn, kind, "gone" if known else "unclear", id_)


def _as_resource(resource: Resource, record: PhoneNumberRecord) -> dict[str, Any]:
    """Return the operation's resource as the engine would have recorded it."""
    inputs = cast(Mapping[str, Any], resource["inputs"])
    return {**resource, "id": record.id, "outputs": {**record.read_only, **inputs}}


def _insert_resource(resources: list[dict[str, Any]], new: dict[str, Any]) -> None:
    """Add a resource, and remove the live one with the same URN."""
    index = len(resources)
    for old_index, resource in enumerate(resources):
        if resource["urn"] == new["urn"] and not resource.get("delete"):
            index = old_index
            resources.pop(index)
            break
    if not dependencies_of(new) <= {resource["urn"] for resource in resources[:index]}:
        index = len(resources)
    resources.insert(index, new)
