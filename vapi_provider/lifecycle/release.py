"""Release of a record, if no other resource of the run or of a recorded state has it."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vapi_provider.catalogue import ownership as messages
from vapi_provider.errors import NotFoundError, OwnershipError
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.properties import Desired
from vapi_provider.reconcile.resource_key import old_form, resource_of, stack_of
from vapi_provider.reconcile.secrecy import secrets_in

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


class RecordedHolders:
    """Resources that held a record when the run began, as the preflight read it in a state.

    `lock` is held while a release is decided, because two resources may give up the same record.
    """

    def __init__(self, holders: Mapping[str, Sequence[str]]) -> None:
        self._before = {id_.lower(): keys for id_, keys in holders.items()}
        self._given_up: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.lock = threading.Lock()

    def before(self, id_: str) -> set[str]:
        """Return the resources that held a record when the run began."""
        return set(self._before.get(id_.lower(), ()))

    def remaining(self, id_: str, key: str | None) -> list[str]:
        """Return the holders that remain once `key`, which may occur twice, gives the record up."""
        left = Counter(self._before.get(id_.lower(), ()))
        left -= self._given_up[id_.lower()] + Counter([key or ""])
        return sorted(left)

    def give_up(self, id_: str, key: str | None) -> None:
        """Record that a resource gives up a record that others have."""
        self._given_up[id_.lower()][key or ""] += 1


def release(session: Session, id_: str, desired: Desired, recorded: Mapping[str, Any]) -> None:
    """Delete the record of a resource, unless another resource has it or adopts it."""
    key = desired.key
    if not _may_release(session, id_, key):
        return
    if id_ not in session.writers.released:
        session.release_limit.count(id_, key)
    try:
        with session.writers.writing(key, id_):
            secrets = {*secrets_in(desired.kind.fields, recorded)}
            session.client.delete_phone_number(id_, secrets)
    except NotFoundError as missing:
        session.identity.confirm_gone(
            id_,
            recorded.get("org_id"),
            may_be_released_by_us=missing.after_unclear_try,
        )
    session.writers.forget(id_)
    session.account.forget(id_)
    session.journal.forget_record(id_)
    session.ownership.allow_create(key)
    check_input = session.check_input(id_, None)
    session.unique.forget(check_input.key if check_input else key)


def _may_release(session: Session, id_: str, key: str | None) -> bool:
    """Return whether no other resource has the record that a resource gives up.

    Otherwise, the journal records that this resource no longer holds it. Raises OwnershipError
    where a resource names the record in `adopt_id` and has not adopted it yet: the state keeps it
    until then.
    """
    ownership = session.ownership
    if ownership.is_creating:
        # A deletion may precede its replacement, so the adopter may come later in the program.
        session.wait_until_checks_idle(lambda: ownership.holder(id_) is not None)
    holder, adopter = ownership.holder(id_), ownership.adopter(id_)
    if holder is None and adopter is not None:
        if adopter == key:
            return False  # The resource is about to adopt its own record again.
        raise _not_adopted(id_, adopter, key)
    with session.recorded_holders.lock:
        if holder is None:
            holder = _recorded_holder(session, id_, key)
            if holder is None:
                named_by = ownership.announced_adopter(id_)
                if named_by is not None and named_by != key:
                    raise _not_adopted(id_, named_by, key)
                return True
            warn(
                messages.KEPT_FOR_ANOTHER_STATE(
                    id=id_, resource=repr(resource_of(key or "")), holder=repr(resource_of(holder))
                )
            )
        session.recorded_holders.give_up(id_, key)
        if key is not None and holder != key:
            session.journal.forget_holder(key, id_)
    return False


def _not_adopted(id_: str, adopter: str, key: str | None) -> OwnershipError:
    return OwnershipError(
        messages.NOT_YET_ADOPTED(
            id=id_, adopter=repr(resource_of(adopter)), holder=repr(resource_of(key or ""))
        )
    )


def _recorded_holder(session: Session, id_: str, key: str | None) -> str | None:
    """Return another resource that holds a record in a recorded state or the journal."""
    here = session.recorded_holders.before(id_)
    recorded = session.recorded_holders.remaining(id_, key)
    if recorded:
        return recorded[0]
    own_forms: set[str] = set() if key is None else {key, old_form(key)}
    known = session.journal.ledger.holders(id_) - own_forms
    if here and key is not None:
        # The preflight has read this stack's state, which is newer than the journal.
        rows = session.journal.ledger.holders_here(id_)
        known -= {row for row in rows if stack_of(row) == stack_of(key) and row not in here}
    return min(known, default=None)
