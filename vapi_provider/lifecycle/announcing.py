"""Announcement of the ids in `adopt_id` from the program to the plugins.

Where a resource is not targeted, or depends on another one, a plugin sees it only after the
deletion of the record that it names, or never.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from vapi_provider.journal.operation import Operation


def announce(id_: pulumi.Input[str], declaration: pulumi.Input[str]) -> None:
    """Tell the plugins of this run that a resource names `id_` in `adopt_id`.

    The event is sent at once where both values are known. A preview sends none, because it releases
    nothing.
    """
    if pulumi.runtime.is_dry_run() or not _engine():
        return
    if isinstance(id_, str) and isinstance(declaration, str):
        _tell(id_, declaration)
        return

    def tell(known: list[Any]) -> None:
        # The output may be None or a value that the plugin refuses.
        if all(isinstance(value, str) for value in known):
            _tell(known[0], known[1])

    pulumi.Output.all(id_, declaration).apply(tell)


def _tell(id_: str, declaration: str) -> None:
    # Lazy import: few programs adopt a record.
    from vapi_provider.journal.operation import Event
    from vapi_provider.lifecycle.ownership import NAMED

    _operation().publish(Event(NAMED, id_.lower(), declaration))


@cache
def _operation() -> Operation:
    from vapi_provider.journal.operation import Operation, operation_at

    return Operation(operation_at(_engine()))


@cache
def _engine() -> str:
    """Return the address of the engine that started this program; empty if no engine did."""
    words = sys.orig_argv
    return next(
        (address for word, address in zip(words, words[1:], strict=False) if word == "--engine"), ""
    )
