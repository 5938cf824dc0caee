"""What `check` says of a declaration as it arrives, and what the program has told of it before.

One `Judge` serves a plugin process, which serves one operation of the engine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vapi_provider.models.fields import as_list, as_object
from vapi_provider.pulumi_sdk.plugin import is_plugin_process, warn
from vapi_provider.reconcile import diff_notes
from vapi_provider.reconcile.properties import Declared, identical
from vapi_provider.reconcile.secrecy import HINTS, OWN_SECRETS, TRANSFORMS, holds_secret, texts_in
from vapi_provider.settings.config import Settings
from vapi_provider.settings.guards import REFUSED, TOLD, violations


class Judge:
    """Warnings, each once, the stack's guards, and whose secrecy the engine has to compare."""

    def __init__(self, settings: Settings, say: Callable[[str], None] | None = None) -> None:
        self._settings = settings
        self._say = say or (warn if is_plugin_process() else None)
        self._lock = threading.Lock()
        self._said: set[str] = set()
        self._compared: set[str] = set()

    def refusals(self, inputs: dict[str, Any]) -> tuple[list[str], Mapping[str, Any]]:
        """Return what the guards refuse, and the program's hints, which are taken out of `inputs`.

        The program has told of what it could see itself, unless a transform came after it.
        """
        told = inputs.pop(REFUSED, None) is not None
        hints = as_object(inputs.pop(HINTS, None))
        found = [TOLD] if told else []
        if not told or hints.get(TRANSFORMS):
            found += violations(self._settings.guards, inputs)
        return found, hints

    def warn(self, declared: Declared) -> None:
        """Warn of what will go wrong, without values: the engine has taken their marks off."""
        if self._say is None or declared.declaration is None:
            return
        # Only here: a command does without.
        from vapi_provider.models.advice import advice

        region = self._settings.region
        for text in advice(declared.kind, declared.fields, region, show_values=False):
            said = diff_notes.about(declared.declaration, text)
            with self._lock:
                is_new = said not in self._said
                self._said.add(said)
            if is_new:
                self._say(said)

    def note_secrecy(
        self,
        declared: Declared,
        before: Mapping[str, Any],
        inputs: Mapping[str, Any],
        hints: Mapping[str, Any],
    ) -> None:
        """Remember whether a declaration is the recorded one but for what of it is secret.

        Only the engine sees the marks of secrets. Fields that are secret by themselves are not
        compared: an earlier version may have recorded them in clear, which a refresh amends.
        """
        own = bool(hints.get(OWN_SECRETS)) or (
            bool(hints.get(TRANSFORMS)) and not holds_secret(declared.kind.fields, declared.fields)
        )
        if own and declared.declaration and identical(inputs, before):
            self._compared.add(declared.declaration)

    def own_secrets(self, inputs: Mapping[str, Any], hints: Mapping[str, Any]) -> Iterator[str]:
        """Yield the texts of the program's own secrets, which no error may show."""
        for path in as_list(hints.get(OWN_SECRETS)):
            value: Any = inputs
            for step in map(str, as_list(path)):
                items = as_list(value)
                if items:
                    value = items[int(step)] if step.isdigit() and int(step) < len(items) else None
                else:
                    value = as_object(value).get(step)
            yield from texts_in(value)

    def leaves_to_engine(self, declared: Declared) -> bool:
        """Return whether the engine shall say if a declaration differs, by what is secret of it."""
        return declared.declaration in self._compared
