"""Index of the account's records by their unique texts and their creation times."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.models.number_spelling import digits_of, to_e164
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.automatic_names import name_without_parent

NEWEST = 50
"""Number of creation times to remember, because the clocks of the API's machines may differ."""


class RecordIndex:
    """Ids of records by each text that could clash, so that a create does not scan the account.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self._ids: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """Ids in order of arrival."""
        self._masked: dict[str, PhoneNumberRecord] = {}
        self._created_at: defaultdict[str, set[str]] = defaultdict(set)
        self._newest: list[str] = []

    def add(self, record: PhoneNumberRecord) -> None:
        """Add a record, or another version of it."""
        for text in _texts(record.number, record.fields):
            self._ids[text][record.id] = None
        if record.is_masked:
            self._masked[record.id] = record
        else:
            self._masked.pop(record.id, None)
        moment = record.created_at
        if moment not in self._created_at:
            insort(self._newest, moment)
            del self._newest[:-NEWEST]
        self._created_at[moment].add(record.id)

    def ids(self, declared: Mapping[str, Any], *names: str) -> list[str]:
        """Return ids of records that share a text with the declared fields, or have a name."""
        texts = [*_texts(declared.get("number"), declared), *(name.lower() for name in names)]
        return list(dict.fromkeys(id_ for text in texts for id_ in self._ids.get(text, ())))

    def masked_as(self, number: str) -> list[str]:
        """Return ids of records whose masked number may be `number`, in any notation."""
        digits = digits_of(number)
        return [
            id_
            for id_, record in self._masked.items()
            if digits.startswith(digits_of((record.number or "").partition("*")[0]))
            and digits.endswith(digits_of((record.number or "").rpartition("*")[2]))
        ]

    def watermark(self) -> AccountWatermark:
        """Return the newest records, to recognize later ones."""
        known = frozenset(id_ for moment in self._newest for id_ in self._created_at[moment])
        return AccountWatermark(self._newest[0] if self._newest else "", known)


def _texts(number: str | None, fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield a record's unique texts in lower case, and its name also without the parent."""
    for text in (number, fields.get("sip_uri"), fields.get("name")):
        if isinstance(text, str):
            yield text.lower()
    name = fields.get("name")
    if isinstance(name, str) and (short := name_without_parent(name)) != name:
        yield short.lower()
    if isinstance(number, str) and to_e164(number) != number:
        yield to_e164(number)
