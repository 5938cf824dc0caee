"""What of a declaration or a record is secret, and how the engine is told so.

Secret are the fields marked so, URLs that hold credentials, and whatever no schema describes: an
object of a type that we do not know may hold headers, keys or passwords.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from vapi_provider.models.field_traits import SECRET, URL
from vapi_provider.models.fields import FieldShape, as_list, as_object
from vapi_provider.shared.addresses import credentials_in, holds_credentials

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key under which Pulumi says that an object stands for a special value."""

SECRET_VALUE = "1b47061264138c4ac30d75fd1eb44270"
"""The signature of a secret, in a state and on the wire between engine, program and plugin."""

HINTS = "declared_with"
"""The input by which the program tells the plugin what only it can see: an object with the two
keys below. Never recorded."""

OWN_SECRETS = "secrets"
"""Paths of the secrets that the program declares in fields that are none by themselves."""

TRANSFORMS = "transforms"
"""Whether a transform may change what the program declares before it arrives."""


_LONG = 8
"""Characters of a number, or of a text that no schema describes, that messages must not show."""


def is_secret(shape: FieldShape, value: Any) -> bool:
    """Return whether all of a field's value is secret; inside of it more may be."""
    if SECRET in shape.marks:
        return True
    if isinstance(value, str):
        return URL in shape.marks and holds_credentials(value)
    return isinstance(value, Mapping) and not _is_described(shape, as_object(cast(Any, value)))


def holds_secret(shapes: Mapping[str, FieldShape], bag: Mapping[str, Any]) -> bool:
    """Return whether a secret is in the fields of `bag`, at any depth."""
    return any(map(_holds, map(shapes.get, bag), bag.values()))


def sealed(shapes: Mapping[str, FieldShape], bag: Mapping[str, Any]) -> dict[str, Any]:
    """Return `bag` with each secret in its fields in the engine's wire form for secrets.

    What is no field stays as it is.
    """
    return {
        name: _sealed(shapes[name], value) if name in shapes else value
        for name, value in bag.items()
    }


def secrets_in(shapes: Mapping[str, FieldShape], bag: Mapping[str, Any]) -> Iterator[str]:
    """Yield every secret text in the fields of `bag`, and the parts of a URL that are secret."""
    for name, value in bag.items():
        yield from _secrets(shapes.get(name), value)


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value, and every number that is as long as a secret."""
    if isinstance(value, Mapping):
        for item in as_object(cast(Any, value)).values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in as_list(cast(Any, value)):
            yield from texts_in(item)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and len(str(value)) >= _LONG:
        yield str(value)


def wire_secret(value: Any) -> dict[str, Any]:
    """Return the engine's wire form of a secret."""
    return {SIGNATURE: SECRET_VALUE, "value": value}


def _is_described(shape: FieldShape, value: Mapping[str, Any]) -> bool:
    """Return whether a schema describes an object: not one whose type is another than its own."""
    model = shape.schema_of(value)
    return model is not None and all(
        value.get(name) in (None, literal) or not isinstance(value[name], str)
        for name, literal in model.literals.items()
    )


def _sealed(shape: FieldShape | None, value: Any) -> Any:
    if value is None:
        return None
    if shape is None or is_secret(shape, value):
        return wire_secret(value)
    if isinstance(value, list):
        return [_sealed(shape, item) for item in as_list(cast(Any, value))]
    model = shape.schema_of(value)
    if model is None:
        return value
    shapes, bag = model.fields, as_object(value)
    return {name: _sealed(shapes.get(name), item) for name, item in bag.items()}


def _holds(shape: FieldShape | None, value: Any) -> bool:
    if value is None or shape is None:
        return False
    if is_secret(shape, value):
        return True
    if isinstance(value, list):
        return any(_holds(shape, item) for item in as_list(cast(Any, value)))
    model = shape.schema_of(value)
    if model is None:
        return False
    shapes, bag = model.fields, as_object(value)
    return any(name not in shapes or _holds(shapes[name], item) for name, item in bag.items())


def _secrets(shape: FieldShape | None, value: Any) -> Iterator[str]:
    if shape is not None and isinstance(value, str) and URL in shape.marks:
        yield from credentials_in(value)
    elif shape is not None and SECRET in shape.marks:
        yield from texts_in(value)
    elif shape is None or is_secret(shape, value):
        # Its words (`"role": "system"`) are those of any message, unless they are long.
        yield from (text for text in texts_in(value) if len(text) >= _LONG)
    elif isinstance(value, list):
        for item in as_list(cast(Any, value)):
            yield from _secrets(shape, item)
    else:
        model = shape.schema_of(value)
        for name, item in as_object(value).items() if model else ():
            yield from _secrets(model.fields.get(name) if model else None, item)
