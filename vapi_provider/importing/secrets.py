"""Keys in the stack's config for the secrets of imported records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vapi_provider.reconcile.placeholders import UNSEEN


@dataclass(frozen=True)
class Secret:
    """A value that the module reads from the stack's config.

    Attributes:
        key: The key in the config.
        value: The config's text; None where it is not known yet.
        is_object: Whether the text is JSON, because a config value is always a text.
    """

    key: str
    value: str | None = field(repr=False)
    is_object: bool = False

    @property
    def recorded(self) -> Any:
        """The value that the state holds."""
        if self.value is None:
            return UNSEEN
        return json.loads(self.value) if self.is_object else self.value


class Secrets:
    """The config secrets of one import; `known` is what the stack's config already holds."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = dict(known)
        self._new: dict[str, str | None] = {}
        self._owners: dict[str, str] = {}

    def secret(self, key: str, shown: str | None, owner: str) -> Secret:
        """Return the secret of `key`, or of a numbered key if `key` holds another value.

        Args:
            key: The preferred key.
            shown: The value that the account shows; if None, the config's value is used.
            owner: Within one owner equal keys are one secret: a phone number, a carrier's account,
                or a header's name.
        """
        count, name = 1, key
        while not self._is_free_for(name, shown, owner):
            count += 1
            name = f"{key}-{count}"
        self._owners[name] = owner
        value = shown if shown is not None else self._value(name)
        if name not in self._known and (value is not None or name not in self._new):
            self._new[name] = value
        return Secret(name, value)

    def object_secret(self, key: str, shown: Any, owner: str) -> Secret:
        """Return the secret of a value that is not a text, serialized as JSON."""
        text = json.dumps(shown, ensure_ascii=False, sort_keys=True)
        return replace(self.secret(key, text, owner), is_object=True)

    @property
    def to_set(self) -> dict[str, str]:
        """The values that the account shows and the config does not hold yet, by key."""
        return {key: value for key, value in self._new.items() if value is not None}

    @property
    def to_fill(self) -> list[str]:
        """The keys whose values the user has to set."""
        return [key for key, value in self._new.items() if value is None]

    def _value(self, key: str) -> str | None:
        return self._known.get(key, self._new.get(key))

    def _is_free_for(self, key: str, shown: str | None, owner: str) -> bool:
        if self._owners.get(key, owner) != owner:
            return False
        is_unused = key not in self._known and key not in self._new
        return shown is None or self._value(key) == shown or is_unused
