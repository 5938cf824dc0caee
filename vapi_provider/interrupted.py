"""Records whose writes a run with a killed engine could not tell its state.

The state holds what was before; the account may hold what came of the PATCH or DELETE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vapi_provider.equality import differences
from vapi_provider.errors import NotFoundError
from vapi_provider.plugin import warn
from vapi_provider.properties import Declared, outputs_as_read

if TYPE_CHECKING:
    from vapi_provider.session import Session


def as_left(session: Session, id_: str, recorded: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what the state would hold had it been told; None where the record was released.

    One GET for a record with an interrupted write, and nothing for any other. Raises VapiError.
    """
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
    declared = Declared.of(kept)
    read = outputs_as_read(declared, record)
    now = {**kept, **{name: read[name] for name in fields if name in read}}
    if not any(differences(declared.kind.fields, recorded, now)):
        session.writers.forget(id_)
    return now


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
