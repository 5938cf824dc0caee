"""docs/reference.md is what the models say now, and leaves nothing of them out."""

from __future__ import annotations

import re

import pytest

from scripts.docs.generate import EXAMPLES, REFERENCE, reference
from scripts.docs.samples import warnings
from tests.support.official import models
from vapi_provider.catalogue import advice
from vapi_provider.catalogue.message import Template, split
from vapi_provider.models.fields import schema_named

TEXT = REFERENCE.read_text(encoding="utf-8")


def test_the_reference_is_not_stale() -> None:
    """The file is what `make docs` would write."""
    assert reference() == TEXT, "run `make docs`"


def test_every_field_is_described_in_our_words() -> None:
    """Each field that the reference lists says what it is."""
    silent = [
        f"{name}.{field}"
        for name, model in models().items()
        for field in schema_named(model.__name__).fields
        if field != "provider"
        and not name.startswith("Update")  # Is described by its create schema.
        and not model.model_fields[field].description
    ]
    assert silent == []


@pytest.mark.parametrize("name", sorted(models()))
def test_every_rule_has_its_source(name: str) -> None:
    """A rule of a model says in its docstring what it asks and who says so."""
    for decorator in models()[name].__pydantic_decorators__.field_validators.values():
        assert re.search(r"\w.*\sSource: .+\.", decorator.func.__doc__ or "", re.DOTALL)


def test_every_warning_is_shown() -> None:
    """Each warning that the advice can give has a sample in the reference."""
    known = {value.code for value in vars(advice).values() if isinstance(value, Template)}
    assert {split(line).code for line in warnings()} == known


def test_no_warning_is_shown_twice() -> None:
    """Each sample gives one warning and no other has the same."""
    lines = list(warnings())
    assert len(lines) == len(set(lines))


def test_links_lead_somewhere() -> None:
    """Every anchor is a heading, every linked example a file, every example is in the reference."""
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors
    for path in EXAMPLES.glob("*.py"):
        assert path.read_text(encoding="utf-8") in TEXT or f"](examples/{path.name})" in TEXT
    assert all((EXAMPLES / name).exists() for name in re.findall(r"\]\(examples/([^)]+)\)", TEXT))
