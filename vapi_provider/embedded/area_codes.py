"""Which numbers exist to be bought: a made-up stock that is the same on every machine.

Pure: an area code and how many were sold before give the digits. Knows nothing of storage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

STOCK_PER_AREA_CODE = 10_000

_AREA_CODE = re.compile(r"[2-9](?!11)[0-9]{2}")
# 701, 279 and 406 are what the API was seen to suggest; the others stand in when those run out.
_SUGGESTIONS = ("701", "279", "406", "531", "667", "872")


def exists(area_code: str) -> bool:
    """Whether the text can be an area code of the North American plan (our assumption)."""
    return _AREA_CODE.fullmatch(area_code) is not None


def digits(area_code: str, position: int) -> str:
    """The number at `position` in an area code's stock, counted from 0, in E.164.

    All lie in the 555 exchange. The first hundred are 555-0100 to 555-0199, the range reserved
    for fiction; later ones use the other blocks of 555, and after ten thousand it begins again.
    """
    block, line = divmod(position % STOCK_PER_AREA_CODE, 100)
    return f"+1{area_code}555{(block + 1) % 100:02d}{line:02d}"


def stock_from(area_code: str, sold: int) -> Iterator[str]:
    """The whole stock once, beginning behind what was sold.

    A released number is not the next one sold: otherwise a client that loses a number and buys
    another would look as if nothing had happened.
    """
    for position in range(sold, sold + STOCK_PER_AREA_CODE):
        yield digits(area_code, position)


def not_available(unstocked: frozenset[str]) -> str:
    """The API's words (observed) for an area code without stock, with three that have some."""
    hints = [code for code in _SUGGESTIONS if code not in unstocked][:3]
    hint = f" Hint: Try one of {', '.join(hints)}." if hints else ""
    return f"This area code is currently not available.{hint}"
