"""Detection of secrets in declared and recorded fields, and their wire form for the engine.

Fields with the trait SECRET, URLs with credentials and objects without a schema, which may hold
headers, keys or passwords, are secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from vapi_provider.models.field_traits import SECRET, URL
from vapi_provider.models.fields import FieldSpec, as_list, as_object, item_of
from vapi_provider.shared.addresses import contains_credentials, credentials_in
from vapi_provider.shared.json_values import leaves

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key in which Pulumi's wire format marks an object as a special value."""

SECRET_VALUE = "1b47061264138c4ac30d75fd1eb44270"
"""Signature of a secret in a state and on the wire between engine, program and plugin."""

HINTS = "declared_with"
"""Input that passes the program's hints to the plugin, with the two keys below; never recorded."""

OWN_SECRETS = "secrets"
"""Paths of the secrets that the program declares in fields that are not always secret."""

TRANSFORMS = "transforms"
"""Whether a transform may change the declared fields before the plugin receives them."""


_LONG = 8
"""Length from which messages hide a number, or a text in an object that no schema describes."""


def is_secret(spec: FieldSpec, value: Any) -> bool:
    """Return whether a field's whole value is secret; False does not exclude nested secrets."""
    if SECRET in spec.traits:
        return True
    if isinstance(value, str):
        return URL in spec.traits and contains_credentials(value)
    return isinstance(value, Mapping) and not _is_described(spec, as_object(cast(Any, value)))


def contains_secret(specs: Mapping[str, FieldSpec], properties: Mapping[str, Any]) -> bool:
    """Return whether the fields in `properties` contain a secret, at any depth."""
    return any(map(_contains_secret, map(specs.get, properties), properties.values()))


def wrap_secrets(specs: Mapping[str, FieldSpec], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return `properties` with each secret in its fields in the engine's wire form.

    Properties that are not fields stay unchanged.
    """
    return {
        name: _wrap_secrets(specs[name], value) if name in specs else value
        for name, value in properties.items()
    }


def secrets_in(specs: Mapping[str, FieldSpec], properties: Mapping[str, Any]) -> Iterator[str]:
    """Yield every secret text in the fields of `properties`, and the secret parts of URLs."""
    for name, value in properties.items():
        yield from _secrets(specs.get(name), value)


def without_secrets(spec: FieldSpec, value: Any) -> Any:
    """Return a field's value without its secrets; None where the whole value is secret."""
    if SECRET in spec.traits:
        return None
    if isinstance(value, list):
        return [without_secrets(item_of(spec), item) for item in as_list(cast(Any, value))]
    schema = spec.schema_of(value)
    if schema is None:
        return value
    below = as_object(value)
    known = {name: without_secrets(inner, below.get(name)) for name, inner in schema.fields.items()}
    return {name: item for name, item in known.items() if item is not None}


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value, and every number that is long enough for a secret."""
    for leaf in leaves(value):
        if isinstance(leaf, str) or (isinstance(leaf, int | float) and len(str(leaf)) >= _LONG):
            yield str(leaf)


def _is_described(spec: FieldSpec, value: Mapping[str, Any]) -> bool:
    """Return whether a schema describes an object, with the type that the object states."""
    schema = spec.schema_of(value)
    return schema is not None and all(
        value.get(name) in (None, literal) or not isinstance(value[name], str)
        for name, literal in schema.literals.items()
    )


def _wrap_secrets(spec: FieldSpec | None, value: Any) -> Any:
    if value is None:
        return None
    if spec is None or is_secret(spec, value):
        return {SIGNATURE: SECRET_VALUE, "value": value}
    if isinstance(value, list):
        return [_wrap_secrets(spec, item) for item in as_list(cast(Any, value))]
    schema = spec.schema_of(value)
    if schema is None:
        return value
    specs, properties = schema.fields, as_object(value)
    return {name: _wrap_secrets(specs.get(name), item) for name, item in properties.items()}


def _contains_secret(spec: FieldSpec | None, value: Any) -> bool:
    if value is None or spec is None:
        return False
    if is_secret(spec, value):
        return True
    if isinstance(value, list):
        return any(_contains_secret(spec, item) for item in as_list(cast(Any, value)))
    schema = spec.schema_of(value)
    if schema is None:
        return False
    specs, properties = schema.fields, as_object(value)
    return any(
        name not in specs or _contains_secret(specs[name], item)
        for name, item in properties.items()
    )


def _secrets(spec: FieldSpec | None, value: Any) -> Iterator[str]:
    if spec is not None and isinstance(value, str) and URL in spec.traits:
        yield from credentials_in(value)
    elif spec is not None and SECRET in spec.traits:
        yield from texts_in(value)
    elif spec is None or is_secret(spec, value):
        # Skip short texts, such as `"role": "system"`: they are ordinary words of any message.
        yield from (text for text in texts_in(value) if len(text) >= _LONG)
    elif isinstance(value, list):
        for item in as_list(cast(Any, value)):
            yield from _secrets(spec, item)
    else:
        schema = spec.schema_of(value)
        for name, item in as_object(value).items() if schema else ():
            yield from _secrets(schema.fields.get(name) if schema else None, item)
