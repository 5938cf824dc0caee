"""Address of an embedded account, ``FILE?fault=POST:2:drop&seed=7&switch=NAME=VALUE``.

The query, with faults and switches, is for tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from vapi_provider.catalogue import embedded as catalogue
from vapi_provider.embedded.app import create_app
from vapi_provider.embedded.errors import EmbeddedAccountError
from vapi_provider.embedded.faults import parse_faults, with_faults
from vapi_provider.embedded.switches import parse_switches

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_PARTS = ("fault", "seed", "switch")


def open_app(address: str, *, region: str = "us") -> WSGIApplication:
    """Return the account at an address, with its faults and switches.

    ``fault`` and ``switch`` may be repeated; a ``&`` or ``%`` inside one is percent-encoded.

    Raises:
        EmbeddedAccountError: The address is invalid or the file cannot be used; one line.
    """
    file, _, query = address.partition("?")
    given: dict[str, list[str]] = {name: [] for name in _PARTS}
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if name not in given:
            raise EmbeddedAccountError(catalogue.EMBEDDED_QUERY(names=", ".join(_PARTS), name=name))
        given[name].append(unquote(value))
    try:
        switches = parse_switches(given["switch"])
        seed = _seed(given["seed"])
        # An invalid fault must be reported before the file is created.
        parse_faults(given["fault"])
    except ValueError as error:
        raise EmbeddedAccountError(str(error)) from None
    return with_faults(create_app(file, region=region, switches=switches), given["fault"], seed)


def _seed(texts: list[str]) -> int:
    text = texts[-1] if texts else "0"
    try:
        return int(text)
    except ValueError:
        raise ValueError(catalogue.EMBEDDED_SEED(seed=text)) from None
