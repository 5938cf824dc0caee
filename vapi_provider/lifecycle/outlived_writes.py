"""Records with writes of a run whose engine was killed before it saved them to the state.

The state has the values from before the PATCH or DELETE; the account may have those after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vapi_provider.catalogue import ownership as messages
from vapi_provider.errors import NotFoundError
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.differences import differences
from vapi_provider.reconcile.placeholders import contains_unseen_secret, fill_unseen_secrets
from vapi_provider.reconcile.properties import Desired, bought_number, outputs_as_read

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


def recorded_of(
    session: Session, id_: str, olds: Mapping[str, Any], desired: Desired
) -> Mapping[str, Any] | None:
    """Return the recorded outputs after the writes of killed runs; None if one released the record.

    Sends a GET only for a record with an interrupted write. A secret that was imported unseen is
    assumed to be as declared. Raises VapiError.
    """
    recorded = _as_left(session, id_, olds)
    if recorded is None or not contains_unseen_secret(recorded):
        return recorded
    check_input = session.check_input(id_, desired.key)
    return fill_unseen_secrets(recorded, check_input.before if check_input else {}, desired.fields)


def _as_left(session: Session, id_: str, recorded: Mapping[str, Any]) -> Mapping[str, Any] | None:
    fields = session.writers.interrupted(id_)
    if fields is None:
        return recorded
    try:
        record = session.client.get_phone_number(id_)
    except NotFoundError:
        session.identity.confirm_gone(id_, recorded.get("org_id"))
        session.writers.released.add(id_)
        return None
    # The API hides secrets, so a hidden one of the interrupted write is unknown and sent again.
    kept = {name: value for name, value in recorded.items() if name not in fields}
    desired = Desired.of(kept, session.settings.region)
    read = outputs_as_read(desired, record)
    now = {**kept, **{name: read[name] for name in fields if name in read}}
    if any(differences(desired.kind.fields, recorded, now)):
        return now
    # A previewed refresh compares with its own read, while the state is still outdated.
    if id_ not in session.writers.refreshed:
        session.writers.forget(id_)
    return recorded


def is_outdated(
    session: Session, id_: str, olds: Mapping[str, Any], recorded: Mapping[str, Any]
) -> bool:
    """Return whether an interrupted PATCH changed values that the state does not have."""
    if session.writers.interrupted(id_) is None:
        return False
    return any(differences(Desired.of(olds, session.settings.region).kind.fields, olds, recorded))


def replace_released(
    session: Session, id_: str, recorded: Mapping[str, Any], desired: Desired
) -> None:
    """Note and warn that a released record is created again, although the state still has it."""
    session.ownership.note_replaced(id_, desired.key, recorded.get("created_at"))
    bought = bought_number(recorded)
    number = f"the number {bought}" if bought else "its number"
    warn(messages.RELEASED_BY_KILLED_RUN(id=id_, number=number))


def released_message(id_: str) -> str:
    """Return the message that an earlier run released a record."""
    return f"{id_} was released by an earlier run whose engine was killed"
