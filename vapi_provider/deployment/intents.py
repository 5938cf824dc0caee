"""Unfinished intents of the journal, compared with the recorded states of a backend.

Keep the imports of this module cheap: each make target uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vapi_provider.deployment.exported import own_resources, recorded_key
from vapi_provider.errors import OwnershipError
from vapi_provider.models.fields import as_object
from vapi_provider.settings.backend import Backend
from vapi_provider.settings.journal_location import JournalPlace

if TYPE_CHECKING:
    from vapi_provider.journal.journal import Intent, Journal

Deployment = Mapping[str, Any]


def open_written(place: JournalPlace, backend: Backend) -> Journal | None:
    """Return the journal; None where its file does not exist because nothing was written."""
    if place.shared is None and not place.file.exists():
        return None
    # Lazy import: most runs have no journal yet.
    from vapi_provider.journal.factory import open_journal

    return open_journal(place, "", backend)


def finish_held_intents(
    journal: Journal,
    intents: Sequence[Intent],
    deployment: Deployment,
    others: Callable[[], Sequence[tuple[str, Deployment]]],
) -> list[Intent]:
    """Finish a stack's intents whose record a state of this backend holds; return the others.

    The other stacks are read only for an intent that the own state does not finish. An intent
    without a known record excludes the records that other resources hold.
    """
    left = _finish(journal, intents, deployment)
    # A run that has ended may seem under way until its lease expires.
    if any(intent.record or not journal.is_under_way(intent) for intent in left):
        _exclude(journal, left, deployment)
        for _, other in others():
            left = _finish(journal, left, other)
            _exclude(journal, left, other)
    return left


def _finish(journal: Journal, intents: Sequence[Intent], deployment: Deployment) -> list[Intent]:
    """Finish the intents whose record a state holds; return the others."""
    holders: dict[str, str] = {}
    for resource in own_resources(deployment):
        key, id_ = recorded_key(resource), resource.get("id")
        if key and isinstance(id_, str):
            holders[id_.lower()] = key
    left: list[Intent] = []
    finished: list[str] = []
    for intent in intents:
        holder = holders.get((intent.record or "").lower())
        if intent.record is None or holder is None:
            left.append(intent)
        elif holder == intent.key or _is_under_way(journal, holder):
            finished.append(intent.record)
        else:
            # A run without this journal adopted, imported or moved the record.
            journal.record_adoption(holder, intent.record, intent.organizations, intent.account)
    # One write for all: after a run without checkpoints, these are the records of the whole run.
    if finished:
        journal.finish_held(finished)
    return left


def _is_under_way(journal: Journal, key: str) -> bool:
    """Return whether a running process may purchase for a resource: an adoption ends its intent."""
    try:
        intent = journal.find(key)
    except OwnershipError:
        return True  # An earlier version wrote the intent without its backend.
    return intent is not None and journal.is_under_way(intent)


def _exclude(journal: Journal, intents: Sequence[Intent], deployment: Deployment) -> None:
    """Exclude records that a state holds from open intents with an older watermark."""
    created = {
        id_: str(as_object(resource.get("outputs")).get("created_at", ""))
        for resource in own_resources(deployment)
        if isinstance(id_ := resource.get("id"), str)
    }
    for intent in intents:
        newer = {id_ for id_, time in created.items() if intent.before.is_newer(id_, time)}
        if intent.record is None and newer and not journal.is_under_way(intent):
            journal.exclude_records(intent, newer)
