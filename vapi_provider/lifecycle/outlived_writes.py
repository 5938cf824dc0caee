"""Records whose writes a run with a killed engine could not tell its state.

The state holds what was before; the account may hold what came of the PATCH or DELETE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vapi_provider.errors import NotFoundError
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.equality import believed, differences, holds_unseen
from vapi_provider.reconcile.properties import Declared, outputs_as_read

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


def recorded_of(
    session: Session, id_: str, olds: Mapping[str, Any], desired: Declared
) -> Mapping[str, Any] | None:
    """Return what the state holds, or would hold but for a killed engine; None where released.

    One GET for a record with an interrupted write, none for any other. An imported secret that
    nobody has seen is taken to be right. Raises VapiError.
    """
    before = session.recorded_before.get(id_)
    if before is None:
        before = session.declared_before.get(desired.declaration or "", {})
    recorded = _as_left(session, id_, olds)
    if recorded is None or not holds_unseen(recorded):
        return recorded
    return believed(recorded, before, desired.fields)


def _as_left(session: Session, id_: str, recorded: Mapping[str, Any]) -> Mapping[str, Any] | None:
    fields = session.writers.interrupted(id_)
    if fields is None:
        return recorded
    try:
        record = session.client.get_phone_number(id_)
    except NotFoundError:
        session.account.confirm_gone(id_, recorded.get("org_id"), session.reader.is_listed)
        session.writers.released.add(id_)
        return None
    # A secret that the API does not show cannot be taken for the recorded one: it is sent again.
    kept = {name: value for name, value in recorded.items() if name not in fields}
    declared = Declared.of(kept, session.settings.region)
    read = outputs_as_read(declared, record)
    now = {**kept, **{name: read[name] for name in fields if name in read}}
    if any(differences(declared.kind.fields, recorded, now)):
        return now
    # A refresh that is only previewed compares with what it has read: the state is still outdated.
    if id_ not in session.writers.refreshed:
        session.writers.forget(id_)
    return recorded


def is_outdated(
    session: Session, id_: str, olds: Mapping[str, Any], recorded: Mapping[str, Any]
) -> bool:
    """Return whether an interrupted PATCH changed what the state does not hold."""
    if session.writers.interrupted(id_) is None:
        return False
    return any(differences(Declared.of(olds, session.settings.region).kind.fields, olds, recorded))


def replace_released(
    session: Session, id_: str, recorded: Mapping[str, Any], desired: Declared
) -> None:
    """Announce that a record which is gone already is made again, beside its state's."""
    session.claims.replace(id_, desired.declaration)
    number = recorded.get("number") or recorded.get("sip_uri")
    warn(f"{released(id_)}: the number {number} is gone, and its resource is made again")


def released(id_: str) -> str:
    """Return what happened to a record that is gone."""
    return f"{id_} was released by an earlier run whose engine was killed"
