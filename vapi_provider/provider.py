"""`PhoneNumberProvider`, with its methods in the order in which the engine calls them.

Every state records the dotted path of the class: never rename or move it.
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

from vapi_provider.catalogue import changes as messages
from vapi_provider.deployment import foreseen
from vapi_provider.errors import NotFoundError, OwnershipError
from vapi_provider.lifecycle.check_review import CheckReview
from vapi_provider.lifecycle.create import adopt, create_or_resume, same_kind, when_ready
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
from vapi_provider.pulumi_sdk.plugin import configure_plugin_process, debug, error_boundary, warn
from vapi_provider.pulumi_sdk.workers import set_max_calls
from vapi_provider.reconcile import diff_notes
from vapi_provider.reconcile.equality import contains_unseen_secret
from vapi_provider.reconcile.headers import with_removed_headers
from vapi_provider.reconcile.ignored import IGNORED, as_recorded
from vapi_provider.reconcile.plan import AREA_CODE, Replace, Update, plan
from vapi_provider.reconcile.properties import (
    Desired,
    bought_number,
    contains_unknown,
    inputs_of,
    normalize,
    outputs,
    outputs_as_read,
    outputs_without_request,
    strictly_equal,
)
from vapi_provider.reconcile.resource_key import recorded_form, resource_of
from vapi_provider.reconcile.secrecy import contains_secret, sealed, secrets_in
from vapi_provider.settings.config import load_settings
from vapi_provider.shared.terminal import escaped

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


class PhoneNumberProvider(ResourceProvider):
    """Dynamic provider of the five kinds of phone numbers."""

    # The pickled provider captures no value: it is the path of this class.
    serialize_as_secret_always = False

    _session: Session
    _review: CheckReview

    @error_boundary
    def configure(self, req: ConfigureRequest) -> None:
        """Read the config and open the account, once per plugin process.

        Raises ConfigurationError where a setting is invalid.
        """
        configure_plugin_process()
        settings = load_settings(lambda key: req.config.get(f"vapi:{key}"), os.environ, Path.cwd())
        # Lazy import: the program imports this class for its name only and never opens a session.
        from vapi_provider.lifecycle.session import Session

        set_max_calls(settings.max_concurrent_requests)
        self.use(Session.open(settings))
        self._session.foreseen = foreseen.read()

    def use(self, session: Session) -> None:
        """Set the session that all later calls use."""
        self._session = session
        self._review = CheckReview(session.settings)

    @error_boundary
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the inputs, report all failures at once, and fill in the automatic name.

        `_olds` is empty for a create. Inputs that equal the recorded ones are not validated again,
        because the account already has them. Failures name no property, because the engine prints
        the value of a named property, even a secret. Secrets are marked here as well, because
        transforms run after the resource's constructor.
        """
        inputs, before = normalize(news), normalize(_olds)
        ignored = as_list(inputs.pop(IGNORED, None))
        found, hints = self._review.refusals(inputs)
        desired, key = self._declare(inputs, before, ignored)
        if key:
            found += self._session.unique.register(key, keys_of(desired.fields))
        if "name" not in inputs and desired.declaration:
            inputs["name"] = self._session.automatic_name(desired.declaration)
        if not strictly_equal(inputs, before):
            from vapi_provider.reconcile.validation import problems

            exists = bool(_olds) or "adopt_id" in inputs
            found += problems(desired, inputs, exists=exists, before=before)
        self._review.warn(desired)
        self._review.note_secrecy(desired, before, inputs, hints)
        self._session.client.hidden.update(self._review.own_secrets(inputs, hints))
        known: Mapping[str, str] = {}
        # Not for a create, whose outputs are new, and not where the engine compares the inputs:
        # it would report the added properties as changes.
        if before and not self._review.leaves_to_engine(desired):
            known = self._session.foreseen_of(key, before.get("declaration"))
        fields = desired.kind.fields
        added = {name: value for name, value in known.items() if name not in fields}
        inputs = sealed(fields, {**added, **inputs})
        return CheckResult(inputs, [CheckFailure("", escaped(problem)) for problem in found])

    def _declare(
        self, inputs: dict[str, Any], before: Mapping[str, Any], ignored: list[Any]
    ) -> tuple[Desired, str | None]:
        """Register the desired resource; return it and its key as the program sends it.

        The inputs keep a resource key that the state holds in its old form.
        """
        session, desired = self._session, self._declared(inputs)
        key = desired.declaration
        if not key:
            return desired, None
        if before:
            inputs["declaration"] = recorded_form(key, before.get("declaration"))
            desired = self._declared(inputs)
            session.ownership.register_check(key, recorded=desired.declaration)
        elif session.ownership.register_check(key, desired.adopt_id) or session.is_to_replace(key):
            session.release_limit.announce(key)
            warn(messages.REPLACED_BY_ENGINE(resource=repr(resource_of(key))))
        session.note_checked(inputs["declaration"], key, before, ignored)
        return desired, key

    @error_boundary
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Return whether the resource is unchanged, updated in place or replaced.

        Raises OwnershipError where `adopt_id` names another record, or one that would be replaced.
        """
        session, olds = self._session, normalize(_olds)
        self._close(_id, olds)
        is_checked = session.compare(_id, _news.get("declaration"))
        desired, recorded = self._desired(_id, _news, olds)
        if desired.adopt_id is not None and desired.adopt_id.lower() != _id.lower():
            raise OwnershipError(messages.ADOPT_ID_OF_ANOTHER(adopt_id=desired.adopt_id, id=_id))
        other = session.ownership.hold(_id, desired.declaration)
        if other is not None:
            second = repr(resource_of(desired.declaration or ""))
            warn(messages.RECORDED_TWICE(id=_id, first=repr(resource_of(other)), second=second))
        session.report_late_records(desired.declaration)
        if recorded is None:
            replace_released(session, _id, olds, desired)
            return DiffResult(changes=True, replaces=["provider"])
        step = plan(desired.kind, recorded, desired.fields)
        if isinstance(step, Update | Replace):
            paths = [path for path, *_ in step.differences]
            debug(diff_notes.written(_id, paths))
            if paths and all(contains_unknown(new) for *_, new in step.differences):
                named = ", ".join(paths)
                warn(messages.MAY_CHANGE(id=_id, fields=named))
        if isinstance(step, Replace):
            refuse_hidden(desired.fields)
        elif isinstance(step, Update):
            refuse_hidden_changes(recorded, step.fields)
            if is_checked:  # A refresh calls diff without check.
                warn_of_losses(_id, desired, recorded, step.fields)
                held = self._declared(recorded).fields
                self._session.unique.begin_change(_id, keys_of(held), keys_of(desired.fields))
        if AREA_CODE in desired.fields and not isinstance(desired.fields[AREA_CODE], str):
            session.ownership.keep(_id, desired.declaration)
            warn(messages.MAY_BE_REPLACED(id=_id, field=AREA_CODE))
            return DiffResult(changes=True, replaces=[])
        if not isinstance(step, Replace):
            session.ownership.keep(_id, desired.declaration)
            renamed = desired.declaration != recorded.get("declaration")
            outdated = is_outdated(self._session, _id, olds, recorded)
            changes = renamed or outdated or isinstance(step, Update)
            if not changes and self._review.leaves_to_engine(desired):
                # None lets the engine compare the inputs: only it sees which values are secret.
                return DiffResult(changes=None, replaces=[])
            return DiffResult(changes=changes, replaces=[])
        if desired.adopt_id is not None:
            fields = ", ".join(step.because)
            raise OwnershipError(messages.ADOPTED_WOULD_BE_REPLACED(fields=fields, id=_id))
        if other is None and session.ownership.adopter(_id) is None:
            session.release_limit.count(_id)
            bought = bought_number(recorded)
            shown = f"{_id} ({bought})" if bought else _id
            warn(messages.WILL_BE_REPLACED(id=shown, fields=", ".join(step.because)))
        session.ownership.note_replaced(_id, desired.declaration, recorded.get("created_at"))
        return DiffResult(
            changes=True,
            replaces=list(step.because),
            delete_before_replace=step.delete_first,
        )

    @error_boundary
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the record, or adopt the one that `adopt_id` names."""
        desired = self._declared(props)
        self._session.ownership.note_create_call(desired.declaration or "")
        refuse_hidden(desired.fields)
        self._session.writers.wait_for_others(desired.declaration)
        with self._session.writers.writing(desired.declaration):
            if desired.adopt_id is not None:
                desired, record = adopt(self._session, desired, desired.adopt_id)
                return CreateResult(record.id, outputs_adopted(desired, record))
            desired, record = create_or_resume(self._session, desired)
        record = when_ready(self._session, desired, record)
        return CreateResult(record.id, outputs(desired, record))

    @error_boundary
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the outputs of the record as it is now, and new inputs where they differ.

        Recorded properties without a resource key belong to a `get` of a record that the stack does
        not own; raises OwnershipError where such a record does not exist.
        """
        before = normalize(props)
        self._close(id_, before)
        recorded = self._declared(before)
        try:
            record = self._session.reader.read(id_)
        except NotFoundError as missing:
            if recorded.declaration is None:
                raise OwnershipError(messages.NO_SUCH_RECORD(cause=missing, id=id_)) from None
            self._session.account.confirm_gone(
                id_, before.get("org_id"), self._session.reader.is_listed
            )
            self._session.journal.forget_record(id_)
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
        # Fast path: without new inputs the engine keeps its own and does not compare them again.
        # Its own also hold the declared values of secrets that the account does not echo. Inputs
        # are returned for a state in which an earlier version recorded secrets as plain text.
        same = strictly_equal(inputs, inputs_of(before, recorded.kind))
        kept = contains_unseen_secret(outs) or (same and not contains_secret(fields, outs))
        return ReadResult(id_, marked[0], None if kept else marked[1])

    @error_boundary
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Send a PATCH of the changed fields, or no request if none differs.

        Raises OwnershipError where the record no longer exists.
        """
        olds = normalize(_olds)
        self._close(_id, olds)
        desired, recorded = self._desired(_id, _news, olds)
        if recorded is None:
            raise OwnershipError(messages.RELEASED_MEANWHILE(cause=released(_id)))
        step = plan(desired.kind, recorded, desired.fields)
        if not isinstance(step, Update):
            self._rename(_id, recorded, desired)
            self._session.writers.forget(_id)
            return UpdateResult(outputs_without_request(desired, recorded))
        self._rename(_id, recorded, desired)
        try:
            with self._session.writers.writing(desired.declaration, _id, step.fields):
                record = update(self._session, _id, desired, recorded, step.fields)
        except NotFoundError as missing:
            raise OwnershipError(messages.DELETED_OUTSIDE(cause=missing)) from None
        finally:
            self._session.unique.end_change(_id)
        self._session.writers.forget(_id)
        return UpdateResult(outputs(desired, record))

    @error_boundary
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Release the number, unless another resource owns it now (a rename by adopt_id)."""
        session, recorded = self._session, normalize(_props)
        key = recorded.get("declaration")
        self._close(_id, recorded)
        if not may_release(session, _id, key):
            return
        if _id not in session.writers.released:
            session.release_limit.count(_id, key)
        try:
            with session.writers.writing(recorded.get("declaration"), _id):
                hidden = {*secrets_in(self._declared(recorded).kind.fields, recorded)}
                session.client.delete_phone_number(_id, hidden)
        except NotFoundError as missing:
            session.account.confirm_gone(
                _id,
                recorded.get("org_id"),
                session.reader.is_listed,
                may_be_released_by_us=missing.after_unclear_try,
            )
        session.writers.forget(_id)
        session.account.forget(_id)
        session.journal.forget_record(_id)
        session.ownership.allow_create(key)
        checked = session.checked(_id, None)
        session.unique.forget(checked.key if checked else key)

    def _declared(self, properties: Mapping[str, Any]) -> Desired:
        return Desired.of(normalize(properties), self._session.settings.region)

    def _close(self, id_: str, recorded: Mapping[str, Any]) -> None:
        """Finish the intent by which an earlier run created a record: a state holds it now.

        Wait first until no run whose engine was killed still writes to the stack. A `get` proves
        nothing, because its id comes from the program: such a resource has no resource key.
        """
        self._session.writers.wait_for_others(recorded.get("declaration"))
        if recorded.get("declaration") is not None:
            self._session.account.note_recorded(recorded.get("org_id"))
            self._session.journal.finish_earlier_intent(id_)

    def _desired(
        self, id_: str, news: Mapping[str, Any], olds: Mapping[str, Any]
    ) -> tuple[Desired, Mapping[str, Any] | None]:
        """Return the desired resource and the recorded properties.

        Ignored fields have their recorded values. The recorded properties are None for a record
        that an earlier run released after its engine exited.
        """
        desired = self._declared(news)
        self._session.writers.wait_for_others(desired.declaration)
        recorded = recorded_of(self._session, id_, olds, desired)
        checked = self._session.checked(id_, desired.declaration)
        if checked is not None and checked.ignored:
            held = olds if recorded is None else recorded
            fields = as_recorded(desired.fields, held, checked.ignored)
            known = {name: value for name, value in fields.items() if name in desired.kind.fields}
            desired = replace(desired, fields=known)
        return desired, recorded

    def _rename(self, id_: str, recorded: Mapping[str, Any], desired: Desired) -> None:
        """Rename the record's journal entry where its resource key has changed."""
        old, new = recorded.get("declaration"), desired.declaration
        if old is not None and new is not None and old != new:
            self._session.journal.ledger.rename(id_, old, new)
