"""From pydantic's errors to the sentences of the API's own validator.

One table: error type to text. Knows the models' field types, nothing of bodies, kinds or HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic_core import ErrorDetails

from vapi_provider.models.base import TOLD_APART_BY, VapiModel

_NUMBER = "must be a number conforming to the specified constraints"
_E164 = (
    "must be a valid phone number in the E.164 format. "
    "Hot tip, you may be missing the country code (Eg. US: +1)."
)
_URL = "must be a valid URL. Hot tip, the protocol should be https://, but found {found}"

# What follows the property's name. Observed texts where the contract has one, else the texts that
# the API's validation library gives by default; `sip_uri` is our assumption.
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
    "uuid": "must be a UUID",
    "https_url": _URL,
    "e164": _E164,
    "alphanumeric": r"must match ^\+?[a-zA-Z0-9]+$ regular expression",
    "sip_uri": "must be a valid SIP URI",
}
# Rules over several properties; the sentence stands alone.
_WHOLE: Mapping[str, str] = {
    "twilio_credentials": "twilioAuthToken, or twilioApiKey and twilioApiSecret, must be provided",
}
_OBJECT_ERRORS = ("model_type", "model_attributes_type")
_ONE_OF = "must be one of "
_TAG = re.compile(r"<.*>")


def sentences(error: ErrorDetails, model: type[VapiModel]) -> list[str]:
    """What the API says about one error that `model` found in a wire body."""
    kind = error["type"]
    path = [str(part) for part in error["loc"] if not _is_tag(part)]
    if kind in _WHOLE:
        return [_WHOLE[kind]]
    if kind == "extra_forbidden":
        return [_said(path, "property {name} should not exist")]
    tells_apart = kind.startswith(TOLD_APART_BY)
    if kind in _OBJECT_ERRORS or (tells_apart and not isinstance(error["input"], dict)):
        return [
            _said(path, "{name} must be an object"),
            _said(path, "nested property {name} must be either object or array"),
        ]
    if tells_apart:
        key, allowed = kind.removeprefix(TOLD_APART_BY), error["msg"].removeprefix(_ONE_OF)
        return [_said([*path, key], f"{{name}} must be one of the following values: {allowed}")]
    if kind == "missing":
        return [_said(path, f"{{name}} {_expected(_annotation(model, error['loc']))}")]
    sentence = _SENTENCES.get(kind, "is invalid")
    filled = _filled(sentence, error.get("ctx", {}))
    return [_said(path, f"{{name}} {filled}", in_list=_last_is_index(error))]


def _said(path: Sequence[str], sentence: str, in_list: bool = False) -> str:
    """The sentence with the path in front, the property's name inside: ``server.property x …``."""
    if in_list and len(path) > 1:
        *parents, name, _index = path
        name = f"each value in {name}"
    else:
        *parents, name = path or ["body"]
    return ".".join([*parents, sentence.replace("{name}", name, 1)])


def _filled(sentence: str, context: Mapping[str, Any]) -> str:
    values = {key: _plain(value) for key, value in context.items()}
    values["values"] = ", ".join(re.findall(r"'([^']*)'", str(context.get("expected", ""))))
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], ""), sentence)


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_tag(part: int | str) -> bool:
    return isinstance(part, str) and _TAG.fullmatch(part) is not None


def _last_is_index(error: ErrorDetails) -> bool:
    return bool(error["loc"]) and isinstance(error["loc"][-1], int)


def _expected(annotation: Any) -> str:
    """What a required property of this type must be."""
    plain = [one for one in _alternatives(annotation) if one is not NoneType]
    origins = [get_origin(one) or one for one in plain]
    if Literal in origins:
        values = ", ".join(str(value) for value in get_args(plain[0]))
        return f"must be one of the following values: {values}"
    by_type = {str: "must be a string", float: _NUMBER, list: "must be an array"}
    return next((by_type[one] for one in origins if one in by_type), "must be an object")


def _annotation(model: type[VapiModel], loc: Sequence[int | str]) -> Any:
    """The type of the property at `loc`, found by walking down from `model`."""
    models: list[type[VapiModel]] = [model]
    annotation: Any = model
    tag: str | None = None
    for part in loc:
        if isinstance(part, int):
            continue
        if _is_tag(part):
            tag = part
            continue
        fields = [
            info.annotation
            for one in models
            for info in one.model_fields.values()
            if info.alias == part and (tag is None or _has_tag(one, tag))
        ]
        annotation = fields[0] if fields else None
        models, tag = list(_below(annotation, _model)), None
    return annotation


def _has_tag(model: type[VapiModel], tag: str) -> bool:
    name = tag[1:-1]
    literals = (
        get_args(info.annotation)
        for info in model.model_fields.values()
        if get_origin(info.annotation) is Literal
    )
    return model.__name__ == name or any(name in values for values in literals)


def _model(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, VapiModel)


def _below(annotation: Any, wanted: Callable[[Any], bool]) -> Iterator[Any]:
    if wanted(annotation):
        yield annotation
    for inner in get_args(annotation):
        yield from _below(inner, wanted)


def _alternatives(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif get_origin(annotation) in (list, dict, Literal) or not get_args(annotation):
        yield annotation
    else:
        for inner in get_args(annotation):
            yield from _alternatives(inner)
