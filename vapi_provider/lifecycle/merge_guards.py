"""Refusals and warnings before a PATCH that would lose secrets or values of the account."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from vapi_provider.catalogue import account as messages
from vapi_provider.errors import OwnershipError
from vapi_provider.models.fields import as_object
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.merge import SECRET_IS_SET, Merge
from vapi_provider.reconcile.merge_warnings import loss_warnings, sends_masked_secret
from vapi_provider.reconcile.placeholders import contains_masked_secret, contains_unseen_secret
from vapi_provider.reconcile.properties import Desired


def refuse_hidden(value: Any) -> None:
    """Raise OwnershipError where a PATCH would overwrite an unknown secret with its placeholder."""
    if contains_masked_secret(value):
        raise OwnershipError(messages.UNKNOWN_SECRET())


def refuse_hidden_changes(recorded: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    """Raise OwnershipError at preview where an update would have to send an unknown secret.

    A secret that the account shows and that does not change is copied from the account.
    """
    for name, value in changed.items():
        if contains_unseen_secret(value) or sends_masked_secret(recorded.get(name), value):
            refuse_hidden(value)


def warn_of_losses(
    id_: str, desired: Desired, recorded: Mapping[str, Any], changed: Collection[str]
) -> None:
    """Warn at preview of values that an update cannot copy from the account."""
    for name in changed:
        values = recorded.get(name), desired.fields.get(name)
        for line in loss_warnings(desired.kind.fields[name], name, *values):
            warn(messages.VALUE_MAY_BE_LOST(id=id_, loss=line))


def warn_of_lost_values(record: PhoneNumberRecord, merge: Merge, changed: Collection[str]) -> None:
    """Warn of values that a PATCH could not copy from the account."""
    lost = list(merge.lost)
    if "server" in changed and record.wire.get(SECRET_IS_SET) is True:
        server = as_object(merge.wire.get("server"))
        lost += [] if "secret" in server or "server.secret" in lost else ["server.secret"]
    for path in lost:
        warn(messages.VALUE_LOST(id=record.id, path=path))
