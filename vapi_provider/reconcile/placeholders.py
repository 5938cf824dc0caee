"""Placeholders that the state holds for secrets whose values this stack does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from vapi_provider.models.fields import as_object
from vapi_provider.shared.json_values import leaves

CHANGED_OUTSIDE = "(changed outside of this stack)"
"""Placeholder for a secret that the API echoes and the state does not hold."""

NOT_SHOWN = "(not shown)"
"""Placeholder for an echoed secret of a record that this stack does not own."""

UNSEEN = "(not shown by the account)"
"""Placeholder that an import records for a secret that the account does not echo."""

PLACEHOLDERS = (CHANGED_OUTSIDE, NOT_SHOWN, UNSEEN)


def contains_masked_secret(value: Any) -> bool:
    """Return whether `value` contains a placeholder of a secret that only the account knows."""
    return any(leaf in (CHANGED_OUTSIDE, UNSEEN) for leaf in leaves(value))


def contains_unseen_secret(value: Any) -> bool:
    """Return whether `value` contains the placeholder of an imported, unseen secret."""
    return UNSEEN in leaves(value)


def fill_unseen_secrets(
    recorded: Mapping[str, Any], before: Mapping[str, Any], declared: Mapping[str, Any]
) -> dict[str, Any]:
    """Fill each unseen secret of `recorded` with the value that the last run declared (`before`).

    Without an earlier declaration, use the current one: declaring an imported secret for the first
    time is not a change, because the account cannot show a difference. Later changes count.
    """
    return {
        name: _fill(value, before.get(name), declared.get(name)) for name, value in recorded.items()
    }


def _fill(recorded: Any, before: Any, declared: Any) -> Any:
    if isinstance(recorded, Mapping):
        values = as_object(cast(Any, recorded))
        return fill_unseen_secrets(values, as_object(before), as_object(declared))
    if recorded != UNSEEN:
        return recorded
    known = before if before not in (None, UNSEEN) else declared
    return recorded if known is None else known
