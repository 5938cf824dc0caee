"""The numbers of an exported state, as a probe needs them: what is sent of them, and their servers.

What is encrypted in the state is left out of a message, whole where a schema would be broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from vapi_provider.deployment.exported import decrypted, is_ours, is_special, name_in, resources_of
from vapi_provider.errors import ConfigurationError
from vapi_provider.models.answering import ANSWERERS
from vapi_provider.models.field_traits import URL
from vapi_provider.models.fields import FieldShape, Schema, as_list, as_object
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.secrecy import is_secret
from vapi_provider.shared.addresses import bare

_INTRODUCTION = ("provider", "name", "number", "sipUri")


@dataclass(frozen=True)
class DeclaredNumber:
    """One number of a stack. `headers` are its server's own, where the state was decrypted.

    `message` is what Vapi would send of it, for its own server only; `introduction` is what a
    server of somebody else needs to know.
    """

    name: str
    message: Mapping[str, Any] = field(repr=False)
    server_url: str | None
    headers: Mapping[str, str] = field(repr=False)
    has_credential: bool
    is_answered: bool

    @property
    def introduction(self) -> dict[str, Any]:
        """Kind, name, number and SIP URI, as far as they are no secrets."""
        return {key: self.message[key] for key in _INTRODUCTION if key in self.message}

    @property
    def asks_its_server(self) -> bool:
        """Whether a call to it begins with an assistant-request to its server."""
        return self.server_url is not None and not self.is_answered


def numbers_in(deployment: Mapping[str, Any]) -> Iterator[DeclaredNumber]:
    """The numbers that the stack made, not those it only reads or is about to delete."""
    for one in resources_of(deployment):
        if is_ours(one) and one.get("id") and not one.get("external") and not one.get("delete"):
            bag = as_object(one.get("outputs")) or as_object(one.get("inputs"))
            if bag.get("provider") in KINDS:
                yield _number(name_in(one["urn"]), bag)


def number_named(deployment: Mapping[str, Any], name: str) -> DeclaredNumber:
    """The number with that name in the program; raises with the names that there are."""
    found = list(numbers_in(deployment))
    for one in found:
        if one.name == name:
            return one
    names = ", ".join(sorted(one.name for one in found)) or "none"
    raise ConfigurationError(f"the stack has no number {name!r}; it has: {names}")


def _number(name: str, bag: Mapping[str, Any]) -> DeclaredNumber:
    message = _object(KINDS[bag["provider"]].create, bag)
    if message is None:
        raise ConfigurationError(f"a field that {name} must have is encrypted in the state")
    server = as_object(decrypted(bag.get("server")))
    url, headers = decrypted(server.get("url")), as_object(decrypted(server.get("headers")))
    return DeclaredNumber(
        name=name,
        message=message,
        server_url=url if isinstance(url, str) else None,
        headers={
            key: value
            for key, value in ((key, decrypted(item)) for key, item in headers.items())
            if isinstance(value, str)
        },
        has_credential=server.get("credential_id") is not None,
        is_answered=any(bag.get(field) is not None for field in ANSWERERS),
    )


def _object(model: Schema, bag: Mapping[str, Any]) -> dict[str, Any] | None:
    """The wire's form without what is encrypted; None where that leaves out a required field."""
    found: dict[str, Any] = {}
    for name, shape in model.fields.items():
        value = bag.get(name)
        kept = None if value is None else _value(shape, value)
        if kept is not None:
            found[shape.wire] = kept
        elif shape.required:
            return None
    return found


def _value(shape: FieldShape, value: Any) -> Any:
    if isinstance(value, str) and URL in shape.marks:
        return bare(value)
    if is_special(value) or is_secret(shape, value):
        return None
    if isinstance(value, list):
        items = [_value(shape, item) for item in as_list(cast(Any, value))]
        return None if None in items else items
    model = shape.schema_of(value)
    if model is not None:
        return _object(model, as_object(value))
    return int(value) if isinstance(value, float) and value.is_integer() else value
