"""Automatic names: their length, and that they are distinct."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vapi_provider.reconcile.automatic_names import NAME_LENGTH, automatic_name

words = st.text(st.characters(exclude_characters="/", codec="utf-8"), min_size=1, max_size=60)


@given(words, words, words)
def test_an_automatic_name_fits(project: str, stack: str, resource: str) -> None:
    """A name is never longer than the API takes, and the same each time."""
    declaration = f"acme/{project}/{stack}/VapiPhoneNumber/{resource}"
    name = automatic_name(declaration)
    assert 0 < len(name) <= NAME_LENGTH == 40
    assert automatic_name(declaration) == name


@given(st.text("ab/-", max_size=30), st.text("ab/-", max_size=30))
def test_automatic_names_are_distinct(one: str, other: str) -> None:
    """Resources that differ only in the middle of a long name have different names."""
    first, second = (
        automatic_name(f"acme/customer-portal/production/VapiPhoneNumber/a-{middle}-hotline")
        for middle in (one, other)
    )
    assert (first == second) == (one == other)
