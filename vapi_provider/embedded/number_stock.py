"""The stock of numbers that can be bought: invented, and the same on every machine.

The area code and the count of numbers sold before determine the next number.
"""

from __future__ import annotations

import re

STOCK_PER_AREA_CODE = 10_000

_AREA_CODE = re.compile(r"[2-9](?!11)[0-9]{2}")
# The API was observed to suggest 701, 279 and 406; the others follow when those run out.
_SUGGESTIONS = ("701", "279", "406", "531", "667", "872")


def is_valid(area_code: str) -> bool:
    """Return whether the text can be a North American area code (the rule is our assumption)."""
    return _AREA_CODE.fullmatch(area_code) is not None


def number_at(area_code: str, position: int) -> str:
    """Return the number at `position` in an area code's stock, counted from 0, in E.164.

    All lie in the 555 exchange. The first hundred are 555-0100 to 555-0199, the range reserved
    for fiction; the others use the other blocks of 555. After ten thousand they repeat.
    """
    block, line = divmod(position % STOCK_PER_AREA_CODE, 100)
    return f"+1{area_code}555{(block + 1) % 100:02d}{line:02d}"


def unavailable_message(unstocked: frozenset[str]) -> str:
    """Return the API's message (observed) about an area code without stock."""
    hints = [code for code in _SUGGESTIONS if code not in unstocked][:3]
    hint = f" Hint: Try one of {', '.join(hints)}." if hints else ""
    return f"This area code is currently not available.{hint}"
