"""Announcement of the ids in `adopt_id` from the program to the plugins.

A plugin sees a resource that is not targeted, or that depends on another one, never or too late:
after the engine has deleted the record that the resource names.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from vapi_provider.journal.operation import OperationEvents


def announce(id_: pulumi.Input[str], key: pulumi.Input[str]) -> None:
    """Tell the plugins of this run that a resource names `id_` in `adopt_id`.

    The event is sent at once where both values are known. A preview sends none, because it releases
    nothing.
    """
    engine = _engine_address()
    if pulumi.runtime.is_dry_run() or not engine:
        return
    if isinstance(id_, str) and isinstance(key, str):
        _publish(engine, id_, key)
        return

    def publish_known(known: list[Any]) -> None:
        # The output may be None or a value that the plugin refuses.
        if all(isinstance(value, str) for value in known):
            _publish(engine, known[0], known[1])

    pulumi.Output.all(id_, key).apply(publish_known)


def _publish(engine: str, id_: str, key: str) -> None:
    # Lazy import: few programs adopt a record.
    from vapi_provider.journal.operation import Event
    from vapi_provider.lifecycle.ownership import NAMED

    _events(engine).publish(Event(NAMED, id_.lower(), key))


@cache
def _events(engine: str) -> OperationEvents:
    from vapi_provider.journal.operation import OperationEvents, operation_at

    return OperationEvents(operation_at(engine))


def _engine_address() -> str:
    """Return the address of the engine that started this program; empty if no engine did."""
    words = sys.orig_argv
    return next(
        (address for word, address in zip(words, words[1:], strict=False) if word == "--engine"), ""
    )
