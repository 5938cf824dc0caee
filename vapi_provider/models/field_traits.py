"""Traits of fields that affect how they are compared, recorded and documented."""

from __future__ import annotations

from enum import Enum


class FieldTrait(Enum):
    """Trait of a field; the value is its display name."""

    SECRET = "secret"
    """Encrypted in state and never shown; the API may or may not echo it."""

    EMPTY_IS_ABSENT = "empty is absent"
    """An empty list, object or text means the same as an absent field."""

    UNORDERED = "unordered"
    """A list whose order has no meaning."""

    REPAIRED = "repaired"
    """The published schema is wrong here; the model has the intended type."""

    URL = "url"
    """A URL; with user information, a query or a fragment it is a secret."""

    ANY_CASE = "any case"
    """A text whose letter case has no meaning, such as a SIP URI."""

    PHONE = "phone number"
    """Spaces, hyphens and a missing + have no meaning while the E.164 check is on."""


SECRET = FieldTrait.SECRET
EMPTY_IS_ABSENT = FieldTrait.EMPTY_IS_ABSENT
UNORDERED = FieldTrait.UNORDERED
REPAIRED = FieldTrait.REPAIRED
URL = FieldTrait.URL
ANY_CASE = FieldTrait.ANY_CASE
PHONE = FieldTrait.PHONE
