"""`PhoneNumberProvider`, with its methods in the order in which the engine calls them.

Every state records the dotted path of the class: never rename or move it. A program imports this
module only to name the class, so each method imports the steps that it calls.
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

from vapi_provider.pulumi_sdk.plugin import configure_plugin_process, error_boundary
from vapi_provider.reconcile.ignore_changes import as_recorded
from vapi_provider.reconcile.properties import Desired, normalize
from vapi_provider.settings.config import load_settings
from vapi_provider.shared.text import escape_control

if TYPE_CHECKING:
    from vapi_provider.lifecycle.check import Checker
    from vapi_provider.lifecycle.session import Session

CALLS_WITHOUT_REQUEST = 16
"""Concurrent calls beyond the requests in flight, because some calls wait for a shared journal."""


class PhoneNumberProvider(ResourceProvider):
    """Dynamic provider of the five kinds of phone numbers."""

    # The pickled provider captures no value: it is the path of this class.
    serialize_as_secret_always = False

    _session: Session
    _checker: Checker

    @error_boundary
    def configure(self, req: ConfigureRequest) -> None:
        """Read the config and open the account, once per plugin process.

        Raises ConfigurationError where a setting is invalid.
        """
        # First: the imports then run with the raised threshold of the garbage collector.
        configure_plugin_process()
        from vapi_provider.deployment.preview_outputs import read_preview_outputs
        from vapi_provider.lifecycle.session import Session
        from vapi_provider.pulumi_sdk.workers import set_max_calls

        settings = load_settings(lambda key: req.config.get(f"vapi:{key}"), os.environ, Path.cwd())
        set_max_calls(settings.max_concurrent_requests + CALLS_WITHOUT_REQUEST)
        self.attach_session(Session.open(settings))
        self._session.preview_outputs = read_preview_outputs()

    def attach_session(self, session: Session) -> None:
        """Set the session that all later calls use."""
        from vapi_provider.lifecycle.check import Checker

        self._session = session
        self._checker = Checker(session)

    @error_boundary
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the inputs, report all failures at once, and fill in the automatic name.

        Failures name no property, because the engine prints the value of a named property, even a
        secret.
        """
        olds = _olds
        inputs, failures = self._checker.check(olds, news)
        return CheckResult(
            inputs, [CheckFailure("", escape_control(failure)) for failure in failures]
        )

    @error_boundary
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Return whether the resource is unchanged, updated in place or replaced.

        Raises OwnershipError where `adopt_id` names another record, or one that would be replaced.
        """
        from vapi_provider.lifecycle.diff import diff

        id_, olds, news = _id, normalize(_olds), normalize(_news)
        self._finish_earlier_run(id_, olds)
        follows_check = self._session.note_compared(id_, news.get("declaration"))
        desired, recorded = self._desired_and_recorded(id_, news, olds)
        planned = diff(self._session, id_, olds, desired, recorded, follows_check=follows_check)
        if not planned.changes and self._checker.leaves_to_engine(desired):
            # None lets the engine compare the inputs: only it sees which values are secret.
            return DiffResult(changes=None, replaces=[])
        return DiffResult(
            changes=planned.changes,
            replaces=list(planned.replaces),
            delete_before_replace=planned.delete_first,
        )

    @error_boundary
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the record, or adopt the one that `adopt_id` names."""
        from vapi_provider.lifecycle.create import create

        return CreateResult(*create(self._session, self._desired_of(normalize(props))))

    @error_boundary
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the outputs of the record as it is now, and new inputs where they differ.

        Recorded properties without a resource key belong to a `get` of a record that the stack does
        not own; raises OwnershipError where such a record does not exist.
        """
        from vapi_provider.lifecycle.refresh import refresh

        before = normalize(props)
        self._finish_earlier_run(id_, before)
        refreshed = refresh(self._session, id_, before, self._desired_of(before))
        return ReadResult(None, {}) if refreshed is None else ReadResult(id_, *refreshed)

    @error_boundary
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Send a PATCH of the changed fields, or no request if no field changed.

        Raises OwnershipError where the record no longer exists.
        """
        from vapi_provider.lifecycle.update import update

        id_, olds, news = _id, normalize(_olds), normalize(_news)
        self._finish_earlier_run(id_, olds)
        desired, recorded = self._desired_and_recorded(id_, news, olds)
        return UpdateResult(update(self._session, id_, desired, recorded))

    @error_boundary
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Release the number, unless another resource owns it now (a rename by adopt_id)."""
        from vapi_provider.lifecycle.release import release

        id_, recorded = _id, normalize(_props)
        self._finish_earlier_run(id_, recorded)
        release(self._session, id_, self._desired_of(recorded), recorded)

    def _desired_of(self, properties: Mapping[str, Any]) -> Desired:
        """Return the resource in normalized properties, with the defaults of the region."""
        return Desired.of(properties, self._session.settings.region)

    def _finish_earlier_run(self, id_: str, recorded: Mapping[str, Any]) -> None:
        """Wait for an earlier run that still writes, and finish the intent that created the record.

        The intent is finished because a state holds the record now. A `get` does not prove that,
        because its id comes from the program: such a resource has no resource key.
        """
        self._session.writers.wait_for_others(recorded.get("declaration"))
        if recorded.get("declaration") is not None:
            self._session.identity.note_recorded(recorded.get("org_id"))
            self._session.journal.finish_earlier_intent(id_)

    def _desired_and_recorded(
        self, id_: str, news: Mapping[str, Any], olds: Mapping[str, Any]
    ) -> tuple[Desired, Mapping[str, Any] | None]:
        """Return the desired resource and the recorded properties.

        Ignored fields of the desired resource have their recorded values. The recorded properties
        are None if an earlier run released the record after its engine exited.
        """
        from vapi_provider.lifecycle.outlived_writes import recorded_of

        desired = self._desired_of(news)
        self._session.writers.wait_for_others(desired.key)
        recorded = recorded_of(self._session, id_, olds, desired)
        check_input = self._session.check_input(id_, desired.key)
        if check_input is not None and check_input.ignored:
            held = olds if recorded is None else recorded
            fields = as_recorded(desired.fields, held, check_input.ignored)
            known = {name: value for name, value in fields.items() if name in desired.kind.fields}
            desired = replace(desired, fields=known)
        return desired, recorded
