"""Rules that a stack enables in `vapi:guards`; a preview rejects a number that violates one.

The rules run twice: in the program, which knows the resource options and reports all numbers at
once, and in the plugin, which sees the values of Outputs and the result of transforms. Unknown
values are never rejected.
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
"""Input that tells the plugin that the program has rejected a number; never recorded."""

TOLD = "is refused by vapi:guards, for the reasons that the program names"
"""Message of the plugin about a number that the program has rejected."""

PROTECTED = "protected"
"""Name of the rule about the resource options, which the plugin does not see."""

UNPROTECTED = "unprotected"
"""Key that stands beside the fields of a number without the option `protect`."""


_NONE = (None, "")
"""Values that name no credential: an empty id comes from an unset variable."""

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
    # Compare by `in`, because the truth value of an Output raises an error.
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
"""The rules by their names in the config; each returns the violation in the fields, or None."""


def violations(guards: Collection[str], fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield the violations of the named rules, one line each."""
    for name, rule in RULES.items():
        found = rule(fields) if name in guards else None
        if found is not None:
            yield f"{found} (rule {name} of vapi:guards)"


def guards_in(text: str | None) -> frozenset[str]:
    """Return the names listed in `vapi:guards`.

    Raises ConfigurationError where it is not a list, or names an unknown rule.
    """
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
