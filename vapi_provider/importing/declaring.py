"""Generator of the resource that declares a record as it is: the next preview shows no change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from vapi_provider.catalogue.message import split
from vapi_provider.importing.naming import slug
from vapi_provider.importing.secrets import Secret, Secrets
from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.fields import FieldSpec, as_list, as_object
from vapi_provider.models.kinds import Kind
from vapi_provider.models.masks import is_masked
from vapi_provider.models.number_spelling import normalize_numbers
from vapi_provider.models.record import PhoneNumberRecord, unknown_keys
from vapi_provider.reconcile.automatic_names import automatic_name
from vapi_provider.reconcile.equality import equivalent
from vapi_provider.reconcile.properties import Desired, normalize
from vapi_provider.reconcile.resource_key import resource_key
from vapi_provider.reconcile.secrecy import is_secret
from vapi_provider.reconcile.validation import problems

_FILLER = "a-value-of-a-secret-to-fill"
"""Stands for an unknown secret while a record is validated; no length rule refuses it."""


@dataclass(frozen=True)
class Scope:
    """The stack that the records are imported into."""

    organization: str
    project: str
    stack: str

    def resource_key(self, kind: Kind, resource: str) -> str:
        """Return the key that a resource of this stack sends as its hidden input."""
        scope = f"{self.organization}/{self.project}/{self.stack}"
        return resource_key(scope, kind.class_name, resource)


@dataclass(frozen=True)
class GeneratedResource:
    """One resource of the program: its name, kind and fields, with a `Secret` for each secret.

    Attributes:
        resource: The resource's name in the program.
        resource_key: The hidden input that identifies the resource.
        fields: The declared fields; without `name` where the record has the automatic name.
        unknown: Keys of the record that no model has and that cannot be declared.
    """

    resource: str
    kind: Kind
    record: PhoneNumberRecord
    resource_key: str
    fields: Mapping[str, Any] = field(repr=False)
    unknown: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The record's label as the engine records it among the inputs."""
        return self.fields.get("name", automatic_name(self.resource_key))


@dataclass(frozen=True)
class LeftOut:
    """A record that cannot be declared as it is, and why.

    `resource` is the name under which a `get` can read it; None for a kind that has no class.
    """

    record: PhoneNumberRecord
    because: str
    resource: str | None = None


def generate(
    record: PhoneNumberRecord, resource: str, scope: Scope, secrets: Secrets
) -> GeneratedResource | LeftOut:
    """Return the resource that declares the record, without fields that hold their defaults."""
    kind = record.kind
    if kind is None:
        return LeftOut(record, f"its kind {record.provider!r} is not known to this package")
    fields = normalize_numbers(kind.create, record.fields)
    refusals = _problems(kind, fields)
    if refusals:
        return LeftOut(record, "; ".join(split(refusal).text for refusal in refusals), resource)
    record = replace(record, fields=fields)
    key = scope.resource_key(kind, resource)
    fields = {
        name: _value(spec, record.fields[name], _Location(resource, (), secrets))
        for name, spec in kind.fields.items()
        if SECRET not in spec.traits and _is_significant(spec, record.fields.get(name))
    }
    # An empty name is declared: without one the record would get the automatic name.
    name = record.name or ""
    if name != automatic_name(key):
        fields = {"name": name, **fields}
    else:
        fields.pop("name", None)
    fields |= _credentials(kind, record, secrets)
    return GeneratedResource(
        resource, kind, record, key, normalize(fields), tuple(unknown_keys(record))
    )


def reveal_secrets(value: Any) -> Any:
    """Return a declared value as the state holds it: each secret by its value or placeholder."""
    if isinstance(value, Secret):
        return value.recorded
    if isinstance(value, Mapping):
        return {name: reveal_secrets(item) for name, item in as_object(cast(Any, value)).items()}
    if isinstance(value, list):
        return [reveal_secrets(item) for item in as_list(cast(Any, value))]
    return value


def _problems(kind: Kind, known: Mapping[str, Any]) -> list[str]:
    """Return why a declaration of the record would be refused, apart from unknown secrets."""
    fields: dict[str, Any] = {"provider": kind.provider, **normalize(known)}
    authentication = as_object(fields.get("authentication"))
    if authentication:
        fields["authentication"] = {"password": _FILLER, **authentication}
    if kind.provider == "twilio":
        fields.setdefault("twilio_auth_token", _FILLER)
    return problems(Desired.of(fields), fields, exists=True)


@dataclass(frozen=True)
class _Location:
    """The resource and the path of a value; creates the secrets found there."""

    resource: str
    path: tuple[str, ...]
    secrets: Secrets

    def below(self, name: str) -> _Location:
        return _Location(self.resource, (*self.path, name), self.secrets)

    def secret(self, shown: Any) -> Secret:
        key, owner = self._key()
        if shown is None or isinstance(shown, str):
            return self.secrets.secret(key, shown, owner)
        return self.secrets.object_secret(key, shown, owner)

    def _key(self) -> tuple[str, str]:
        """Return the secret's key in the config and its owner, within which the key is shared."""
        name = slug(self.path[-1]) or "x"
        if self.path[0] == "authentication":
            return f"{self.resource}-sip-password", self.resource
        if "headers" in self.path[:-1]:
            # Several servers often expect one token from Vapi: equal headers share a secret.
            return f"server-header-{name}", self.path[-1]
        if "sip_headers" in self.path[:-1]:
            return f"sip-header-{name}", self.path[-1]
        key = "-".join((self.resource, *self.path[-2:])).replace("_", "-")
        return key, self.resource


_DISCRIMINATORS = ("on", "type")


def _value(spec: FieldSpec, value: Any, parent: _Location) -> Any:
    location = parent.below(spec.name)
    if SECRET in spec.traits:
        return _secret(value, location)
    if isinstance(value, list):
        return [_item(spec, item, location) for item in as_list(cast(Any, value))]
    return _item(spec, value, location)


def _item(spec: FieldSpec, value: Any, location: _Location) -> Any:
    if is_secret(spec, value):
        # A URL with a token in it, or an object that no schema describes.
        return location.secret(value)
    model = spec.schema_of(value)
    if model is None:
        return value
    properties = as_object(value)
    desired: dict[str, Any] = {}
    # Discriminators first: a reader of the module sees the kind of object before its fields.
    for name, inner in sorted(
        model.fields.items(), key=lambda item: item[0] not in _DISCRIMINATORS
    ):
        if _is_significant(inner, properties.get(name)):
            desired[name] = _value(inner, properties[name], location)
        elif inner.required and SECRET in inner.traits:
            desired[name] = location.below(name).secret(None)
    return desired


def _secret(value: Any, location: _Location) -> Any:
    if isinstance(value, Mapping):
        properties = as_object(cast(Any, value))
        return {name: _secret(item, location.below(name)) for name, item in properties.items()}
    # An empty text hides nothing, and the config cannot hold one.
    shown = None if isinstance(value, str) and is_masked(value) else value
    return location.secret(shown) if value else value


def _is_significant(spec: FieldSpec, value: Any) -> bool:
    """Return whether a value must be declared: it is required or differs from its default."""
    return value is not None and (spec.required or not equivalent(spec, value, None))


def _credentials(kind: Kind, record: PhoneNumberRecord, secrets: Secrets) -> dict[str, Secret]:
    """Return the secrets of a Twilio number, which all numbers of its Twilio account share.

    The API may show none of them: then the auth token is declared, or the whole API key if the
    API shows a part of that.
    """
    if kind.provider != "twilio":
        return {}
    token, *key = (name for name, spec in kind.fields.items() if SECRET in spec.traits)
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
