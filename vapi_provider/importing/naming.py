"""Names for what is imported: readable, unique, valid, and the same ones each time. Pure."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable

from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.shared.addresses import bare

LONGEST = 32
"""Of a resource's name, so that its lines in the module stay short."""

_OURS = {"pulumi", "vapi", "reached", "declare"}
"""What the written module calls by these names."""


def resource_names(
    records: Iterable[PhoneNumberRecord], taken: Collection[str] = ()
) -> dict[str, str]:
    """A name for each record, by its id: from its label, else its number or SIP URI.

    The oldest comes first, so that of several alike it has the plain name. `taken` are names that
    a program or a state has already.
    """
    used, names = set(taken), dict[str, str]()
    counts: dict[str, int] = {}
    for record in sorted(records, key=lambda one: (one.created_at, one.id)):
        base = _base(record)
        name = base = f"{base}-line" if _is_reserved(variable(base)) else base
        # Where many have one label, the numbers that are taken are not tried again for each.
        count = counts.get(base, 1)
        while name in used:
            count += 1
            name = f"{base}-{count}"
        counts[base] = count
        used.add(name)
        names[record.id] = name
    return names


def variable(name: str) -> str:
    """The Python name for a resource's name: different ones stay different."""
    return name.replace("-", "_")


def slug(text: str) -> str:
    """Letters, digits and single hyphens, a letter first; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if words and not words[0].isalpha():
        words = f"line-{words}"
    return words[:LONGEST].rstrip("-")


def _base(record: PhoneNumberRecord) -> str:
    # An automatic name is <project>/<stack>/<resource>.
    label = (record.name or "").rpartition("/")[2]
    uri = bare(str(record.fields.get("sip_uri") or ""))
    user = uri.partition(":")[2].partition("@")[0]
    return slug(label) or slug(record.number or "") or slug(user) or slug(f"line {record.id[:8]}")


def _is_reserved(name: str) -> bool:
    # A lone l looks like a 1: linters refuse it.
    return keyword.iskeyword(name) or name in _OURS or name == "l" or hasattr(builtins, name)
