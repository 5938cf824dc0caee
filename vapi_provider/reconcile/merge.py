"""Three-way merge of the nested objects and lists that a PATCH replaces as a whole.

Values that the change does not touch keep the account's value, even in fields that no model knows.
Recorded and declared values are in snake_case; the account's values and the result are in the API's
spelling.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.fields import FieldSpec, Schema, as_list, as_object, item_of
from vapi_provider.models.masks import fits_mask, is_masked
from vapi_provider.models.number_spelling import spec_within
from vapi_provider.models.record import convert_value
from vapi_provider.reconcile.equality import equal, equivalent
from vapi_provider.reconcile.pairing import match_items
from vapi_provider.reconcile.placeholders import contains_masked_secret
from vapi_provider.reconcile.removed_headers import are_removed
from vapi_provider.shared.json_values import leaves

UNKNOWN = object()
"""Marker of an unknown recorded value: every declared value then counts as a change."""

_MASK = re.compile(r"\*{3}|[•●]{2}|^\W*(redacted|hidden|masked)\W*$", re.IGNORECASE)

SECRET_IS_SET = "isServerUrlSecretSet"  # noqa: S105 - a key of the API, no secret
"""Key in responses in place of a server's hidden secret; requests must not have it."""

_SECRETS_MASK = re.compile(r"\.{3}|…|x{4}", re.IGNORECASE)
"""Masks in secrets only: in other texts these characters have another meaning."""


