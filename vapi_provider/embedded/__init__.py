"""The embedded account: a local stand-in for Vapi's phone-number API in one SQLite file.

One WSGI app serves the client in its own process and, through `server`, clients over HTTP. It uses
the models and must not import the client or Pulumi, because it stands for Vapi's server.
"""

from vapi_provider.embedded.address import open_app
from vapi_provider.embedded.app import create_app
from vapi_provider.embedded.errors import EmbeddedAccountError
from vapi_provider.embedded.faults import with_faults
from vapi_provider.embedded.switches import Switches

__all__ = ["EmbeddedAccountError", "Switches", "create_app", "open_app", "with_faults"]
