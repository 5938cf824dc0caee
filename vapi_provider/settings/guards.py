"""Rules that a stack turns on (`vapi:guards`): a number that breaks one is refused at preview.

Judged twice: by the program, which alone knows the options and tells of every number at once, and
by the plugin, which sees the values that the program only holds as outputs, and what a transform
made of them. What is not known yet is never refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, cast

from vapi_provider.errors import ConfigurationError
from vapi_provider.models.answering import (
    RETURNED_ERROR,
    excludes_fallback,
    lacks_ending_hook,
)
from vapi_provider.models.fields import as_object

REFUSED = "refused_by_guards"
"""The input by which the program tells the plugin that it has refused a number. Never recorded."""

TOLD = "is refused by vapi:guards, for the reasons that the program names"
"""What the plugin says of such a number."""

PROTECTED = "protected"
"""The rule that is about the options, which the plugin does not see."""

UNPROTECTED = "unprotected"
"""Stands among the fields for a number without the option `protect`."""


_NONE = (None, "")
"""No credential: an empty id comes of a variable that is not set."""

_NO_CREDENTIAL = "server: needs credential_id or headers"


def _fallback(fields: Mapping[str, Any]) -> str | None:
    excluding = excludes_fallback(fields)
    if excluding:
        return (
            f"fallback_destination: none can run beside {excluding}, and every number needs one: "
            "let a server name who answers, or leave this rule out"
        )
    return _needs(fields, "fallback_destination", "every number needs one")


def _ending_hook(fields: Mapping[str, Any]) -> str | None:
    if not lacks_ending_hook(fields):
        return None
    endings = "all endings" if excludes_fallback(fields) else f"{RETURNED_ERROR} or all endings"
    return f"hooks: a call.ending hook is needed that acts on {endings}"


def _sip_authentication(fields: Mapping[str, Any]) -> str | None:
    if fields.get("sip_uri") is None:
        return None
    return _needs(fields, "authentication", "a SIP URI needs it")


def _server_credential(fields: Mapping[str, Any]) -> str | None:
    server = as_object(fields.get("server"))
    if not server or server.get("credential_id") not in _NONE:
        return None
    # No truth is asked of an output.
    return _NO_CREDENTIAL if server.get("headers") in (None, {}) else None


def _protected(fields: Mapping[str, Any]) -> str | None:
    return "opts: protect=True is needed" if fields.get(UNPROTECTED) else None


RULES: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    "fallback": _fallback,
    "ending-hook": _ending_hook,
    PROTECTED: _protected,
    "sip-authentication": _sip_authentication,
    "server-credential": _server_credential,
}
"""The rules by their names in config; each says what is wrong with a declaration, if it is."""


def violations(guards: Collection[str], fields: Mapping[str, Any]) -> Iterator[str]:
    """What the rules of these names refuse in a declaration, one line each."""
    for name, rule in RULES.items():
        found = rule(fields) if name in guards else None
        if found is not None:
            yield f"{found} (rule {name} of vapi:guards)"


def guards_in(text: str | None) -> frozenset[str]:
    """The names in `vapi:guards`, which is a list; raises ConfigurationError for anything else."""
    if text is None:
        return frozenset()
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise ConfigurationError(
            f"vapi:guards is {text!r}: it must be a list of rules, such as [fallback, protected]"
        )
    names = cast(list[Any], found)
    for name in names:
        if not isinstance(name, str) or name not in RULES:
            raise ConfigurationError(
                f"vapi:guards has {name!r}, which is no rule: the rules are {', '.join(RULES)}"
            )
    return frozenset(names)


def _needs(fields: Mapping[str, Any], name: str, why: str) -> str | None:
    return f"{name}: {why}" if fields.get(name) is None else None
