"""The five kinds of phone numbers as data: their fields, and which of them an update accepts.

The API calls the kind `provider`; in this code "provider" alone means Pulumi's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from vapi_provider.models.constants import CLASS_NAMES, SIP_HOSTS
from vapi_provider.models.fields import FieldSpec, Schema, schema_named


@dataclass(frozen=True)
class Kind:
    """A kind of phone number: its value of `provider` and its three schemas."""

    provider: str
    create: Schema
    update: Schema
    read: Schema

    @property
    def class_name(self) -> str:
        """The name of the read schema, which is also that of the resource class."""
        return self.read.name

    @cached_property
    def fields(self) -> Mapping[str, FieldSpec]:
        """The fields that can be declared: those of the create schema, except `provider`."""
        fields = self.create.fields
        return {name: field for name, field in fields.items() if name != "provider"}

    @cached_property
    def create_only(self) -> frozenset[str]:
        """The fields that the update schema does not have."""
        return frozenset(self.fields) - frozenset(self.update.fields)


def _kind(provider: str, name: str, region: str | None) -> Kind:
    create, update = f"Create{name}DTO", f"Update{name}DTO"
    return Kind(provider, *(schema_named(schema, region) for schema in (create, update, name)))


_IN_REGION: Mapping[str | None, Mapping[str, Kind]] = {
    region: {provider: _kind(provider, name, region) for provider, name in CLASS_NAMES.items()}
    for region in (None, *SIP_HOSTS)
}

KINDS = _IN_REGION[None]
"""The kinds without the defaults that depend on the region."""


def kinds_in(region: str | None) -> Mapping[str, Kind]:
    """Return the kinds with the defaults of a region; `region` None means unknown."""
    return _IN_REGION[region]


def kind_of_class(class_name: str, region: str | None = None) -> Kind | None:
    """Return the kind whose resource class has this name, with the defaults of a region."""
    kinds = kinds_in(region).values()
    return next((kind for kind in kinds if kind.class_name == class_name), None)
