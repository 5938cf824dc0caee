"""Check that the account of this run is the one in which a state was recorded.

With another account's key the API returns 404 for every recorded number, as for a deleted one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from vapi_provider.catalogue import account as messages
from vapi_provider.deployment.exported import is_ours, resources_of
from vapi_provider.errors import OwnershipError
from vapi_provider.models.fields import as_object


def organizations_in(resources: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the organizations that own the numbers of exported resources."""
    owners = (as_object(resource.get("outputs")).get("org_id") for resource in resources)
    return frozenset(owner for owner in owners if isinstance(owner, str))


def refuse_other_account(
    seen: Collection[str],
    recorded: Collection[str],
    consequence: str,
    confirmed_empty: str | None = None,
) -> None:
    """Raise OwnershipError unless the organizations `seen` in the account include a recorded one.

    `confirmed_empty` is the organization whose account the user has confirmed to be empty.
    `consequence` says what the run did not do.
    """
    if not set(seen).isdisjoint(recorded) or (not seen and confirmed_empty in recorded):
        return
    raise other_account(seen, recorded, consequence)


def refuse_account_of_another_state(
    deployment: Mapping[str, Any],
    seen: Collection[str],
    consequence: str,
    confirmed_empty: str | None = None,
) -> None:
    """Raise OwnershipError unless `seen` include an organization in which a state was recorded.

    A state without numbers fits every account.
    """
    recorded = organizations_in(filter(is_ours, resources_of(deployment)))
    if recorded:
        refuse_other_account(seen, recorded, consequence, confirmed_empty)


def other_account(
    seen: Collection[str], recorded: Collection[str], consequence: str
) -> OwnershipError:
    """Return the error about a key whose account is not known to be the recorded one."""
    shown = {"consequence": consequence, "recorded": ", ".join(sorted(recorded))}
    if seen:
        return OwnershipError(messages.OTHER_ORGANIZATION(actual=", ".join(sorted(seen)), **shown))
    return OwnershipError(messages.EMPTY_ACCOUNT(organization=min(recorded), **shown))
