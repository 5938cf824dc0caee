"""Code that a state brings with it, refused unless people have allowed it.

The engine hands a state's `__provider` to Pulumi's SDK, which unpickles it, and installs a plugin
from the URL that a state names: whoever can write the state runs code where the key is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from vapi_provider.deployment.exported import SECRET_VALUE, SIGNATURE, decrypted
from vapi_provider.deployment.provider_pickle import is_ours
from vapi_provider.errors import ConfigurationError
from vapi_provider.models.fields import as_list, as_object
from vapi_provider.shared.text import replace_unprintable

SETTING = "VAPI_ALLOW_PROVIDERS"
"""The environment variable that allows foreign providers: whole URNs or types, by commas."""

_PICKLED, _PLUGIN_URL = "__provider", "pluginDownloadURL"
_PLUGIN = "pulumi:providers:"
_NAMED = 3
"""How many resources a refusal names."""


@dataclass(frozen=True)
class ForeignCode:
    """A resource whose recorded provider is not ours, and why."""

    urn: str
    type: str
    reason: str


def refuse_foreign_code(deployment: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Raise ConfigurationError where a state brings code that `environment` does not allow.

    Call it after an export and before the engine runs a program or a provider. An encrypted
    `__provider` counts as foreign: export with the secrets shown where `has_encrypted` says so.
    """
    allowed = allowed_providers(environment)
    found = [one for one in foreign_code(deployment) if not {one.urn, one.type} & allowed]
    if not found:
        return
    first = found[0]
    others = ", ".join(_printable(one.urn) for one in found[1:_NAMED])
    left = len(found) - _NAMED
    more = f" (so do {others}{f' and {left} more' if left > 0 else ''})" if others else ""
    raise ConfigurationError(
        f"the state of {_printable(first.urn)} brings code that is not this package's: "
        f"{first.reason}{more}. If it is meant, set {SETTING}=<its URN or its type, "
        f"{_printable(first.type)}>"
    )


def allowed_providers(environment: Mapping[str, str]) -> frozenset[str]:
    """Return what `VAPI_ALLOW_PROVIDERS` allows. Raises ConfigurationError for a pattern."""
    entries = (entry.strip() for entry in environment.get(SETTING, "").split(","))
    allowed = frozenset(entry for entry in entries if entry)
    for entry in sorted(allowed):
        is_urn = entry.startswith("urn:pulumi:") and entry.count("::") >= 3
        parts = entry.split(":")
        is_type = len(parts) == 3 and all(parts) and parts[0] != "urn" and not {*"* "} & {*entry}
        if not is_urn and not is_type:
            raise ConfigurationError(
                f"{SETTING} has {_printable(entry)}: an entry is a whole URN or a whole type "
                "(package:module:Name), no pattern"
            )
    return allowed


def foreign_code(deployment: Mapping[str, Any]) -> list[ForeignCode]:
    """List the resources of a state, and of its pending operations, that bring code with them."""
    found: dict[ForeignCode, None] = {}
    for owner, key, value in _code_in(deployment):
        urn, type_ = owner.get("urn"), owner.get("type")
        if key == _PLUGIN_URL and not str(type_ or _PLUGIN).startswith(_PLUGIN):
            continue  # A field of some resource that only has this name.
        reason = _reason(key, value)
        if reason:
            found[ForeignCode(_text(urn, "a resource without URN"), _text(type_, "?"), reason)] = (
                None
            )
    return list(found)


def has_encrypted(deployment: Mapping[str, Any]) -> bool:
    """Tell whether a `__provider` is encrypted, so that only an export with secrets can show it."""
    return any(
        key == _PICKLED and "ciphertext" in as_object(value)
        for _, key, value in _code_in(deployment)
    )


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object of a state file, as json's `object_pairs_hook`.

    Raises ConfigurationError for a key that comes twice: Pulumi merges the two, Python takes one,
    so that a check would see another state than the engine.
    """
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ConfigurationError("the state names a key twice in one object: it was edited by hand")
    return made


def _reason(key: str, value: Any) -> str | None:
    if key == _PLUGIN_URL:
        # A value that is no text, or is encrypted, is no URL that anybody could judge.
        return f"a plugin from {_printable(str(value))}" if value else None
    if value is None or isinstance(value, list | int | float):
        return None  # Nothing that can be unpickled; `propertyDependencies` has a list there.
    wire = as_object(value)
    if "ciphertext" in wire:
        return f"its {_PICKLED} is encrypted"
    if wire.get(SIGNATURE) == SECRET_VALUE and len(wire) == 2:
        value = decrypted(value)
    if isinstance(value, str) and _is_ours(value):
        return None
    return f"its {_PICKLED} is another pickle"


# A fleet has one and the same for all its numbers.
_is_ours = cache(is_ours)


def _code_in(deployment: Any) -> Iterator[tuple[Mapping[str, Any], str, Any]]:
    """Yield each value that may be code, anywhere in a state, with the resource around it.

    Wherever it is: Go reads the names of a state's own fields in any letter case.
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
    shown = replace_unprintable(text[:500], "?")
    return shown if len(text) <= 500 else f"{shown}…"
