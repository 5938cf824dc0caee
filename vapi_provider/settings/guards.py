"""Rules that a stack enables in `vapi:guards`; a preview rejects a number that violates one.

The rules run twice: in the program, which knows the resource options and reports all numbers at
once, and in the plugin, which sees the values of Outputs and the result of transforms. Unknown
values are never rejected.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, cast

from vapi_provider.catalogue import configuration
from vapi_provider.catalogue import guards as texts
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import ConfigurationError
from vapi_provider.models.call_routing import (
    RETURNED_ERROR,
    field_before_fallback,
    lacks_ending_hook,
)
from vapi_provider.models.fields import as_object
from vapi_provider.settings.values import invalid_setting

REFUSED = "refused_by_guards"
"""Input that tells the plugin that the program has rejected a number; never recorded."""

REFUSED_BY_PROGRAM = texts.REFUSED_BY_GUARDS()
"""Message of the plugin about a number that the program has rejected."""

PROTECTED = "protected"
"""Name of the rule about the resource options, which the plugin does not see."""

UNPROTECTED = "unprotected"
"""Key that stands beside the fields of a number without the option `protect`."""


_NONE = (None, "")
"""Values that name no credential: an empty id comes from an unset variable."""


def _fallback(fields: Mapping[str, Any]) -> Message | None:
    excluding = field_before_fallback(fields)
    if excluding:
        return texts.GUARD_FALLBACK(
            reason=f"none can run beside {excluding}, and every number needs one: "
            "let a server name who answers, or leave this rule out"
        )
    if fields.get("fallback_destination") is None:
        return texts.GUARD_FALLBACK(reason="every number needs one")
    return None


def _ending_hook(fields: Mapping[str, Any]) -> Message | None:
    if not lacks_ending_hook(fields):
        return None
    endings = "all endings" if field_before_fallback(fields) else f"{RETURNED_ERROR} or all endings"
    return texts.GUARD_ENDING_HOOK(endings=endings)


def _sip_authentication(fields: Mapping[str, Any]) -> Message | None:
    is_open = fields.get("sip_uri") is not None and fields.get("authentication") is None
    return texts.GUARD_SIP_AUTHENTICATION() if is_open else None


def _server_credential(fields: Mapping[str, Any]) -> Message | None:
    server = as_object(fields.get("server"))
    if not server or server.get("credential_id") not in _NONE:
        return None
    # Compare by `in`, because the truth value of an Output raises an error.
    return texts.GUARD_SERVER_CREDENTIAL() if server.get("headers") in (None, {}) else None


def _protected(fields: Mapping[str, Any]) -> Message | None:
    return texts.GUARD_PROTECTED() if fields.get(UNPROTECTED) else None


RULES: Mapping[str, Callable[[Mapping[str, Any]], Message | None]] = {
    "fallback": _fallback,
    "ending-hook": _ending_hook,
    PROTECTED: _protected,
    "sip-authentication": _sip_authentication,
    "server-credential": _server_credential,
}
"""The rules by their names in the config; each returns the violation in the fields, or None."""


def violations(guards: Collection[str], fields: Mapping[str, Any]) -> Iterator[Message]:
    """Yield the violations of the named rules, one line each."""
    for name, rule in RULES.items():
        violation = rule(fields) if name in guards else None
        if violation is not None:
            yield violation


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
        raise invalid_setting("guards", text, "a list of rules, such as [fallback, protected]")
    names = cast(list[Any], found)
    for name in names:
        if not isinstance(name, str) or name not in RULES:
            raise ConfigurationError(configuration.UNKNOWN_GUARD(name=name, rules=", ".join(RULES)))
    return frozenset(names)
