"""Steps of `check`: register the resource, validate and complete its inputs, and warn of risks."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vapi_provider.catalogue import changes as messages
from vapi_provider.lifecycle.unique_values import unique_values
from vapi_provider.models.fields import as_list, as_object
from vapi_provider.pulumi_sdk.plugin import is_plugin_process, warn
from vapi_provider.reconcile import diff_notes
from vapi_provider.reconcile.equality import equal
from vapi_provider.reconcile.ignore_changes import IGNORED
from vapi_provider.reconcile.properties import Desired, normalize
from vapi_provider.reconcile.resource_key import recorded_form, resource_of
from vapi_provider.reconcile.secrecy import (
    HINTS,
    OWN_SECRETS,
    TRANSFORMS,
    contains_secret,
    texts_in,
    wrap_secrets,
)
from vapi_provider.settings.guards import REFUSED, REFUSED_BY_PROGRAM, violations

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


class Checker:
    """Checker of inputs: each warning once, and the resources whose secrecy the engine compares.

    It serves one plugin process, which serves one operation of the engine.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._warns = is_plugin_process()
        self._lock = threading.Lock()
        self._warned: set[str] = set()
        self._left_to_engine: set[str] = set()

    def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the inputs for the engine, with the automatic name, and all failures at once.

        `olds`, the recorded inputs, is empty for a create. Inputs that equal the recorded ones
        are not validated again, because the account already has them. Secrets are marked here as
        well, because transforms run after the resource's constructor.
        """
        session = self._session
        inputs, before = normalize(news), normalize(olds)
        ignored = as_list(inputs.pop(IGNORED, None))
        is_reported = inputs.pop(REFUSED, None) is not None
        hints = as_object(inputs.pop(HINTS, None))
        failures = _violations(session.settings.guards, inputs, hints, is_reported=is_reported)
        desired, key = self._register(inputs, before, ignored)
        if key:
            failures += session.unique.register(key, unique_values(desired.fields))
        if "name" not in inputs and desired.key:
            inputs["name"] = session.automatic_name(desired.key)
        if not equal(inputs, before):
            # Lazy import: a run without changes validates nothing.
            from vapi_provider.reconcile.validation import problems

            exists = bool(before) or "adopt_id" in inputs
            failures += problems(desired, inputs, exists=exists, before=before)
        self._warn(desired)
        self._note_secrecy(desired, before, inputs, hints)
        session.client.hidden.update(_own_secrets(inputs, hints))
        known: Mapping[str, str] = {}
        # Not for a create, whose outputs are new, and not where the engine compares the inputs:
        # it would report the added properties as changes.
        if before and not self.leaves_to_engine(desired):
            known = session.preview_outputs_of(key, before.get("declaration"))
        fields = desired.kind.fields
        added = {name: value for name, value in known.items() if name not in fields}
        return wrap_secrets(fields, {**added, **inputs}), failures

    def leaves_to_engine(self, desired: Desired) -> bool:
        """Return whether only the secrecy of values may differ, which only the engine sees."""
        return desired.key in self._left_to_engine

    def _register(
        self, inputs: dict[str, Any], before: Mapping[str, Any], ignored: list[Any]
    ) -> tuple[Desired, str | None]:
        """Register the desired resource; return it and its key as the program sends it.

        The inputs keep a resource key that the state holds in its old form.
        """
        session, owners = self._session, self._session.ownership
        region = session.settings.region
        desired = Desired.of(inputs, region)
        key = desired.key
        if not key:
            return desired, None
        if before:
            inputs["declaration"] = recorded_form(key, before.get("declaration"))
            desired = Desired.of(inputs, region)
            owners.register_check(key, recorded=desired.key)
        elif owners.register_check(key, desired.adopt_id) or session.take_requested_replacement(
            key
        ):
            session.release_limit.announce(key)
            warn(messages.REPLACED_BY_ENGINE(resource=repr(resource_of(key))))
        session.note_checked(inputs["declaration"], key, before, ignored)
        return desired, key

    def _warn(self, desired: Desired) -> None:
        """Warn of problems with a declaration, without values: some are unmarked secrets."""
        if not self._warns or desired.key is None:
            return
        # Lazy import: the commands give no advice.
        from vapi_provider.models.advice import advice

        region = self._session.settings.region
        for text in advice(desired.kind, desired.fields, region, show_values=False):
            warning = diff_notes.with_subject(desired.key, text)
            with self._lock:
                is_new = warning not in self._warned
                self._warned.add(warning)
            if is_new:
                warn(warning)

    def _note_secrecy(
        self,
        desired: Desired,
        before: Mapping[str, Any],
        inputs: Mapping[str, Any],
        hints: Mapping[str, Any],
    ) -> None:
        """Record whether a declaration differs from the recorded one at most in what is secret.

        Only the engine sees the marks of secrets. Fields that are always secret are not compared:
        an earlier version may have recorded them as plain text, which a refresh repairs.
        """
        has_own_secrets = bool(hints.get(OWN_SECRETS)) or (
            bool(hints.get(TRANSFORMS)) and not contains_secret(desired.kind.fields, desired.fields)
        )
        if desired.key:
            # Several resources may share the key; `diff` follows its `check` immediately.
            self._left_to_engine.discard(desired.key)
            if has_own_secrets and equal(inputs, before):
                self._left_to_engine.add(desired.key)


def _violations(
    guards: Collection[str],
    inputs: Mapping[str, Any],
    hints: Mapping[str, Any],
    *,
    is_reported: bool,
) -> list[str]:
    """Return the guard violations.

    The program has already reported those that it can detect, unless a transform ran later.
    """
    found: list[str] = [REFUSED_BY_PROGRAM] if is_reported else []
    if not is_reported or hints.get(TRANSFORMS):
        found += violations(guards, inputs)
    return found


def _own_secrets(inputs: Mapping[str, Any], hints: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts that the program marked as secret, which no error may contain."""
    for path in as_list(hints.get(OWN_SECRETS)):
        value: Any = inputs
        for step in map(str, as_list(path)):
            items = as_list(value)
            if items:
                value = items[int(step)] if step.isdigit() and int(step) < len(items) else None
            else:
                value = as_object(value).get(step)
        yield from texts_in(value)
