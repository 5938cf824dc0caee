"""A record as a program would declare it, so that nothing is left to change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from vapi_provider.importing.naming import slug
from vapi_provider.importing.secrets import Secret, Secrets
from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.fields import FieldShape, as_list, as_object
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord, unknown_keys
from vapi_provider.models.spelling import is_masked, respelled
from vapi_provider.reconcile.equality import same
from vapi_provider.reconcile.names import automatic_name
from vapi_provider.reconcile.properties import Declared, plain
from vapi_provider.reconcile.secrecy import is_secret
from vapi_provider.reconcile.validation import problems

_FILLER = "a-value-of-a-secret-to-fill"
"""Checked in place of a secret that nobody knows yet: as long as any of them may be."""


@dataclass(frozen=True)
class Scope:
    """The stack that the records come to."""

    organization: str
    project: str
    stack: str

    def declaration(self, kind: Kind, resource: str) -> str:
        """What a resource of this stack sends as its declaration."""
        names = (self.organization, self.project, self.stack, kind.class_name, resource)
        return "/".join(names)


@dataclass(frozen=True)
class Declaration:
    """One resource of the program: its name, kind and fields, with a `Secret` for each secret.

    `named` is what the record is called, which the program leaves out where it is the automatic
    name. `unknown` are the record's keys that no model has, and so cannot be declared.
    """

    resource: str
    kind: Kind
    record: PhoneNumberRecord
    declaration: str
    fields: Mapping[str, Any] = field(repr=False)
    unknown: tuple[str, ...] = ()

    @property
    def named(self) -> str:
        """The record's label, as the engine would have it among the inputs."""
        return self.fields.get("name", automatic_name(self.declaration))


@dataclass(frozen=True)
class LeftOut:
    """A record that cannot be declared as it is, and why.

    `resource` is its name where a `get` can read it, None for a kind that has no class.
    """

    record: PhoneNumberRecord
    because: str
    resource: str | None = None


def declare(
    record: PhoneNumberRecord, resource: str, scope: Scope, secrets: Secrets
) -> Declaration | LeftOut:
    """The record as the resource of that name, every field but those at their defaults."""
    kind = record.kind
    if kind is None:
        return LeftOut(record, f"its kind {record.provider!r} is not known to this package")
    fields = respelled(kind.create, record.fields)
    wrong = _problems(kind, fields)
    if wrong:
        return LeftOut(record, "; ".join(wrong), resource)
    record = replace(record, fields=fields)
    declaration = scope.declaration(kind, resource)
    fields = {
        name: _value(shape, record.fields[name], _Place(resource, (), secrets))
        for name, shape in kind.fields.items()
        if SECRET not in shape.marks and _says_something(shape, record.fields.get(name))
    }
    name = record.name or ""  # Said where there is none, else it would get the automatic one.
    if name != automatic_name(declaration):
        fields = {"name": name, **fields}
    else:
        fields.pop("name", None)
    fields |= _credentials(kind, record, secrets)
    return Declaration(
        resource, kind, record, declaration, plain(fields), tuple(unknown_keys(record))
    )


def revealed(value: Any) -> Any:
    """A declared value as it is recorded: secrets by their values, or their placeholder."""
    if isinstance(value, Secret):
        return value.recorded
    if isinstance(value, Mapping):
        return {name: revealed(item) for name, item in as_object(cast(Any, value)).items()}
    if isinstance(value, list):
        return [revealed(item) for item in as_list(cast(Any, value))]
    return value


def _problems(kind: Kind, known: Mapping[str, Any]) -> list[str]:
    """Why a declaration of the record would be refused; secrets that are not shown are filled."""
    fields: dict[str, Any] = {"provider": kind.provider, **plain(known)}
    authentication = as_object(fields.get("authentication"))
    if authentication:
        fields["authentication"] = {"password": _FILLER, **authentication}
    if kind.provider == "twilio":
        fields.setdefault("twilio_auth_token", _FILLER)
    return problems(Declared.of(fields), fields, exists=True)


@dataclass(frozen=True)
class _Place:
    """Where in a resource a value is."""

    resource: str
    path: tuple[str, ...]
    secrets: Secrets

    def below(self, name: str) -> _Place:
        return _Place(self.resource, (*self.path, name), self.secrets)

    def secret(self, shown: Any) -> Secret:
        key, owner = self._key()
        if shown is None or isinstance(shown, str):
            return self.secrets.secret(key, shown, owner)
        return self.secrets.object_secret(key, shown, owner)

    def _key(self) -> tuple[str, str]:
        """Return the key in the config, and whose secret it is."""
        name = slug(self.path[-1]) or "x"
        if self.path[0] == "authentication":
            return f"{self.resource}-sip-password", self.resource
        if "headers" in self.path[:-1]:
            # Several servers often know Vapi by one token: equal headers are one secret.
            return f"server-header-{name}", self.path[-1]
        if "sip_headers" in self.path[:-1]:
            return f"sip-header-{name}", self.path[-1]
        key = "-".join((self.resource, *self.path[-2:])).replace("_", "-")
        return key, self.resource


_TELLING = ("on", "type")


def _value(shape: FieldShape, value: Any, at: _Place) -> Any:
    at = at.below(shape.name)
    if SECRET in shape.marks:
        return _secret(value, at)
    if isinstance(value, list):
        return [_item(shape, item, at) for item in as_list(cast(Any, value))]
    return _item(shape, value, at)


def _item(shape: FieldShape, value: Any, at: _Place) -> Any:
    if is_secret(shape, value):
        # A URL with a token in it, or an object that no schema describes.
        return at.secret(value)
    model = shape.schema_of(value)
    if model is None:
        return value
    bag = as_object(value)
    found: dict[str, Any] = {}
    # What tells its kind is read first.
    for name, inner in sorted(model.fields.items(), key=lambda one: one[0] not in _TELLING):
        if _says_something(inner, bag.get(name)):
            found[name] = _value(inner, bag[name], at)
        elif inner.required and SECRET in inner.marks:
            found[name] = at.below(name).secret(None)
    return found


def _secret(value: Any, at: _Place) -> Any:
    if isinstance(value, Mapping):
        bag = as_object(cast(Any, value))
        return {name: _secret(item, at.below(name)) for name, item in bag.items()}
    # Nothing is hidden by an empty text, and config cannot hold one.
    shown = None if isinstance(value, str) and is_masked(value) else value
    return at.secret(shown) if value else value


def _says_something(shape: FieldShape, value: Any) -> bool:
    return value is not None and (shape.required or not same(shape, value, None))


def _credentials(kind: Kind, record: PhoneNumberRecord, secrets: Secrets) -> dict[str, Secret]:
    """The secrets of a Twilio number: its account's, which its numbers share.

    Shown are some, or none: the auth token is the usual one, unless half of a key is shown.
    """
    if kind.provider != "twilio":
        return {}
    token, *key = (name for name, shape in kind.fields.items() if SECRET in shape.marks)
    shown = {
        name: None if is_masked(str(record.fields[name])) else str(record.fields[name])
        for name in (token, *key)
        if record.fields.get(name)
    }
    has_key = any(name in shown for name in key)
    names = {*shown, *(key if has_key and token not in shown else () if shown else (token,))}
    account = str(record.fields["twilio_account_sid"])
    return {
        name: secrets.secret(f"{name.replace('_', '-')}-{slug(account)}", shown.get(name), account)
        for name in (token, *key)
        if name in names
    }
