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

from vapi_provider import foreseen, notes
from vapi_provider.acquiring import adopt, make, same_kind, when_ready
from vapi_provider.equality import believed, differences, holds_unseen
from vapi_provider.errors import NotFoundError, OwnershipError
from vapi_provider.guards import REFUSED, TOLD, violations
from vapi_provider.ignoring import IGNORED, as_recorded
from vapi_provider.models.fields import as_list
from vapi_provider.plan import AREA_CODE, Replace, Update, plan
from vapi_provider.plugin import debug, one_line, settle_in, warn
from vapi_provider.properties import (
    Declared,
    holds_unknown,
    identical,
    inputs_of,
    lacks_headers,
    outputs,
    outputs_as_read,
    outputs_unsent,
    plain,
    without_headers,
)
from vapi_provider.settings import load_settings
from vapi_provider.unique import keys_of
from vapi_provider.updating import (
    outputs_adopted,
    refuse_hidden,
    refuse_hidden_changes,
    update,
    warn_of_losses,
)
from vapi_provider.workers import work_at_once

if TYPE_CHECKING:
    from vapi_provider.session import Session


class PhoneNumberProvider(ResourceProvider):
    """Keeps one phone number of any kind as its resource declares it."""

    serialize_as_secret_always = False  # Nothing is captured: the pickle is this class's path.

    _session: Session

    @one_line
    def configure(self, req: ConfigureRequest) -> None:
        """Reads the config and opens the account, once in each plugin process."""
        settle_in()
        settings = load_settings(lambda key: req.config.get(f"vapi:{key}"), os.environ, Path.cwd())
        # Only here: the program needs this class too, to send its name, and nothing that it uses.
        from vapi_provider.session import Session

        work_at_once(settings.max_concurrent_requests)
        self.use(Session.open(settings))
        self._session.foreseen = foreseen.read()

    def use(self, session: Session) -> None:
        """Works on `session` from now on."""
        self._session = session

    @one_line
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuses what the API would refuse, all at once, and fills in the automatic name.

        `_olds` is empty where a record is about to be made. What is declared as it is recorded is
        not judged again: the account has it. Failures are under no property: under one's name the
        engine prints its value, secrets too.
        """
        inputs, before = plain(news), plain(_olds)
        ignored = as_list(inputs.pop(IGNORED, None))
        found = self._refused(inputs)
        declared = self._declared(inputs)
        if declared.declaration:
            adopting = None if _olds else declared.adopt_id
            self._session.claims.declare(declared.declaration, adopting)
            self._session.declared_before[declared.declaration] = before
            self._session.ignored[declared.declaration] = ignored
            keys = keys_of(declared.fields)
            found += self._session.unique.declare(declared.declaration, keys)
        unnamed = "name" not in inputs and declared.declaration
        if unnamed:
            inputs["name"] = self._session.automatic_name(unnamed)
        if not identical(inputs, before):
            from vapi_provider.refusals import problems

            exists = bool(_olds) or "adopt_id" in inputs
            found += problems(declared, inputs, exists=exists, before=before)
        recorded = self._session.foreseen.get(before.get("declaration", ""), {})
        known = {name: recorded[name] for name in recorded if name not in declared.kind.fields}
        return CheckResult({**known, **inputs}, [CheckFailure("", problem) for problem in found])

    @one_line
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Nothing, a change in place, or a replacement."""
        declared, recorded = self._desired(_news, _olds)
        self._close(_id, recorded)
        if declared.adopt_id not in (None, _id):
            raise OwnershipError(
                f"adopt_id is {declared.adopt_id}, but this resource already is {_id}: remove "
                "adopt_id, or declare the other number as a resource of its own"
            )
        self._session.claims.own(_id, declared.declaration)
        step = plan(declared.kind, recorded, declared.fields)
        if isinstance(step, Update | Replace):
            bags = declared.kind.fields, recorded, declared.fields
            paths = list(differences(*bags, by_key=True))
            found = [*differences(*bags), *paths]
            debug(notes.written(_id, dict.fromkeys(path for path, *_ in found)))
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
            warn(f"{_id} may be replaced: only if its {AREA_CODE} changes, not known before `up`")
            return DiffResult(changes=True, replaces=[])
        if not isinstance(step, Replace):
            renamed = declared.declaration != recorded.get("declaration")
            return DiffResult(changes=renamed or isinstance(step, Update), replaces=[])
        if declared.adopt_id is not None:
            raise OwnershipError(
                f"{', '.join(step.because)}: this change replaces the number {_id} that adopt_id "
                "names: remove adopt_id to let it go, or undo the change"
            )
        self._session.releases.expect(_id)
        self._session.claims.replace(_id, declared.declaration)
        warn(
            f"{_id} ({recorded.get('number') or recorded.get('sip_uri')}) will be replaced because "
            f"of {', '.join(step.because)}: it is released for good, and people may be calling it"
        )
        return DiffResult(
            changes=True,
            replaces=list(step.because),
            delete_before_replace=step.delete_first,
        )

    @one_line
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Makes the record, or takes over the one that `adopt_id` names."""
        declared = self._declared(props)
        refuse_hidden(declared.fields)
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
            self._session.account.confirm_gone(id_, before.get("org_id"))
            return ReadResult(None, {})
        same_kind(recorded, record)
        if lacks_headers(recorded, record) and self._session.reader.echoes_headers():
            record = without_headers(record)
        outs = outputs_as_read(recorded, record)
        inputs = inputs_of(outs, recorded.kind)
        if recorded.declaration is None:
            return ReadResult(id_, outs, inputs)
        # Without inputs the engine keeps its own, and does not read, log and compare them once
        # more. They also know what was declared for what nobody has seen.
        kept = identical(inputs, inputs_of(before, recorded.kind)) or holds_unseen(outs)
        return ReadResult(id_, outs, None if kept else inputs)

    @one_line
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """PATCHes exactly what differs."""
        self._close(_id, plain(_olds))
        declared, recorded = self._desired(_news, _olds)
        step = plan(declared.kind, recorded, declared.fields)
        if not isinstance(step, Update):
            return UpdateResult(outputs_unsent(declared, recorded))
        try:
            record = update(self._session, _id, declared, recorded, step.fields)
        except NotFoundError as missing:
            raise OwnershipError(
                f"{missing}: the number was deleted outside, or the key is another account's; "
                "run `pulumi refresh`, then `pulumi up`"
            ) from None
        finally:
            self._session.unique.settle(_id)
        return UpdateResult(outputs(declared, record))

    @one_line
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Releases the number, unless it is another resource's by now (a rename by adopt_id)."""
        session, recorded = self._session, plain(_props)
        self._close(_id, recorded)
        if session.claims.has_changed_hands(_id, recorded.get("declaration")):
            return
        session.releases.expect(_id)
        try:
            session.client.delete_phone_number(_id)
        except NotFoundError:
            session.account.confirm_gone(_id, recorded.get("org_id"))
        session.account.released(_id)
        session.claims.release(recorded.get("declaration"))
        session.unique.release(recorded.get("declaration"))

    def _declared(self, bag: Mapping[str, Any]) -> Declared:
        return Declared.of(plain(bag), self._session.settings.region)

    def _close(self, id_: str, recorded: Mapping[str, Any]) -> None:
        """Strikes a record out of the journal: the engine knows it, so a state holds it."""
        self._session.journal.close(id_, recorded.get("declaration"), recorded.get("created_at"))

    def _desired(
        self, news: Mapping[str, Any], olds: Mapping[str, Any]
    ) -> tuple[Declared, Mapping[str, Any]]:
        """Return what is declared, ignored fields as recorded, and what is recorded."""
        declared = self._declared(news)
        recorded = self._recorded(olds, declared)
        ignored = self._session.ignored.get(declared.declaration or "")
        if ignored:
            fields = as_recorded(declared.fields, recorded, ignored)
            known = {name: value for name, value in fields.items() if name in declared.kind.fields}
            declared = replace(declared, fields=known)
        return declared, recorded

    def _recorded(self, olds: Mapping[str, Any], declared: Declared) -> Mapping[str, Any]:
        """What the state holds; an imported secret that nobody has seen is taken to be right."""
        before = self._session.declared_before.get(declared.declaration or "", {})
        recorded = plain(olds)
        return believed(recorded, before, declared.fields) if holds_unseen(recorded) else recorded

    def _refused(self, inputs: dict[str, Any]) -> list[str]:
        """What the stack's guards refuse; the program has told of what it could see itself."""
        if inputs.pop(REFUSED, None) is not None:
            return [TOLD]
        return list(violations(self._session.settings.guards, inputs))
