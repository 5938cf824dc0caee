"""Validation of declared fields by the pydantic models, with errors in plain words.

The functions import pydantic lazily: the models are expensive to load, and a run without changes
does not need them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pulumi.output import Unknown

from vapi_provider.catalogue import declarations
from vapi_provider.catalogue.message import Message, Template
from vapi_provider.models.accidental_values import problems_of_values
from vapi_provider.models.constants import DISCRIMINATED_BY
from vapi_provider.models.fields import Schema, correction
from vapi_provider.models.ids import is_id
from vapi_provider.reconcile.properties import Desired

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_NOT_FIELDS = ("declaration", "adopt_id")

_OBJECT = "an object"

_TYPES = {
    "string_type": "text",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "text_or_custom_message": "text or a custom message",
}
"""The expected type, by pydantic's error type."""

_TEMPLATES: Mapping[str, Template] = {
    "missing": declarations.REQUIRED,
    "finite_number": declarations.NOT_FINITE,
    "string_too_short": declarations.TOO_SHORT,
    "string_too_long": declarations.TOO_LONG,
    "too_long": declarations.TOO_MANY_ITEMS,
    "greater_than_equal": declarations.TOO_SMALL,
    "less_than_equal": declarations.TOO_LARGE,
    "literal_error": declarations.NOT_ALLOWED,
}
"""The rule, by pydantic's error type; its fields are the keys of the error's context."""


def problems(
    desired: Desired,
    properties: Mapping[str, Any],
    *,
    exists: bool,
    before: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return all problems of declared properties as ``<path>: <reason>``, without values.

    Unknown values are never a problem. `exists` skips the rules that apply to a create only.
    `before` holds the recorded properties, whose values pass the provider's own rules; without
    it only the API's rules apply.
    """
    # Not from `pydantic`: under mocks that may be a module of the project by now.
    from pydantic_core import ValidationError

    found: list[str] = []
    adopt_id = properties.get("adopt_id", "-")
    is_valid_id = isinstance(adopt_id, str) and is_id(adopt_id) and adopt_id.split() == [adopt_id]
    if not is_valid_id and not isinstance(adopt_id, Unknown):
        found.append(declarations.NOT_A_RECORD_ID().about("adopt_id"))
    fields = {name: value for name, value in properties.items() if name not in _NOT_FIELDS}
    try:
        desired.kind.create.validate(fields, exists=exists)
    except ValidationError as refused:
        found += [
            _in_words(error, desired.kind.create, fields)
            for error in refused.errors(include_url=False)
            if not _is_unknown(error)
        ]
    if before is not None:
        invalid_paths = {line.partition(": ")[0] for line in found}
        found += [
            f"{path}: {reason}"
            for path, reason in problems_of_values(desired.kind.create, fields, before)
            if path not in invalid_paths
        ]
    return found


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
    path, schema = _locate(error["loc"], root, fields)
    kind = error["type"]
    if kind.startswith(DISCRIMINATED_BY) and isinstance(error["input"], Mapping):
        path = f"{path}.{kind.removeprefix(DISCRIMINATED_BY)}"
    return f"{path}: {_reason(error, schema)}"


def _reason(error: ErrorDetails, schema: Schema) -> Message:
    """Return the reason of an error in `schema`, with the code of the rule."""
    kind = error["type"]
    if kind == "extra_forbidden":
        return correction(schema, str(error["loc"][-1]))
    if kind.startswith(DISCRIMINATED_BY):
        if not isinstance(error["input"], Mapping):
            return declarations.WRONG_TYPE(type=_OBJECT)
        return declarations.NOT_ALLOWED(expected=error["msg"].removeprefix("must be "))
    if kind in _TYPES:
        return declarations.WRONG_TYPE(type=_TYPES[kind])
    if kind in _TEMPLATES:
        return _TEMPLATES[kind](**error.get("ctx", {}))
    # The type of an error from a rule of the models is the rule's code.
    rule = Template(kind, "{reason}") if kind.startswith("VAPI-") else declarations.INVALID_VALUE
    return rule(reason=error["msg"])


def _locate(
    location: tuple[int | str, ...], root: Schema, fields: Mapping[str, Any]
) -> tuple[str, Schema]:
    """Return the path of a location (``hooks[0].do[1].exact``), and the schema that it ends in."""
    path = ""
    schema: Schema | None = root
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
            spec = schema.fields.get(step) if schema else None
            value = cast(Mapping[str, Any], value).get(step)
        schema = spec.schema_of(value) if spec else None
        ends_in = schema or ends_in
    return path, ends_in
