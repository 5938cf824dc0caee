"""`PhoneNumberProvider`: what the engine calls, in the order in which it calls it. Thin.

Its dotted path is in every state for good: never rename or move it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from vapi_provider.deployment import foreseen
from vapi_provider.errors import NotFoundError, OwnershipError
from vapi_provider.lifecycle.check_warnings import Judge
from vapi_provider.lifecycle.create import adopt, make, same_kind, when_ready
from vapi_provider.lifecycle.outlived_writes import (
    is_outdated,
    recorded_of,
    released,
    replace_released,
)
from vapi_provider.lifecycle.release import may_release
from vapi_provider.lifecycle.unique_values import keys_of
from vapi_provider.lifecycle.update import (
    outputs_adopted,
    refuse_hidden,
    refuse_hidden_changes,
    update,
    warn_of_losses,
)
from vapi_provider.models.fields import as_list
from vapi_provider.pulumi_sdk.plugin import debug, one_line, settle_in, warn
from vapi_provider.pulumi_sdk.workers import work_at_once
from vapi_provider.reconcile import diff_notes
from vapi_provider.reconcile.equality import differences, holds_unseen
from vapi_provider.reconcile.headers import with_removed_headers
from vapi_provider.reconcile.ignored import IGNORED, as_recorded
from vapi_provider.reconcile.plan import AREA_CODE, Replace, Update, plan
from vapi_provider.reconcile.properties import (
    Declared,
    holds_unknown,
    identical,
    inputs_of,
    outputs,
    outputs_as_read,
    outputs_unsent,
    plain,
)
from vapi_provider.reconcile.resource_key import recorded_form, resource_of
from vapi_provider.reconcile.secrecy import holds_secret, sealed
from vapi_provider.settings.config import load_settings
from vapi_provider.shared.terminal import escaped

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


class PhoneNumberProvider(ResourceProvider):
    """Keeps one phone number of any kind as its resource declares it."""

    serialize_as_secret_always = False  # Nothing is captured: the pickle is this class's path.

    _session: Session
    _judge: Judge

    @one_line
    def configure(self, req: ConfigureRequest) -> None:
        """Reads the config and opens the account, once in each plugin process."""
        settle_in()
        settings = load_settings(lambda key: req.config.get(f"vapi:{key}"), os.environ, Path.cwd())
        # Only here: the program needs this class too, to send its name, and nothing that it uses.
        from vapi_provider.lifecycle.session import Session

        work_at_once(settings.max_concurrent_requests)
        self.use(Session.open(settings))
        self._session.foreseen = foreseen.read()

    def use(self, session: Session) -> None:
        """Works on `session` from now on."""
        self._session = session
        self._judge = Judge(session.settings)

    @one_line
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuses what the API would refuse, all at once, and fills in the automatic name.

        `_olds` is empty where a record is about to be made. What is declared as it is recorded is
        not judged again: the account has it. Failures are under no property: under one's name the
        engine prints its value, secrets too. Secrets are marked here, by whichever way they came:
        a transform of the program's runs after the constructor.
        """
        inputs, before = plain(news), plain(_olds)
        ignored = as_list(inputs.pop(IGNORED, None))
        found, hints = self._judge.refusals(inputs)
        declared = self._declare(inputs, before, ignored)
        if declared.declaration:
            keys = keys_of(declared.fields)
            found += self._session.unique.declare(declared.declaration, keys)
        if "name" not in inputs and declared.declaration:
            inputs["name"] = self._session.automatic_name(declared.declaration)
        if not identical(inputs, before):
            from vapi_provider.reconcile.validation import problems

            exists = bool(_olds) or "adopt_id" in inputs
            found += problems(declared, inputs, exists=exists, before=before)
        self._judge.warn(declared)
        self._judge.note_secrecy(declared, before, inputs, hints)
        self._session.client.hidden.update(self._judge.own_secrets(inputs, hints))
        recorded = self._session.foreseen.get(before.get("declaration", ""), {})
        known = {name: recorded[name] for name in recorded if name not in declared.kind.fields}
        inputs = sealed(declared.kind.fields, {**known, **inputs})
        return CheckResult(inputs, [CheckFailure("", escaped(problem)) for problem in found])

    def _declare(
        self, inputs: dict[str, Any], before: Mapping[str, Any], ignored: list[Any]
    ) -> Declared:
        """Note what the program declares; a key that is recorded in its old form stays so."""
        session, declared = self._session, self._declared(inputs)
        key = declared.declaration
        if not key:
            return declared
        if before:
            inputs["declaration"] = recorded_form(key, before.get("declaration"))
            declared = self._declared(inputs)
            session.claims.declare(key, recorded=declared.declaration)
            session.declared_before[inputs["declaration"]] = before
        elif session.claims.declare(key, declared.adopt_id) or session.is_to_replace(key):
            session.releases.announce(key)
            warn(
                f"{resource_of(key)!r} will be replaced because the engine was told to (taint, "
                "--target-replace, replacement_trigger, replace_with): its number is released for "
                "good, and people may be calling it"
            )
        session.ignored[inputs["declaration"]] = ignored
        return declared

    @one_line
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Nothing, a change in place, or a replacement."""
        session, olds = self._session, plain(_olds)
        self._close(_id, olds)
        # `update` runs beside the checks of others, which may share the key.
        session.recorded_before[_id] = session.declared_before.get(_news.get("declaration", ""), {})
        declared, recorded = self._desired(_id, _news, olds)
        if declared.adopt_id is not None and declared.adopt_id.lower() != _id.lower():
            raise OwnershipError(
                f"adopt_id is {declared.adopt_id}, but this resource already is {_id}: remove "
                "adopt_id, or declare the other number as a resource of its own"
            )
        other = session.claims.own(_id, declared.declaration)
        if other is not None:
            warn(
                f"{_id} is recorded for {resource_of(other)!r} and for "
                f"{resource_of(declared.declaration or '')!r}: remove one of them from the "
                "program; the number is kept for the other"
            )
        session.name_late_records(declared.declaration)
        if recorded is None:
            replace_released(session, _id, olds, declared)
            return DiffResult(changes=True, replaces=["provider"])
        step = plan(declared.kind, recorded, declared.fields)
        if isinstance(step, Update | Replace):
            bags = declared.kind.fields, recorded, declared.fields
            paths = list(differences(*bags, by_key=True))
            found = [*differences(*bags), *paths]
            debug(diff_notes.written(_id, dict.fromkeys(path for path, *_ in found)))
            if paths and all(holds_unknown(new) for *_, new in paths):
                named = ", ".join(path for path, *_ in paths)
                warn(f"{_id} changes only if {named} does, which is not known before `up`")
        if isinstance(step, Replace):
            refuse_hidden(declared.fields)
        elif isinstance(step, Update):
            refuse_hidden_changes(recorded, step.fields)
            if declared.declaration in self._session.declared_before:  # Not at refresh.
                warn_of_losses(_id, declared, recorded, step.fields)
                held = Declared.of(recorded).fields
                self._session.unique.change(_id, keys_of(held), keys_of(declared.fields))
        if AREA_CODE in declared.fields and not isinstance(declared.fields[AREA_CODE], str):
            session.claims.keep(_id, declared.declaration)
            warn(f"{_id} may be replaced: only if its {AREA_CODE} changes, not known before `up`")
            return DiffResult(changes=True, replaces=[])
        if not isinstance(step, Replace):
            session.claims.keep(_id, declared.declaration)
            renamed = declared.declaration != recorded.get("declaration")
            outdated = is_outdated(self._session, _id, olds, recorded)
            changes = renamed or outdated or isinstance(step, Update)
            if not changes and self._judge.leaves_to_engine(declared):
                # None has the engine compare the inputs, which it alone knows with their marks.
                return DiffResult(changes=None, replaces=[])
            return DiffResult(changes=changes, replaces=[])
        if declared.adopt_id is not None:
            raise OwnershipError(
                f"{', '.join(step.because)}: this change replaces the number {_id} that adopt_id "
                "names: remove adopt_id to let it go, or undo the change"
            )
        if other is None and session.claims.adopter(_id) is None:
            session.releases.expect(_id)
            warn(
                f"{_id}{_bought(declared, recorded)} will be replaced because of "
                f"{', '.join(step.because)}: it is released for good, and people may be calling it"
            )
        session.claims.replace(_id, declared.declaration)
        return DiffResult(
            changes=True,
            replaces=list(step.because),
            delete_before_replace=step.delete_first,
        )

    @one_line
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Makes the record, or takes over the one that `adopt_id` names."""
        declared = self._declared(props)
        self._session.claims.asked(declared.declaration or "")
        refuse_hidden(declared.fields)
        self._session.writers.wait_for_others(declared.declaration)
        with self._session.writers.writing(declared.declaration):
            if declared.adopt_id is not None:
                declared, record = adopt(self._session, declared, declared.adopt_id)
                return CreateResult(record.id, outputs_adopted(declared, record))
            declared, record = make(self._session, declared)
        record = when_ready(self._session, declared, record)
        return CreateResult(record.id, outputs(declared, record))

    @one_line
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The record as it is now; where what is declared reads otherwise, also the new inputs.

        Without a declaration it is a `get` of somebody else's record: missing is an error then.
        """
        before = plain(props)
        self._close(id_, before)
        recorded = self._declared(before)
        try:
            record = self._session.reader.read(id_)
        except NotFoundError as missing:
            if recorded.declaration is None:
                raise OwnershipError(f"{missing}: there is no phone number {id_} here") from None
            self._session.account.confirm_gone(
                id_, before.get("org_id"), self._session.reader.is_listed
            )
            self._session.journal.gone(id_)
            return ReadResult(None, {})
        self._session.writers.refreshed.add(id_)
        same_kind(recorded, record)
        fields, echoes = recorded.kind.fields, self._session.reader.echoes_headers
        actual = with_removed_headers(fields, recorded.fields, record.fields, echoes)
        outs = outputs_as_read(recorded, replace(record, fields=actual))
        inputs = inputs_of(outs, recorded.kind)
        marked = sealed(fields, outs), sealed(fields, inputs)
        if recorded.declaration is None:
            return ReadResult(id_, *marked)
        # Without inputs the engine keeps its own, and does not read, log and compare them once
        # more; but an earlier version may have recorded secrets in clear. Its own also know what
        # was declared for what nobody has seen.
        same = identical(inputs, inputs_of(before, recorded.kind))
        kept = holds_unseen(outs) or (same and not holds_secret(fields, outs))
        return ReadResult(id_, marked[0], None if kept else marked[1])

    @one_line
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """PATCHes exactly what differs."""
        olds = plain(_olds)
        self._close(_id, olds)
        declared, recorded = self._desired(_id, _news, olds)
        if recorded is None:
            raise OwnershipError(f"{released(_id)}: run `pulumi up` again")
        step = plan(declared.kind, recorded, declared.fields)
        if not isinstance(step, Update):
            self._rename(_id, recorded, declared)
            self._session.writers.forget(_id)
            return UpdateResult(outputs_unsent(declared, recorded))
        self._rename(_id, recorded, declared)
        try:
            with self._session.writers.writing(declared.declaration, _id, step.fields):
                record = update(self._session, _id, declared, recorded, step.fields)
        except NotFoundError as missing:
            raise OwnershipError(
                f"{missing}: the number was deleted outside, or the key is another account's; "
                "run `pulumi refresh`, then `pulumi up`"
            ) from None
        finally:
            self._session.unique.settle(_id)
        self._session.writers.forget(_id)
        return UpdateResult(outputs(declared, record))

    @one_line
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Releases the number, unless it is another resource's by now (a rename by adopt_id)."""
        session, recorded = self._session, plain(_props)
        key = recorded.get("declaration")
        self._close(_id, recorded)
        if not may_release(session, _id, key):
            return
        if _id not in session.writers.released:
            session.releases.expect(_id, key)
        try:
            with session.writers.writing(recorded.get("declaration"), _id):
                session.client.delete_phone_number(_id)
        except NotFoundError as missing:
            session.account.confirm_gone(
                _id,
                recorded.get("org_id"),
                session.reader.is_listed,
                may_be_released_by_us=missing.after_unclear_try,
            )
        session.writers.forget(_id)
        session.account.released(_id)
        session.journal.gone(_id)
        session.claims.release(key)
        session.unique.release(key)

    def _declared(self, bag: Mapping[str, Any]) -> Declared:
        return Declared.of(plain(bag), self._session.settings.region)

    def _close(self, id_: str, recorded: Mapping[str, Any]) -> None:
        """Finish the intent of a record that a state is proven to hold.

        Waits first until no run whose engine was killed writes to the stack. A resource without a
        declaration is a `get`: its id came from the program, and proves nothing.
        """
        self._session.writers.wait_for_others(recorded.get("declaration"))
        if recorded.get("declaration") is not None:
            self._session.account.note_recorded(recorded.get("org_id"))
            self._session.journal.finish(id_)

    def _desired(
        self, id_: str, news: Mapping[str, Any], olds: Mapping[str, Any]
    ) -> tuple[Declared, Mapping[str, Any] | None]:
        """Return what is declared, ignored fields as recorded, and what is recorded.

        That is None for a record that an earlier run released without an engine.
        """
        declared = self._declared(news)
        self._session.writers.wait_for_others(declared.declaration)
        recorded = recorded_of(self._session, id_, olds, declared)
        ignored = self._session.ignored.get(declared.declaration or "")
        if ignored:
            held = olds if recorded is None else recorded
            fields = as_recorded(declared.fields, held, ignored)
            known = {name: value for name, value in fields.items() if name in declared.kind.fields}
            declared = replace(declared, fields=known)
        return declared, recorded

    def _rename(self, id_: str, recorded: Mapping[str, Any], declared: Declared) -> None:
        """Tell the journal of a resource that goes by another declaration from now on."""
        old, new = recorded.get("declaration"), declared.declaration
        if old is not None and new is not None and old != new:
            self._session.journal.ledger.rename(id_, old, new)


def _bought(declared: Declared, recorded: Mapping[str, Any]) -> str:
    """Return the number in brackets where it was bought: one that is declared may be a secret."""
    number = recorded.get("number")
    return f" ({number})" if number and "number" not in declared.kind.fields else ""
