"""Whose record is this: names, claims, the journal of intents, and what a stack may take or forget.

A *declaration* is ``<organization>/<project>/<stack>/<Class>/<resource>``, sent by the program: the
plugin sees neither. Names are loaded when they are first asked for: the preflight of every make
target needs the journal alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vapi_provider.identity.account import Account
    from vapi_provider.identity.claims import Claims
    from vapi_provider.identity.late import LateRecords
    from vapi_provider.identity.making import Maker
    from vapi_provider.identity.names import automatic_name
    from vapi_provider.identity.writers import Writers
    from vapi_provider.journal.intents import Intent
    from vapi_provider.journal.journal import Journal

__all__ = [
    "Account",
    "Claims",
    "Intent",
    "Journal",
    "LateRecords",
    "Maker",
    "Writers",
    "automatic_name",
]

_MODULES = {
    "Account": "identity.account",
    "Claims": "identity.claims",
    "Intent": "journal.intents",
    "Journal": "journal.journal",
    "LateRecords": "identity.late",
    "Maker": "identity.making",
    "Writers": "identity.writers",
    "automatic_name": "identity.names",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"vapi_provider.{_MODULES[name]}"), name)
