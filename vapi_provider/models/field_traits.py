"""What comparing, recording or documenting a field must know of it beside its type."""

from __future__ import annotations

from enum import Enum


class Mark(Enum):
    """A property of a field; its value is what it is called."""

    SECRET = "secret"
    """The API may or may not echo it; it is encrypted in state and never shown."""

    EMPTY_IS_ABSENT = "empty is absent"
    """An empty list, object or text means the same as none."""

    UNORDERED = "unordered"
    """A set written as a list: its order has no meaning."""

    REPAIRED = "repaired"
    """The published schema is broken here; ours says what it means."""

    URL = "url"
    """An address: a user name, a password or a query in it makes it a secret."""

    ANY_CASE = "any case"
    """Letter case has no meaning (SIP URIs)."""

    PHONE = "phone number"
    """Spaces, hyphens and a missing + have no meaning, unless the E.164 check is off beside it."""


SECRET = Mark.SECRET
EMPTY_IS_ABSENT = Mark.EMPTY_IS_ABSENT
UNORDERED = Mark.UNORDERED
REPAIRED = Mark.REPAIRED
URL = Mark.URL
ANY_CASE = Mark.ANY_CASE
PHONE = Mark.PHONE
