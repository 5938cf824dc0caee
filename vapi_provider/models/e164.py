"""Phone numbers as people write them, judged by the `phonenumbers` library.

It is loaded with the first number: many stacks declare SIP URIs alone, and each run of the engine
starts two processes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from vapi_provider.shared.search_path import library

_ALPHANUMERIC = re.compile(r"\+?[a-zA-Z0-9]+")


def is_alphanumeric(number: str) -> bool:
    """Whether it is letters and digits after an optional ``+``, as on a trunk of one's own."""
    return _ALPHANUMERIC.fullmatch(number) is not None


@lru_cache(maxsize=4096)
def is_assigned(number: str) -> bool:
    """Whether an E.164 number lies in a range that is known to be in use."""
    phonenumbers = _library()

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=4096)
def e164_problem(number: str) -> str | None:
    """What keeps a number from being E.164 exactly, and one that can exist; None for nothing.

    "Can exist" is the library's *possible*: the API's own samples are no more.
    """
    if not number.startswith("+"):
        return "must be E.164: a + and the country code first, such as +14155550123"
    phonenumbers = _library()

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "must be E.164, such as +14155550123: this is not a phone number"
    if not phonenumbers.is_possible_number(parsed):
        return "must be E.164, such as +14155550123: this has too few or too many digits"
    if phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != number:
        return "must be E.164 exactly: a + and digits, nothing else, such as +14155550123"
    return None


def _library() -> Any:
    # A project may have a `phonenumbers.py` of its own.
    return library("phonenumbers")
