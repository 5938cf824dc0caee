"""The five kinds of phone number as data: what each can hold, and what an update takes of it.

The API tells them apart by `provider`; "kind" here, since bare provider is Pulumi's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from vapi_provider.models.fields import FieldShape, Schema, schema_named


@dataclass(frozen=True)
class Kind:
    """One value of `provider` and its three schemas."""

    provider: str
    create: Schema
    update: Schema
    read: Schema

    @property
    def class_name(self) -> str:
        """The read schema's name, which the resource class carries too."""
        return self.read.name

    @cached_property
    def fields(self) -> Mapping[str, FieldShape]:
        """What can be declared: the create schema's fields but `provider`."""
        fields = self.create.fields
        return {name: field for name, field in fields.items() if name != "provider"}

    @cached_property
    def create_only(self) -> frozenset[str]:
        """What the update schema does not take."""
        return frozenset(self.fields) - frozenset(self.update.fields)


def _kind(provider: str, name: str) -> Kind:
    create, update = schema_named(f"Create{name}DTO"), schema_named(f"Update{name}DTO")
    return Kind(provider, create, update, schema_named(name))


KINDS: Mapping[str, Kind] = {
    kind.provider: kind
    for kind in (
        _kind("vapi", "VapiPhoneNumber"),
        _kind("twilio", "TwilioPhoneNumber"),
        _kind("vonage", "VonagePhoneNumber"),
        _kind("telnyx", "TelnyxPhoneNumber"),
        _kind("byo-phone-number", "ByoPhoneNumber"),
    )
}
