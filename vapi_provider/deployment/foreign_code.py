"""Refusal of foreign code in a state, unless the user allows it.

The engine passes a state's `__provider` to Pulumi's SDK, which unpickles it, and installs a plugin
from the URL that a state names. Without this check, anyone who can write the state could run code
on the machine that holds the API key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from vapi_provider.catalogue import deployment as messages
from vapi_provider.deployment.exported import SECRET_VALUE, SIGNATURE, plaintext_of
from vapi_provider.deployment.provider_pickle import is_ours
from vapi_provider.errors import ConfigurationError
from vapi_provider.models.fields import as_list, as_object
from vapi_provider.shared.text import escape_unprintable

SETTING = "VAPI_ALLOW_PROVIDERS"
"""Environment variable that allows foreign providers: whole URNs or types, separated by commas."""

_PICKLED, _PLUGIN_URL = "__provider", "pluginDownloadURL"
_PLUGIN = "pulumi:providers:"
_NAMED = 3
"""Maximum number of resources that a refusal names."""


@dataclass(frozen=True)
class ForeignCode:
    """A resource with a foreign recorded provider, and the reason for the refusal."""

    urn: str
    type: str
    reason: str


def refuse_foreign_code(deployment: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Raise ConfigurationError where a state contains code that `environment` does not allow.

    Call it after an export and before the engine runs a program or a provider. An encrypted
    `__provider` counts as foreign: where `has_encrypted` is True, export the state with secrets
    shown.
    """
    allowed = allowed_providers(environment)
    found = [code for code in foreign_code(deployment) if not {code.urn, code.type} & allowed]
    if not found:
        return
    first = found[0]
    others = ", ".join(_printable(code.urn) for code in found[1:_NAMED])
    left = len(found) - _NAMED
    more = f" (so do {others}{f' and {left} more' if left > 0 else ''})" if others else ""
    raise ConfigurationError(
        messages.FOREIGN_CODE(
            urn=_printable(first.urn),
            reason=first.reason,
            more=more,
            setting=SETTING,
            type=_printable(first.type),
        )
    )


def allowed_providers(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the entries of `VAPI_ALLOW_PROVIDERS`; raise ConfigurationError for a pattern."""
    entries = (entry.strip() for entry in environment.get(SETTING, "").split(","))
    allowed = frozenset(entry for entry in entries if entry)
    for entry in sorted(allowed):
        is_urn = entry.startswith("urn:pulumi:") and entry.count("::") >= 3
        parts = entry.split(":")
        is_type = len(parts) == 3 and all(parts) and parts[0] != "urn" and not {*"* "} & {*entry}
        if not is_urn and not is_type:
            raise ConfigurationError(
                messages.ALLOWED_BY_PATTERN(setting=SETTING, entry=_printable(entry))
            )
    return allowed


def foreign_code(deployment: Mapping[str, Any]) -> list[ForeignCode]:
    """Return the foreign code of a state's resources and pending operations."""
    found: dict[ForeignCode, None] = {}
    for owner, key, value in _code_in(deployment):
        urn, type_ = owner.get("urn"), owner.get("type")
        if key == _PLUGIN_URL and not str(type_ or _PLUGIN).startswith(_PLUGIN):
            continue  # An ordinary resource may have a field of this name.
        reason = _reason(key, value)
        if reason:
            found[ForeignCode(_text(urn, "a resource without URN"), _text(type_, "?"), reason)] = (
                None
            )
    return list(found)


def has_encrypted(deployment: Mapping[str, Any]) -> bool:
    """Return whether a `__provider` is encrypted, so that only an export with secrets shows it."""
    return any(
        key == _PICKLED and "ciphertext" in as_object(value)
        for _, key, value in _code_in(deployment)
    )


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of a state file, as json's `object_pairs_hook`.

    Raises ConfigurationError for a duplicate key: Pulumi merges the two values and Python keeps the
    last one, so the check would see another state than the engine.
    """
    properties = dict(pairs)
    if len(properties) != len(pairs):
        raise ConfigurationError(messages.STATE_KEY_TWICE())
    return properties


def _reason(key: str, value: Any) -> str | None:
    if key == _PLUGIN_URL:
        # A URL that is encrypted or not a string cannot be judged, so it counts as foreign.
        return f"a plugin from {_printable(str(value))}" if value else None
    if value is None or isinstance(value, list | int | float):
        return None  # These types cannot be unpickled; `propertyDependencies` has a list here.
    wire = as_object(value)
    if "ciphertext" in wire:
        return f"its {_PICKLED} is encrypted"
    if wire.get(SIGNATURE) == SECRET_VALUE and len(wire) == 2:
        value = plaintext_of(value)
    if isinstance(value, str) and _is_ours(value):
        return None
    return f"its {_PICKLED} is another pickle"


# All numbers of a fleet share one pickle.
_is_ours = cache(is_ours)


def _code_in(deployment: Any) -> Iterator[tuple[Mapping[str, Any], str, Any]]:
    """Yield each value that may be code, with its key and the resource that contains it.

    Search the whole state: Go matches the state's own field names case-insensitively.
    """
    waiting: list[tuple[Mapping[str, Any], Any]] = [({}, deployment)]
    while waiting:
        owner, value = waiting.pop()
        inner = owner
        items = as_list(value)
        if isinstance(value, Mapping):
            fields = as_object(cast(Any, value))
            items = list(fields.values())
            if isinstance(fields.get("urn"), str):
                inner = fields
            for key in (_PICKLED, _PLUGIN_URL):
                if key in fields:
                    yield owner, key, fields[key]
        waiting.extend((inner, item) for item in items if type(item) in (dict, list))


def _text(value: Any, otherwise: str) -> str:
    return value if isinstance(value, str) and value else otherwise


def _printable(text: str) -> str:
    shown = escape_unprintable(text[:500])
    return shown if len(text) <= 500 else f"{shown}…"
