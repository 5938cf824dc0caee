"""Steps of `read`: the record as it is now, in the form in which the state holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from vapi_provider.catalogue import changes as messages
from vapi_provider.errors import NotFoundError, OwnershipError
from vapi_provider.lifecycle.adopt import refuse_other_kind
from vapi_provider.reconcile.equality import equal
from vapi_provider.reconcile.placeholders import contains_unseen_secret
from vapi_provider.reconcile.properties import Desired, inputs_of, outputs_as_read
from vapi_provider.reconcile.removed_headers import with_removed_headers
from vapi_provider.reconcile.secrecy import contains_secret, wrap_secrets

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


class Refreshed(NamedTuple):
    """Outputs of an existing record, and its inputs if they replace those of the state."""

    outputs: dict[str, Any]
    inputs: dict[str, Any] | None


def refresh(
    session: Session, id_: str, before: Mapping[str, Any], recorded: Desired
) -> Refreshed | None:
    """Return the record as it is now; None where it no longer exists.

    `before` are the recorded properties. Without a resource key they belong to a `get` of a record
    that the stack does not own; raises OwnershipError where such a record does not exist.
    """
    try:
        record = session.account.read(id_)
    except NotFoundError as missing:
        if recorded.key is None:
            raise OwnershipError(messages.NO_SUCH_RECORD(cause=missing, id=id_)) from None
        session.identity.confirm_gone(id_, before.get("org_id"))
        session.journal.forget_record(id_)
        return None
    session.writers.refreshed.add(id_)
    refuse_other_kind(recorded, record)
    fields, echoes = recorded.kind.fields, session.account.echoes_headers
    actual = with_removed_headers(fields, recorded.fields, record.fields, echoes)
    outs = outputs_as_read(recorded, replace(record, fields=actual))
    inputs = inputs_of(outs, recorded.kind)
    # Fast path: without new inputs the engine keeps its own and does not compare them again. Its
    # own also hold the declared values of secrets that the account does not echo. Inputs are
    # returned for a state in which an earlier version recorded secrets as plain text.
    is_kept = recorded.key is not None and (
        contains_unseen_secret(outs)
        or (equal(inputs, inputs_of(before, recorded.kind)) and not contains_secret(fields, outs))
    )
    return Refreshed(wrap_secrets(fields, outs), None if is_kept else wrap_secrets(fields, inputs))
