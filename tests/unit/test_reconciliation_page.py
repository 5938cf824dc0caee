"""docs/reconciliation.md is what the code says now."""

from scripts.docs.reconciliation import PAGE, page
from vapi_provider.models.kinds import KINDS


def test_the_page_is_not_stale() -> None:
    """The file is what `make docs` would write."""
    assert page() == PAGE.read_text(encoding="utf-8"), "run `make docs`"


def test_every_field_of_every_kind_has_its_row() -> None:
    """No field is left out, and each kind of fate occurs."""
    text = page()
    for kind in KINDS.values():
        for name in kind.fields:
            assert f"| `{kind.provider}` | `{name}` |" in text
    for fate in ("in place", "replaced", "cleared", "kept", "required", "without their value"):
        assert f"| {fate} |" in text or f"secrets {fate} |" in text
