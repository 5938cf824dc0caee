"""Which config secret stands for which secret of an imported record. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vapi_provider.reconcile.equality import UNSEEN


@dataclass(frozen=True)
class Secret:
    """A value that the module reads from the stack's config; None where nobody knows it yet.

    Config holds texts: what `is_object` is there as JSON.
    """

    key: str
    value: str | None = field(repr=False)
    is_object: bool = False

    @property
    def recorded(self) -> Any:
        """What the state holds for it."""
        if self.value is None:
            return UNSEEN
        return json.loads(self.value) if self.is_object else self.value


class Secrets:
    """The config secrets of one import: `known` is what the stack's config holds already."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = dict(known)
        self._new: dict[str, str | None] = {}
        self._owners: dict[str, str] = {}

    def secret(self, key: str, shown: str | None, owner: str) -> Secret:
        """The secret of that key; another one where the key holds something else.

        `owner` is who may share it: a number, a carrier's account with its numbers, the servers
        that get one header. What the account does not show is taken from the config, where it is.
        """
        count, name = 1, key
        while not self._fits(name, shown, owner):
            count += 1
            name = f"{key}-{count}"
        self._owners[name] = owner
        value = shown if shown is not None else self._value(name)
        if name not in self._known and (value is not None or name not in self._new):
            self._new[name] = value
        return Secret(name, value)

    def object_secret(self, key: str, shown: Any, owner: str) -> Secret:
        """Return the secret of a value that is no text."""
        text = json.dumps(shown, ensure_ascii=False, sort_keys=True)
        return replace(self.secret(key, text, owner), is_object=True)

    @property
    def to_set(self) -> dict[str, str]:
        """What the account shows and the config does not hold yet."""
        return {key: value for key, value in self._new.items() if value is not None}

    @property
    def to_fill(self) -> list[str]:
        """Keys whose values only a person knows."""
        return [key for key, value in self._new.items() if value is None]

    def _value(self, key: str) -> str | None:
        return self._known.get(key, self._new.get(key))

    def _fits(self, key: str, shown: str | None, owner: str) -> bool:
        if self._owners.get(key, owner) != owner:
            return False
        holds = self._value(key)
        return shown is None or holds == shown or (key not in self._known and key not in self._new)
