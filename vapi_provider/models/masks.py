"""Comparison of secrets with their masked form."""

from __future__ import annotations

import re

_MASK = re.compile(
    r"[*\u2022\u25cf\u2026]+|\.{3,}|[xX]{4,}|\A\W*(?:redacted|masked|hidden)\W*\Z", re.IGNORECASE
)


def is_masked(secret: str) -> bool:
    """Return whether an echoed secret is masked, such as ``****1234``."""
    return _MASK.search(secret) is not None


def fits_mask(secret: str, echoed: str) -> bool:
    """Return whether `echoed` may be `secret` with a part of it masked."""
    found = list(_MASK.finditer(echoed))
    if not found:
        return False
    return secret.startswith(echoed[: found[0].start()]) and secret.endswith(
        echoed[found[-1].end() :]
    )
