"""Results of `check` beyond validation: warnings, guard violations, and secrecy to compare.

A `CheckReview` serves one plugin process, which serves one operation of the engine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vapi_provider.models.fields import as_list, as_object
from vapi_provider.pulumi_sdk.plugin import is_plugin_process, warn
from vapi_provider.reconcile import diff_notes
from vapi_provider.reconcile.properties import Desired, strictly_equal
from vapi_provider.reconcile.secrecy import (
    HINTS,
    OWN_SECRETS,
    TRANSFORMS,
    contains_secret,
    texts_in,
)
from vapi_provider.settings.config import Settings
from vapi_provider.settings.guards import REFUSED, REFUSED_BY_PROGRAM, violations


class CheckReview:
    """Warnings, each once; guard violations; and resources whose secrecy the engine compares."""

    def __init__(self, settings: Settings, notify: Callable[[str], None] | None = None) -> None:
        self._settings = settings
        self._notify = notify or (warn if is_plugin_process() else None)
        self._lock = threading.Lock()
        self._warned: set[str] = set()
        self._left_to_engine: set[str] = set()

    def refusals(self, inputs: dict[str, Any]) -> tuple[list[str], Mapping[str, Any]]:
        """Return the guard violations, and the program's hints, which are removed from `inputs`.

        The program has already reported the violations it can detect, unless a transform ran later.
        """
        is_reported = inputs.pop(REFUSED, None) is not None
        hints = as_object(inputs.pop(HINTS, None))
        found: list[str] = [REFUSED_BY_PROGRAM] if is_reported else []
        if not is_reported or hints.get(TRANSFORMS):
            found += violations(self._settings.guards, inputs)
        return found, hints

    def warn(self, desired: Desired) -> None:
        """Warn of problems with a declaration, without values: some are unmarked secrets."""
        if self._notify is None or desired.key is None:
            return
        # Lazy import: the commands give no advice.
        from vapi_provider.models.advice import advice

        region = self._settings.region
        for text in advice(desired.kind, desired.fields, region, show_values=False):
            warning = diff_notes.with_subject(desired.key, text)
            with self._lock:
                is_new = warning not in self._warned
                self._warned.add(warning)
            if is_new:
                self._notify(warning)

    def note_secrecy(
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
            if has_own_secrets and strictly_equal(inputs, before):
                self._left_to_engine.add(desired.key)

    def own_secrets(self, inputs: Mapping[str, Any], hints: Mapping[str, Any]) -> Iterator[str]:
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

    def leaves_to_engine(self, desired: Desired) -> bool:
        """Return whether only the secrecy of values may differ, which only the engine sees."""
        return desired.key in self._left_to_engine
