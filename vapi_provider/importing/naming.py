"""Names of the imported resources: readable, unique, valid and deterministic."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable

from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.shared.addresses import bare

LONGEST = 32
"""Length limit of a resource's name, which keeps the lines of the module short."""

_OWN_NAMES = {"pulumi", "vapi", "reached", "declare"}
"""Names that the written module and the stack's file use themselves."""


def resource_names(
    records: Iterable[PhoneNumberRecord], taken: Collection[str] = ()
) -> dict[str, str]:
    """Return a name for each record's id: from its label, else from its number or SIP URI.

    Of several equal names the oldest record gets the one without a digit. `taken` are the names
    that the program or the state has already.
    """
    used, names = set(taken), dict[str, str]()
    counts: dict[str, int] = {}
    for record in sorted(records, key=lambda record: (record.created_at, record.id)):
        base = _base(record)
        name = base = f"{base}-line" if _is_reserved(variable(base)) else base
        # Continue at the last count: trying all again is quadratic where many share a label.
        count = counts.get(base, 1)
        while name in used:
            count += 1
            name = f"{base}-{count}"
        counts[base] = count
        used.add(name)
        names[record.id] = name
    return names


def variable(name: str) -> str:
    """Return the Python name for a resource's name; unequal names stay unequal."""
    return name.replace("-", "_")


def slug(text: str) -> str:
    """Reduce a text to ASCII letters, digits and single hyphens that begin with a letter.

    The result is empty if the text has no letters or digits.
    """
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
    # Linters refuse a lone l because it looks like a 1.
    return keyword.iskeyword(name) or name in _OWN_NAMES or name == "l" or hasattr(builtins, name)
