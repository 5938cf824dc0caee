"""Validation of declared fields by the pydantic models, with errors in plain words.

Imported lazily for the first resource with changes: the models are expensive to load, and a run
without changes does not need them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pulumi.output import Unknown
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vapi_provider.errors import DeclarationError
from vapi_provider.models.base import DISCRIMINATED_BY, VapiModel
from vapi_provider.models.fields import Schema, correction
from vapi_provider.models.ids import is_id
from vapi_provider.models.values import problems_of_values
from vapi_provider.reconcile.properties import Desired

_NOT_FIELDS = ("declaration", "adopt_id")

_TEXTS = {
    "missing": "is required",
    "string_type": "must be text",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "must have at most {max_length} items",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than_equal": "must be {le:g} or less",
    "literal_error": "must be {expected}",
}


def problems(
    desired: Desired,
    bag: Mapping[str, Any],
    *,
    exists: bool,
    before: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return all problems of declared properties as ``<path>: <reason>``, without values.

    Unknown values are never a problem. `exists` skips the rules that apply to a create only.
    `before` holds the recorded properties, whose values pass the provider's own rules; without
    it only the API's rules apply.
    """
    found: list[str] = []
    adopt_id = bag.get("adopt_id", "-")
    is_one = isinstance(adopt_id, str) and is_id(adopt_id) and adopt_id.split() == [adopt_id]
    if not is_one and not isinstance(adopt_id, Unknown):
        found.append("adopt_id: must be the id of a phone number")
    fields = {name: value for name, value in bag.items() if name not in _NOT_FIELDS}
    try:
        desired.kind.create.model.built().model_validate(
            fields, by_name=True, by_alias=False, context={"exists": exists}
        )
    except ValidationError as refused:
        found += [
            _in_words(error, desired.kind.create, fields)
            for error in refused.errors(include_url=False)
            if not _is_unknown(error)
        ]
    if before is not None:
        told = {line.partition(": ")[0] for line in found}
        found += [
            f"{path}: {reason}"
            for path, reason in problems_of_values(desired.kind.create, fields, before)
            if path not in told
        ]
    return found


def sendable(desired: Desired) -> VapiModel:
    """Return the create model with the fields.

    Raises DeclarationError where the API no longer accepts fields that equal the recorded ones,
    which `check` does not validate.
    """
    try:
        return desired.model()
    except ValidationError:
        bag = {"provider": desired.kind.provider, **desired.fields}
        raise DeclarationError("; ".join(problems(desired, bag, exists=True))) from None


def _is_unknown(error: ErrorDetails) -> bool:
    """Return whether the error is about a value that is unknown at preview."""
    found = error["input"]
    if isinstance(found, Unknown):
        return True
    # No member of a union matches while its discriminator is unknown.
    key = error["type"].removeprefix(DISCRIMINATED_BY)
    return (
        key != error["type"] and isinstance(found, Mapping) and isinstance(found.get(key), Unknown)  # pyright: ignore[reportUnknownMemberType]
    )


def _in_words(error: ErrorDetails, root: Schema, fields: Mapping[str, Any]) -> str:
    path, model = _locate(error["loc"], root, fields)
    kind = error["type"]
    if kind == "extra_forbidden":
        reason = correction(model, str(error["loc"][-1]))
    elif not kind.startswith(DISCRIMINATED_BY):
        reason = _TEXTS.get(kind, error["msg"]).format(**error.get("ctx", {}))
    elif isinstance(error["input"], Mapping):
        path = f"{path}.{kind.removeprefix(DISCRIMINATED_BY)}"
        reason = error["msg"]
    else:
        reason = "must be an object"
    return f"{path}: {reason}"


def _locate(
    location: tuple[int | str, ...], root: Schema, fields: Mapping[str, Any]
) -> tuple[str, Schema]:
    """Return the path of a location (``hooks[0].do[1].exact``), and the schema that it ends in."""
    path = ""
    model: Schema | None = root
    ends_in = root
    spec = None
    value: Any = fields
    for step in location:
        if isinstance(step, str) and step.startswith("<"):
            continue  # A tag of a union, not a key.
        if isinstance(step, int):
            path += f"[{step}]"
            value = cast(list[Any], value)[step]
        else:
            path += f".{step}" if path else step
            spec = model.fields.get(step) if model else None
            value = cast(Mapping[str, Any], value).get(step)
        model = spec.schema_of(value) if spec else None
        ends_in = model or ends_in
    return path, ends_in
