"""The fields of every phone-number type of Vapi's own client, as JSON on stdout.

Run by `test_sdk_fields.py` in the client's venv: a class's name, as the API's schema has it, with
its fields' names on the wire.
"""
# pyright: reportMissingImports=false

from __future__ import annotations

import json
import sys
from typing import Any, get_args

import pydantic
import vapi.phone_numbers as requests

ROOTS = ("CreatePhoneNumbersRequest_", "UpdatePhoneNumbersRequestBody_", "GetPhoneNumbersResponse_")


def models_in(annotation: Any) -> list[type[pydantic.BaseModel]]:
    """Return the models in a field's type."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in models_in(inner)]


def fields() -> dict[str, list[str]]:
    """Return the field names of each type that the three calls use, by the type's name."""
    waiting = [getattr(requests, name) for name in dir(requests) if name.startswith(ROOTS)]
    # What a member of a union adds to a name is the union's; the API's schema comes first.
    found: dict[str, set[str]] = {}
    seen: set[type[pydantic.BaseModel]] = set()
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        model.model_rebuild()
        own = found.setdefault(model.__name__, set())
        for name, info in model.model_fields.items():
            own.add(info.alias or name)
            waiting += models_in(info.annotation)
    return {name: sorted(wires) for name, wires in sorted(found.items())}


json.dump(fields(), sys.stdout)