@dataclass
class Merge:
    """Three-way merge for one PATCH, with its result.

    Attributes:
        wire: The fields to send.
        kept: Paths that keep the account's value although it differs from the recorded one.
        lost: Paths whose values are lost, because the account masks or refuses them.
        refused: Keys that the API returns but does not accept.
        carried: Keys of the account's values that no model knows.
        echoes: Returns whether the API echoes the headers of a field; it may list the account.
    """

    wire: dict[str, Any] = field(default_factory=dict[str, Any])
    kept: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])
    refused: frozenset[str] = frozenset()
    carried: set[str] = field(default_factory=set[str])
    echoes: Callable[[str], bool] = field(default=lambda _: False, repr=False)

    def value(
        self, spec: FieldSpec, path: str, base: Any, ours: Any, sent: Any, theirs: Any
    ) -> Any:
        """Return one merged field, None for absent; `sent` is `ours` in the API's spelling."""
        if base is not UNKNOWN and are_removed(spec, base, theirs, self.echoes):
            theirs = {}  # Removed outside of the stack: the API echoes these headers.
        schema = spec.schema_of(convert_value(spec, theirs))
        if schema is not None and spec.schema_of(ours) is schema:
            before: Any = base if base is UNKNOWN or spec.schema_of(base) is schema else {}
            return self._object(schema, path, before, ours, as_object(sent), as_object(theirs))
        has_any_keys = not spec.schemas and isinstance(theirs, Mapping)
        if has_any_keys and (isinstance(ours, Mapping) or (ours is None and SECRET in spec.traits)):
            is_secret = SECRET in spec.traits
            mine = (base, as_object(ours), as_object(sent))
            return self._entries(path, *mine, as_object(cast(Any, theirs)), is_secret) or None
        if not _changes(spec, base, ours):
            return self._unchanged(spec, path, base, sent, theirs)
        if isinstance(ours, list) and isinstance(theirs, list) and spec.schemas:
            return self._list(spec, path, base, as_list(ours), as_list(sent), as_list(theirs))
        return sent

    def _unchanged(self, spec: FieldSpec, path: str, base: Any, sent: Any, theirs: Any) -> Any:
        if SECRET in spec.traits:
            return self._secret(path, base, sent, theirs, is_shown=theirs is not None)
        if base is not UNKNOWN and not equivalent(spec, base, convert_value(spec, theirs)):
            self.kept.append(path)
        return theirs

    def _secret(self, path: str, base: Any, sent: Any, theirs: Any, *, is_shown: bool) -> Any:
        """Return an unchanged secret; a mask is never sent in its place."""
        if not is_shown:
            return sent
        if _is_mask(theirs, base):
            if sent is None:
                self.lost.append(path)
            return sent
        if base is not UNKNOWN and not contains_masked_secret(base) and not equal(base, theirs):
            self.kept.append(path)
        return theirs

    def _object(
        self,
        schema: Schema,
        path: str,
        base: Any,
        ours: Mapping[str, Any],
        sent: Mapping[str, Any],
        theirs: Mapping[str, Any],
    ) -> dict[str, Any]:
        known = schema.fields_by_wire_name
        if theirs.get(SECRET_IS_SET) is True and "secret" not in theirs:
            self.lost.append(f"{path}.secret")
        merged = {
            wire: value
            for wire, item in theirs.items()
            if wire not in known
            and wire != SECRET_IS_SET
            and (value := self._carried(f"{path}{_key(wire)}", wire, item)) is not None
        }
        for name, spec in schema.fields.items():
            before = base if base is UNKNOWN else base.get(name)
            spec = spec_within(spec, *([] if base is UNKNOWN else [base]), ours)
            values = (before, ours.get(name), sent.get(spec.wire), theirs.get(spec.wire))
            value = self.value(spec, f"{path}.{name}", *values)
            if value is not None:
                merged[spec.wire] = value
        return merged

    def _entries(
        self,
        path: str,
        base: Any,
        ours: Mapping[str, Any],
        sent: Mapping[str, Any],
        theirs: Mapping[str, Any],
        is_secret: bool,
    ) -> dict[str, Any]:
        """Merge an object of arbitrary keys, such as headers, entry by entry."""
        merged: dict[str, Any] = {}
        for name in dict.fromkeys((*theirs, *ours)):
            where = f"{path}{_key(name)}"
            before = base if base is UNKNOWN else as_object(base).get(name)
            mine, account = ours.get(name), theirs.get(name)
            if isinstance(mine, Mapping) and isinstance(account, Mapping):
                below = as_object(cast(Any, account))
                inner = (as_object(cast(Any, mine)), as_object(sent.get(name)), below)
                value: Any = self._entries(where, before, *inner, is_secret)
            elif mine is not None if before is UNKNOWN else not equal(before, mine):
                value = sent.get(name)
            elif is_secret:
                value = self._secret(where, before, sent.get(name), account, is_shown=True)
            else:
                if before is not UNKNOWN and not equal(before, account):
                    self.kept.append(where)
                value = account
            if value is not None:
                merged[name] = value
        return merged

    def _list(
        self,
        spec: FieldSpec,
        path: str,
        base: Any,
        ours: list[Any],
        sent: list[Any],
        theirs: list[Any],
    ) -> list[Any]:
        """Merge a list of objects, each with the account's object that it matches."""
        item = item_of(spec)
        known = [convert_value(item, value) for value in theirs]
        before = known if base is UNKNOWN else as_list(base)
        origins = match_items(item, before, ours)
        places = {old: new for new, old in match_items(item, before, known).items()}
        added = [index for index in range(len(known)) if index not in places.values()]
        merged: list[Any] = []
        for index, mine in enumerate(ours):
            item_path, old = f"{path}[{index}]", origins.get(index)
            if old is None:
                twin = next((new for new in added if equivalent(item, known[new], mine)), None)
                if twin is not None:
                    added.remove(twin)
                merged.append(sent[index] if twin is None else theirs[twin])
            elif old in places:
                item_base = UNKNOWN if base is UNKNOWN else before[old]
                values = item_base, mine, sent[index], theirs[places[old]]
                merged.append(self.value(item, item_path, *values))
            elif equivalent(item, before[old], mine):
                self.kept.append(item_path)  # Removed outside of the stack and unchanged here.
            else:
                merged.append(sent[index])
        if base is not UNKNOWN:
            self.kept += [f"{path}[{len(merged) + index}]" for index in range(len(added))]
            merged += [theirs[index] for index in added]
        return merged

    def _carried(self, path: str, key: str, value: Any) -> Any:
        """Return a value of an unknown field; None where it cannot be sent back."""
        is_object = isinstance(value, Mapping)
        if key in self.refused or (not is_object and _shows_mask(value)):
            self.lost.append(path)
            return None
        self.carried.add(key)
        if isinstance(value, Mapping):
            below = {
                name: self._carried(f"{path}{_key(name)}", name, item)
                for name, item in as_object(cast(Any, value)).items()
                if item is not None
            }
            return {name: item for name, item in below.items() if item is not None}
        return value


def _shows_mask(value: Any) -> bool:
    """Return whether a text, or any text in a value, is masked."""
    return any(isinstance(leaf, str) and _MASK.search(leaf) for leaf in leaves(value))


def _changes(spec: FieldSpec, base: Any, ours: Any) -> bool:
    return ours is not None if base is UNKNOWN else not equivalent(spec, base, ours)


def _is_mask(shown: Any, base: Any) -> bool:
    """Return whether the account shows a mask in place of a secret."""
    if not isinstance(shown, str) or equal(base, shown):
        return False
    if _MASK.search(shown) or _SECRETS_MASK.search(shown):
        return True
    is_known = isinstance(base, str) and not contains_masked_secret(base)
    return is_known and is_masked(shown) and fits_mask(base, shown)


def _key(name: str) -> str:
    return f".{name}" if name.isidentifier() else f"[{json.dumps(name)}]"
