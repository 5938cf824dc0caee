"""Validation of phone numbers by the `phonenumbers` library.

The library is imported lazily for the first number, because many stacks declare SIP URIs only and
each run starts two processes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from vapi_provider.shared.search_path import library

_ALPHANUMERIC = re.compile(r"\+?[a-zA-Z0-9]+")


def is_alphanumeric(number: str) -> bool:
    """Return whether a number is letters and digits after an optional ``+``, as BYO allows."""
    return _ALPHANUMERIC.fullmatch(number) is not None


@lru_cache(maxsize=4096)
def is_assigned(number: str) -> bool:
    """Return whether an E.164 number is in a range that is known to be assigned."""
    phonenumbers = _library()

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=4096)
def e164_problem(number: str) -> str | None:
    """Return why a number is not exactly E.164 or not possible; None for a valid one.

    The number need only be *possible* in the library's sense, because the API's own samples are not
    *valid*.
    """
    if not number.startswith("+"):
        return "it must begin with + and the country code"
    phonenumbers = _library()

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "this is not a phone number"
    if not phonenumbers.is_possible_number(parsed):
        return "this has too few or too many digits"
    if phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != number:
        return "it must be + and digits, nothing else"
    return None


def _library() -> Any:
    # A `phonenumbers.py` of the project may shadow the library.
    return library("phonenumbers")
