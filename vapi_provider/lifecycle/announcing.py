"""What the program tells the plugins before the engine does: the ids that `adopt_id` names.

A resource that is not targeted, or that depends on another one, comes to a plugin after the
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

    At once where both are known; a preview releases nothing.
    """
    if pulumi.runtime.is_dry_run() or not _engine():
        return
    if isinstance(id_, str) and isinstance(declaration, str):
        _tell(id_, declaration)
        return

    def tell(known: list[Any]) -> None:
        # An output may turn out to hold nothing, or what the plugin refuses.
        if all(isinstance(one, str) for one in known):
            _tell(known[0], known[1])

    pulumi.Output.all(id_, declaration).apply(tell)


def _tell(id_: str, declaration: str) -> None:
    # Lazily: few programs adopt.
    from vapi_provider.journal.operation import Event
    from vapi_provider.lifecycle.ownership import NAMED

    _operation().tell(Event(NAMED, id_.lower(), declaration))


@cache
def _operation() -> Operation:
    from vapi_provider.journal.operation import Operation, operation_at

    return Operation(operation_at(_engine()))


@cache
def _engine() -> str:
    """Return where the engine listens that started this program; empty for any other program."""
    words = sys.orig_argv
    return next((words[at + 1] for at, word in enumerate(words[:-1]) if word == "--engine"), "")
