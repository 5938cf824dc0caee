"""The five kinds of phone number as data: what each can hold, and what an update takes of it.

The API tells them apart by `provider`; "kind" here, since bare provider is Pulumi's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from vapi_provider.models.constants import SIP_HOSTS
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


def _kind(provider: str, name: str, region: str | None) -> Kind:
    create, update = f"Create{name}DTO", f"Update{name}DTO"
    return Kind(provider, *(schema_named(one, region) for one in (create, update, name)))


def _kinds(region: str | None) -> Mapping[str, Kind]:
    return {
        provider: _kind(provider, name, region)
        for provider, name in (
            ("vapi", "VapiPhoneNumber"),
            ("twilio", "TwilioPhoneNumber"),
            ("vonage", "VonagePhoneNumber"),
            ("telnyx", "TelnyxPhoneNumber"),
            ("byo-phone-number", "ByoPhoneNumber"),
        )
    }


KINDS: Mapping[str, Kind] = _kinds(None)
"""The kinds without what depends on the region."""

_IN_REGION = {None: KINDS, **{region: _kinds(region) for region in SIP_HOSTS}}


def kinds_in(region: str | None) -> Mapping[str, Kind]:
    """Return the kinds with the defaults of a region; None where the region is not known."""
    return _IN_REGION[region]
