"""Phone numbers of an exported state, in the form that a message contains, and their servers.

A message omits encrypted values, and the whole object if a required field is encrypted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from vapi_provider.catalogue import servers as catalogue
from vapi_provider.deployment.exported import (
    is_special,
    name_in,
    own_resources,
    plaintext_of,
)
from vapi_provider.errors import ConfigurationError
from vapi_provider.models.call_routing import ANSWERERS
from vapi_provider.models.field_traits import URL
from vapi_provider.models.fields import FieldSpec, Schema, as_list, as_object
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.secrecy import is_secret
from vapi_provider.shared.addresses import bare
from vapi_provider.shared.json_values import whole_as_int

_INTRODUCTION = ("provider", "name", "number", "sipUri")


@dataclass(frozen=True)
class DeclaredNumber:
    """One phone number of a stack.

    Attributes:
        message: What Vapi would send of it; meant for its own server only.
        headers: Its server's own headers, as far as the state was decrypted.
    """

    name: str
    message: Mapping[str, Any] = field(repr=False)
    server_url: str | None
    headers: Mapping[str, str] = field(repr=False)
    is_answered: bool

    @property
    def introduction(self) -> dict[str, Any]:
        """The part of the message that servers of others may get, without encrypted values."""
        return {key: self.message[key] for key in _INTRODUCTION if key in self.message}

    @property
    def asks_its_server(self) -> bool:
        """Whether a call to the number begins with an assistant-request to its server."""
        return self.server_url is not None and not self.is_answered


def list_numbers(deployment: Mapping[str, Any]) -> Iterator[DeclaredNumber]:
    """Yield the numbers that the stack owns and is not about to delete."""
    for resource in own_resources(deployment):
        if not resource.get("id") or resource.get("delete"):
            continue
        properties = as_object(resource.get("outputs")) or as_object(resource.get("inputs"))
        if properties.get("provider") in KINDS:
            yield _read_number(name_in(resource["urn"]), properties)


def find_number(deployment: Mapping[str, Any], name: str) -> DeclaredNumber:
    """Return the number with that name in the program.

    Raises:
        ConfigurationError: There is none; the message lists the stack's names.
    """
    numbers = list(list_numbers(deployment))
    for number in numbers:
        if number.name == name:
            return number
    names = ", ".join(sorted(number.name for number in numbers)) or "none"
    raise ConfigurationError(catalogue.PROBE_NUMBER_MISSING(name=name, names=names))


def _read_number(name: str, properties: Mapping[str, Any]) -> DeclaredNumber:
    message = _visible_object(KINDS[properties["provider"]].create, properties)
    if message is None:
        raise ConfigurationError(catalogue.PROBE_NUMBER_ENCRYPTED(name=name))
    server = as_object(plaintext_of(properties.get("server")))
    url, headers = plaintext_of(server.get("url")), as_object(plaintext_of(server.get("headers")))
    return DeclaredNumber(
        name=name,
        message=message,
        server_url=url if isinstance(url, str) else None,
        headers={
            key: value
            for key, value in ((key, plaintext_of(item)) for key, item in headers.items())
            if isinstance(value, str)
        },
        is_answered=any(properties.get(field) is not None for field in ANSWERERS),
    )


def _visible_object(model: Schema, properties: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the wire's form without encrypted values; None if a required field is encrypted."""
    visible: dict[str, Any] = {}
    for name, spec in model.fields.items():
        value = properties.get(name)
        kept = None if value is None else _visible_value(spec, value)
        if kept is not None:
            visible[spec.wire] = kept
        elif spec.required:
            return None
    return visible


def _visible_value(spec: FieldSpec, value: Any) -> Any:
    if isinstance(value, str) and URL in spec.traits:
        return bare(value)
    if is_special(value) or is_secret(spec, value):
        return None
    if isinstance(value, list):
        items = [_visible_value(spec, item) for item in as_list(cast(Any, value))]
        return None if None in items else items
    model = spec.schema_of(value)
    if model is not None:
        return _visible_object(model, as_object(value))
    return whole_as_int(value)
