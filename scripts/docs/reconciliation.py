"""Writes docs/reconciliation.md: what becomes of each field, asked of the code itself.

`make docs` runs it. Nothing about a field is written here but one value to try it with; a unit
test fails while the file on disk is another than this would write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from vapi_provider.models.field_traits import SECRET  # noqa: E402
from vapi_provider.models.fields import carries  # noqa: E402
from vapi_provider.models.kinds import KINDS, Kind  # noqa: E402
from vapi_provider.reconcile.equality import settled  # noqa: E402
from vapi_provider.reconcile.plan import NoChange, Plan, Replace, plan  # noqa: E402

PAGE = ROOT / "docs" / "reconciliation.md"

_SAY = {"type": "say", "exact": "a"}
_HEADERS = {"url": "https://a.example", "headers": {"X-Token": "a"}}
_LOGIN = {"username": "user-of-20-characters", "password": "a-password-of-20-chars"}
# Two values of each field, to go from one to the other and back to none.
_VALUES: dict[str, tuple[Any, Any]] = {
    "authentication": (_LOGIN, {**_LOGIN, "realm": "a.example"}),
    "fallback_destination": (
        {"type": "number", "number": "+14155550100"},
        {"type": "sip", "sip_uri": "sip:a@b.example"},
    ),
    "hooks": ([{"on": "call.ending"}], [{"on": "call.ending", "do": _SAY}]),
    "number_desired_area_code": ("415", "212"),
    "number_e164_check_enabled": (False, True),
    "server": (_HEADERS, {"url": "https://b.example"}),
    "sms_enabled": (False, True),
}
_HEAD = """\
# What becomes of each field

Written by `make docs` from the code: change that, not this file. A row each field of a kind.

- **Changed**: what `up` does with another value: *in place* is one PATCH of this field; a nested
  one goes whole, merged with what the account has in it.
- **Removed**: what `up` does when the declaration no longer has it: *cleared* sends null.
- **Drift**: what `refresh` sees when it was changed in the account. *Without its value*: a secret
  that the API echoes is recorded as changed and never shown; one that is not echoed is taken to be
  as it was recorded.

A replacement buys the new number before it releases the old one, except where both would have the
same SIP URI: then the old one goes first. `pulumi refresh` alone reports fields under
`ignore_changes` too; `pulumi preview --refresh` does not.

| Kind | Field | Changed | Removed | Drift |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole file."""
    return _HEAD + "".join(row for kind in KINDS.values() for row in _rows(kind))


def _rows(kind: Kind) -> Iterator[str]:
    for name, shape in sorted(kind.fields.items()):
        one, other = _VALUES.get(name, ("a", "b"))
        changed = _in_words(plan(kind, {name: one}, {name: other}), name)
        removed = "required" if shape.required else _in_words(plan(kind, {name: one}, {}), name)
        drift = "seen"
        if name in kind.create_only:
            drift = "none: it is only how the number was chosen"
        elif settled({name: shape}, {name: one}, {name: other}).get(name) != other or (
            carries(shape, SECRET)
        ):
            drift = "seen, secrets without their value"
        yield f"| `{kind.provider}` | `{name}` | {changed} | {removed} | {drift} |\n"


def _in_words(step: Plan, name: str) -> str:
    if isinstance(step, NoChange):
        return "kept"
    if isinstance(step, Replace):
        return "replaced"
    if step.fields[name] is not None:
        return "in place"
    return "the automatic name" if name == "name" else "cleared"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
