"""A purchase of a record for a desired resource, and its result."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.automatic_names import automatic_name
from vapi_provider.reconcile.fingerprint import BodyFingerprint, fingerprint_of


@dataclass(frozen=True)
class Purchase:
    """Purchase for a desired resource: its fields, the request's body, and the resource's key.

    `replaced` are ids that are about to be released. `is_replacing` is set where the engine
    replaces the recorded resource. `other_forms` are the keys under which an earlier version of
    this package knew the resource. A log or a traceback shows no values, because some are secret.
    """

    kind: Kind
    body: Mapping[str, Any] = field(repr=False)
    fields: Mapping[str, Any] = field(repr=False)
    key: str
    replaced: Collection[str]
    is_replacing: bool = False
    other_forms: Collection[str] = ()

    @property
    def forms(self) -> tuple[str, ...]:
        """All forms of the resource's key, the current one first."""
        return (self.key, *self.other_forms)

    @cached_property
    def names(self) -> Collection[str]:
        """The automatic names of the resource, by all forms of its key."""
        return {automatic_name(form) for form in self.forms}

    @cached_property
    def fingerprint(self) -> BodyFingerprint:
        """The fingerprint of the body, for the journal."""
        return fingerprint_of(self.kind, self.fields)


@dataclass(frozen=True)
class PurchaseResult:
    """A desired resource's record, and the area code that its purchase requested, if any.

    `is_resumed` is set where an earlier run created the record, whose fields may differ from the
    declared ones.
    """

    record: PhoneNumberRecord
    area_code: str | None
    is_resumed: bool
