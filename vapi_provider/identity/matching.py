"""Is this the record that this body made? Pure.

A POST has no key of its own, so a record is known by what was sent for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vapi_provider.equality import same, without_secrets
from vapi_provider.models.phone_number import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.plan import AREA_CODE, area_code_of


def matches(kind: Kind, fields: Mapping[str, Any], record: PhoneNumberRecord) -> bool:
    """Whether `record` may be what a POST of `fields` made.

    Every declared field must mean the same, and none may be there that was not sent. Secrets are
    left out: they need not be echoed. The area code is judged by the digits, once they are known.
    """
    if record.provider != kind.provider:
        return False
    code = area_code_of(record.number)
    if AREA_CODE in fields and code is not None and code != fields[AREA_CODE]:
        return False
    return all(
        same(
            shape,
            without_secrets(shape, fields.get(name)),
            without_secrets(shape, record.fields.get(name)),
        )
        for name, shape in kind.fields.items()
        if name not in kind.create_only
    )
