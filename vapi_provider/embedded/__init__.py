"""The embedded account: a local stand-in for Vapi's phone-number API in one SQLite file.

The same WSGI app serves a client in its own process and, by `server`, one over HTTP. Knows the
models and nothing else of this package: no Pulumi, no client.
"""

from vapi_provider.embedded.address import open_app
from vapi_provider.embedded.app import create_app
from vapi_provider.embedded.errors import EmbeddedAccountError
from vapi_provider.embedded.faults import with_faults
from vapi_provider.embedded.switches import Switches

__all__ = ["EmbeddedAccountError", "Switches", "create_app", "open_app", "with_faults"]
