"""docs/reference.md is what the models say now, and leaves nothing of them out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from scripts.docs.generate import EXAMPLES, REFERENCE, ROOT, reference
from scripts.docs.samples import warnings
from tests.support.official import models
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


def templates() -> Iterator[str]:
    """The text of every warning in the code as a pattern: what is filled in may be anything."""
    tree = ast.parse((ROOT / "vapi_provider/models/advice.py").read_text(encoding="utf-8"))
    walking = ("advice", "_objects")
    rules = [node for node in tree.body if getattr(node, "name", None) not in walking]
    for node in (node for rule in rules for node in ast.walk(rule)):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            yield from patterns(node.value.elts[-1])


def patterns(text: ast.expr) -> Iterator[str]:
    """A text, or both of a condition's."""
    if isinstance(text, ast.IfExp):
        yield from patterns(text.body)
        yield from patterns(text.orelse)
    elif isinstance(text, ast.JoinedStr):
        yield "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
            for part in text.values
        )
    else:
        yield re.escape(ast.literal_eval(text))


@pytest.mark.parametrize("pattern", sorted(set(templates())))
def test_every_warning_is_shown(pattern: str) -> None:
    """Each text that the advice can give has a sample: a person finds it in the reference."""
    assert any(re.search(f"{pattern}$", line) for line in warnings())


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
