"""The desired area code, which the API reads only when it assigns a number to a new record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vapi_provider.models.constants import AREA_CODE
from vapi_provider.models.number_spelling import to_e164
from vapi_provider.models.record import PhoneNumberRecord

_US_NUMBER = re.compile(r"\+1(\d{3})\d{7}")


def area_code_of(number: Any) -> str | None:
    """Return the area code of a US number in E.164; None for any other or masked number."""
    match = _US_NUMBER.fullmatch(number) if isinstance(number, str) else None
    return match.group(1) if match else None


def wants_another_number(recorded: Mapping[str, Any], declared: Mapping[str, Any]) -> bool:
    """Return whether the declared area code needs another number.

    By design, a previously requested area code counts as satisfied, and removing the area code from
    the program never releases the number.
    """
    wanted = declared.get(AREA_CODE)
    if not isinstance(wanted, str):
        return False
    number = recorded.get("number")
    known = area_code_of(to_e164(number) if isinstance(number, str) else None)
    return wanted not in (recorded.get(AREA_CODE), known)


def as_purchased(declared: Mapping[str, Any], purchased: str | None) -> Mapping[str, Any]:
    """Return declared fields with the area code that an earlier run's purchase requested, if any.

    Where the declared area code has changed since, the next run replaces the record.
    """
    if declared.get(AREA_CODE, purchased) == purchased:
        return declared
    others = {name: value for name, value in declared.items() if name != AREA_CODE}
    return {**others, AREA_CODE: purchased} if purchased else others


def awaits_number(declared: Mapping[str, Any], record: PhoneNumberRecord) -> bool:
    """Return whether the API has yet to assign the record's number."""
    return record.status != "blocked" and AREA_CODE in declared and not record.number
