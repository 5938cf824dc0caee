"""Every value at any depth of valid declarations, to put another in its place."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from tests.support.builders import FULL, MINIMAL, UUID


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value below `value`."""
    for step, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, step)
        if isinstance(item, dict | list):
            yield from places(item, (*path, step))


def with_value(fields: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return a copy of `fields` with `value` at `path`."""
    changed = copy.deepcopy(fields)
    inside: Any = changed
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return changed


VALID = [("vapi", FULL), *MINIMAL.items(), (
    "twilio", {"number": "+14155552671", "twilio_account_sid": "AC1", "twilio_api_key": "k",
               "twilio_api_secret": "s"}), (
    "byo-phone-number", {"credential_id": UUID, "number": "ext12",
                         "number_e164_check_enabled": False})]  # fmt: skip
EVERYWHERE = [(kind, fields, path) for kind, fields in VALID for path in places(fields)]
