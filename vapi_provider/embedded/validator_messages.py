"""Translation of pydantic's errors to the messages of the API's own validator."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic_core import ErrorDetails

from vapi_provider.catalogue import declarations
from vapi_provider.models.constants import DISCRIMINATED_BY
from vapi_provider.models.fields import Schema
from vapi_provider.shared.json_values import whole_as_int

_NUMBER = "must be a number conforming to the specified constraints"
_E164 = (
    "must be a valid phone number in the E.164 format. "
    "Hot tip, you may be missing the country code (Eg. US: +1)."
)
_URL = "must be a valid URL. Hot tip, the protocol should be https://, but found {found}"

# The texts after the property's name, by pydantic's error type. They were observed, or are the
# defaults of the API's validation library; that of a SIP URI is our assumption.
_SENTENCES: Mapping[str, str] = {
    "string_type": "must be a string",
    "string_unicode": "must be a string",
    "text_or_custom_message": "must be a string",
    "bool_type": "must be a boolean value",
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "list_type": "must be an array",
    "dict_type": "must be an object",
    "string_too_short": "must be longer than or equal to {min_length} characters",
    "string_too_long": "must be shorter than or equal to {max_length} characters",
    "too_long": "must contain no more than {max_length} elements",
    "greater_than_equal": "must not be less than {ge}",
    "less_than_equal": "must not be greater than {le}",
    "literal_error": "must be one of the following values: {values}",
    declarations.NOT_A_UUID.code: "must be a UUID",
    declarations.NOT_HTTPS.code: _URL,
    declarations.NOT_E164.code: _E164,
    declarations.NOT_ALPHANUMERIC.code: r"must match ^\+?[a-zA-Z0-9]+$ regular expression",
    declarations.NOT_A_SIP_URI.code: "must be a valid SIP URI",
}
# A rule over several properties: the sentence does not begin with a name.
_NO_CREDENTIALS = "twilioAuthToken, or twilioApiKey and twilioApiSecret, must be provided"
# The text about a missing property, by its JSON type.
_MISSING = {"text": _SENTENCES["string_type"], "number": _NUMBER}
_OBJECT_ERRORS = ("model_type", "model_attributes_type")
_ONE_OF = "must be one of "


def describe_error(error: ErrorDetails, schema: Schema) -> list[str]:
    """Return the API's messages about one error that the schema's model found in a wire body."""
    kind = error["type"]
    path = [str(part) for part in error["loc"] if not _is_tag(part)]
    if kind == declarations.NO_TWILIO_CREDENTIALS.code:
        return [_NO_CREDENTIALS]
    if kind == "extra_forbidden":
        return [_with_path(path, "property {name} should not exist")]
    is_tag_error = kind.startswith(DISCRIMINATED_BY)
    if kind in _OBJECT_ERRORS or (is_tag_error and not isinstance(error["input"], dict)):
        return [
            _with_path(path, "{name} must be an object"),
            _with_path(path, "nested property {name} must be either object or array"),
        ]
    if is_tag_error:
        key, allowed = kind.removeprefix(DISCRIMINATED_BY), error["msg"].removeprefix(_ONE_OF)
        values = f"{{name}} must be one of the following values: {allowed}"
        return [_with_path([*path, key], values)]
    if kind == "missing":
        return [_with_path(path, f"{{name}} {_requirement(schema, error['loc'])}")]
    sentence = _SENTENCES.get(kind, "is invalid")
    filled = _fill_in(sentence, error.get("ctx", {}))
    ends_with_index = isinstance((None, *error["loc"])[-1], int)
    return [_with_path(path, f"{{name}} {filled}", in_list=ends_with_index)]


def _with_path(path: Sequence[str], sentence: str, in_list: bool = False) -> str:
    """Return the sentence with the property's name and path: ``server.property x …``."""
    if in_list and len(path) > 1:
        *parents, name, _index = path
        name = f"each value in {name}"
    else:
        *parents, name = path or ["body"]
    return ".".join([*parents, sentence.replace("{name}", name, 1)])


def _fill_in(sentence: str, context: Mapping[str, Any]) -> str:
    values = {key: str(whole_as_int(value)) for key, value in context.items()}
    values["values"] = ", ".join(re.findall(r"'([^']*)'", str(context.get("expected", ""))))
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], ""), sentence)


def _is_tag(part: int | str) -> bool:
    return isinstance(part, str) and part.startswith("<") and part.endswith(">")


def _requirement(root: Schema, loc: Sequence[int | str]) -> str:
    """Return the text about what the missing property at `loc`, below `root`, must be."""
    schemas = [root]
    *above, name = loc
    for step in above:
        if _is_tag(step):
            tag = str(step)[1:-1]
            schemas = [item for item in schemas if tag in (item.name, *item.literals.values())]
        elif isinstance(step, str):
            schemas = [
                inner for item in schemas for inner in item.fields_by_wire_name[step].schemas
            ]
    spec = schemas[0].fields_by_wire_name[str(name)]
    annotation = schemas[0].model.model_fields[spec.name].annotation
    if get_origin(annotation) is Literal:
        return f"must be one of the following values: {', '.join(get_args(annotation))}"
    if any(type_.startswith("list of ") for type_ in spec.types):
        return _SENTENCES["list_type"]
    return next((_MISSING[type_] for type_ in _MISSING if type_ in spec.types), "must be an object")
