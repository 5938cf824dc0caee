"""Phone numbers as people write them, judged by the `phonenumbers` library.

It is loaded with the first number: many stacks declare SIP URIs alone, and each run of the engine
starts two processes.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pydantic_core import PydanticCustomError

_ALPHANUMERIC = re.compile(r"\+?[a-zA-Z0-9]+")


def checked_number(number: str, e164_check_enabled: bool) -> str:
    """Returns `number`, or refuses it.

    With the check on: E.164 exactly (``+``, country code, digits), a number that can exist
    (observed answer; "can exist" is the library's *possible*, the API's own samples are no more).
    Off: letters and digits after an optional ``+`` (API schema's description).
    """
    if e164_check_enabled:
        problem = _e164_problem(number)
        if problem:
            raise PydanticCustomError("e164", "{problem}", {"problem": problem})
    elif not _ALPHANUMERIC.fullmatch(number):
        raise PydanticCustomError(
            "alphanumeric", "must be letters and digits only, after an optional +"
        )
    return number


@lru_cache(maxsize=4096)
def is_assigned(number: str) -> bool:
    """Whether an E.164 number lies in a range that is known to be in use."""
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=4096)
def _e164_problem(number: str) -> str | None:
    if not number.startswith("+"):
        return "must be E.164: a + and the country code first, such as +14155550123"
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "must be E.164, such as +14155550123: this is not a phone number"
    if not phonenumbers.is_possible_number(parsed):
        return "must be E.164, such as +14155550123: this has too few or too many digits"
    if phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != number:
        return "must be E.164 exactly: a + and digits, nothing else, such as +14155550123"
    return None
