"""The catalogue of errors and warnings: codes, templates and their uses in the package."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import vapi_provider.catalogue
from vapi_provider.catalogue.message import Message, Template, split, without_code
from vapi_provider.errors import VapiError

PACKAGE = Path(vapi_provider.catalogue.__file__).parents[1]
CODE = re.compile(r"VAPI(-[A-Z0-9]+)+")


def test_a_message_ends_with_its_code() -> None:
    """A filled template is one line with the code in brackets at its end."""
    message = Template("VAPI-GONE", "{id} is gone")(id="a1")
    assert message == "a1 is gone [VAPI-GONE]"
    assert split(message) == ("a1 is gone", "VAPI-GONE")
    assert split("plain") == ("plain", None)


def test_an_inner_message_loses_its_code() -> None:
    """A message that quotes an error or another message has one code, its own."""
    inner = Template("VAPI-INNER", "no answer")()
    outer = Template("VAPI-OUTER", "{cause}: run again")
    for cause in (inner, VapiError(inner)):
        assert outer(cause=cause) == "no answer: run again [VAPI-OUTER]"
    assert without_code(3) == 3


def test_a_value_is_no_template() -> None:
    """Braces in a value are text."""
    assert Template("VAPI-X", "{name} is bad")(name="{code}") == "{code} is bad [VAPI-X]"


def _templates() -> Iterator[tuple[str, str, Template]]:
    """Yield each template of the catalogue with its module's and its own name."""
    for module in pkgutil.iter_modules(vapi_provider.catalogue.__path__):
        for name, value in vars(
            importlib.import_module(f"vapi_provider.catalogue.{module.name}")
        ).items():
            if isinstance(value, Template):
                yield module.name, name, value


TEMPLATES = list(_templates())


def test_codes_are_unique_and_well_formed() -> None:
    """Each code is `VAPI-` and words in capitals, and stands once in the catalogue."""
    codes = [template.code for *_, template in TEMPLATES]
    assert len(codes) == len(set(codes))
    assert [code for code in codes if not CODE.fullmatch(code)] == []


def test_names_are_unique_across_the_catalogue() -> None:
    """A template's name says which it is without its module."""
    names = [name for _, name, _ in TEMPLATES]
    assert len(names) == len(set(names))


def _fields(template: Template) -> set[str]:
    return {name for _, name, *_ in string.Formatter().parse(template.text) if name is not None}


def _sources() -> Iterator[tuple[Path, ast.Module]]:
    # The make targets use the catalogue as well.
    for path in sorted([*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "scripts").glob("*.py")]):
        if path.parent.name != "catalogue":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_each_template_is_used_with_all_its_values() -> None:
    """Every template has a use in the package, and every use passes exactly its values."""
    templates = {name: template for _, name, template in TEMPLATES}
    used: set[str] = set()
    wrong: list[str] = []
    for path, tree in _sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Name | ast.Attribute):
                used.add(_last_name(node))
            if isinstance(node, ast.Call) and _last_name(node.func) in templates:
                given = {word.arg for word in node.keywords}
                if None not in given and given != _fields(templates[_last_name(node.func)]):
                    wrong.append(f"{path.name}:{node.lineno}: {_last_name(node.func)}")
    assert wrong == []
    assert sorted(templates.keys() - used) == []


PAGES = sorted([*PACKAGE.parent.glob("[A-Z]*.md"), *(PACKAGE.parent / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_codes_and_texts_of_the_catalogue(page: Path) -> None:
    """Each code in a page exists; the symptom that a table quotes beside it is in its text."""
    texts = {template.code: template.text for *_, template in TEMPLATES}
    content = page.read_text(encoding="utf-8")
    assert {match[0] for match in CODE.finditer(content)} <= texts.keys()
    for codes, quote in re.findall(r"^\| ((?:`VAPI-[^`]+`(?:, )?)+): `([^`]+)` \|", content, re.M):
        for code in re.findall(r"`([^`]+)`", codes):
            assert [part for part in quote.split("…") if part not in texts[code]] == []


@pytest.mark.parametrize("value", ["", "text [vapi-x]", "[VAPI-X] text", "a [VAPI-X] b"])
def test_other_text_has_no_code(value: str) -> None:
    """Only a code at the end of a line is one."""
    assert split(value) == (value, None)


def test_a_message_is_text() -> None:
    """A message can be sent and compared as any text."""
    assert isinstance(Template("VAPI-X", "x")(), Message)
    assert isinstance(Template("VAPI-X", "x")(), str)
