"""Waits for other runs and threads whose records could not be distinguished from this one's."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from vapi_provider.catalogue import purchase as messages
from vapi_provider.journal.intents import Intent
from vapi_provider.lifecycle.waits import BoundedWait
from vapi_provider.models.kinds import Kind
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.pulumi_sdk.workers import blocking
from vapi_provider.reconcile.fingerprint import unique_texts

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


class OtherRuns:
    """Turns and intents of other runs, as the journal shows them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._journal = session.journal

    @contextmanager
    def turn(self, kind: Kind, fields: Mapping[str, Any]) -> Generator[None]:
        """Serialize creates whose records could not be distinguished."""
        texts = unique_texts(kind, fields)
        named = unique_texts(kind, {"name": fields.get("name")})
        # A number or a SIP URI distinguishes two records with the same name.
        keys = [text for text in texts if text not in named] or named or [kind.provider]
        with ExitStack() as turn:
            with blocking():
                turn.enter_context(self._journal.turn(self._bounded_wait(), *keys))
            yield

    def wait_for_owner(self, key: str) -> Intent | None:
        """Wait until no running process owns the key's unfinished intent; return it, or None."""
        wait = self._bounded_wait()
        while True:
            intent = self._journal.find(key)
            if intent is None or not self._journal.is_under_way(intent):
                return intent
            wait()

    def _bounded_wait(self) -> BoundedWait:
        return BoundedWait(
            self._session.clock,
            self._session.wait,
            warn,
            messages.WAITING_FOR_OTHER_RUN(),
            messages.OTHER_RUN_STILL_BUYS(),
        )
