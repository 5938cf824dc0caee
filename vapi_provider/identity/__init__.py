"""Whose record is this: names, claims, the journal of intents, and what a stack may take or forget.

A *declaration* is ``<organization>/<project>/<stack>/<Class>/<resource>``, sent by the program: the
plugin sees neither. Knows no Pulumi and no HTTP.
"""

from vapi_provider.identity.account import Account
from vapi_provider.identity.claims import Claims
from vapi_provider.identity.intents import Intent
from vapi_provider.identity.journal import Journal
from vapi_provider.identity.late import LateRecords
from vapi_provider.identity.making import Maker
from vapi_provider.identity.names import automatic_name
from vapi_provider.identity.writers import Writers

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
