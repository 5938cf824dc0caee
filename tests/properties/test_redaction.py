"""Redaction: no text around a secret lets it through."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vapi_provider.shared.redaction import REDACTED, redact


@given(st.text(min_size=8, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_a_secret_never_survives(secret: str, before: str, after: str) -> None:
    """Whatever surrounds a secret of any characters, it is gone."""
    if secret.strip() == secret:
        assert secret not in redact(f"{before}{secret}{after}", [secret]).replace(REDACTED, "")
