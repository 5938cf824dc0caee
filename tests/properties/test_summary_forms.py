"""Rendered summaries: no text escapes from its place, whatever it contains."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from vapi_provider.summary.content import Change, FieldChange, Summary
from vapi_provider.summary.events import Notice
from vapi_provider.summary.markdown import code_span, render_markdown
from vapi_provider.summary.text import render_text

NASTY = (
    "|",
    "`",
    "``",
    "\\",
    "\\|",
    "@everyone",
    "<b>",
    "&lt;",
    "\n",
    "\r",
    "[a](http://b.example)",
)
NASTY += ("![x](y)", "www.example.com", "a@b.example", "**", "~~", "-->", "\u202e", "#1", "\u2028")
texts = st.lists(st.sampled_from(NASTY) | st.text(max_size=5), max_size=8).map("".join)
values = st.none() | texts | st.integers() | st.lists(texts, max_size=2)
fields = st.builds(FieldChange, st.sampled_from(["name", "hooks[0].do"]), values, values)
actions = st.sampled_from(["deleted", "replaced", "changed", "created"])
changes = st.builds(
    Change,
    actions,
    texts,
    texts,
    number=st.none() | texts,
    released=st.booleans(),
    fields=st.lists(fields, max_size=3).map(tuple),
)
sayings = st.lists(st.builds(Notice, st.none() | texts, texts), max_size=2).map(tuple)
READER = MarkdownIt("gfm-like")
PLAIN = {"text", "code_inline", "strong_open", "strong_close", "softbreak"}


def tokens(markdown: str) -> tuple[list[Any], list[Any]]:
    """Return the blocks and inline tokens of a text in GitHub's dialect."""
    blocks = READER.parse(markdown)
    inside = [child for block in blocks for child in block.children or []]
    return blocks, inside


@given(st.lists(changes, min_size=1, max_size=3).map(tuple), sayings)
def test_a_table_has_exactly_its_cells(found: tuple[Change, ...], warned: Any) -> None:
    """Any names and values yield one row a field with six cells, without links or HTML."""
    blocks, inside = tokens(render_markdown(Summary("preview", "test", found, warned)))
    kinds = [block.type for block in blocks]
    rows = sum(max(1, len(change.fields)) for change in found) + 1
    assert kinds.count("table_open") == 1
    assert kinds.count("tr_open") == rows
    assert kinds.count("td_open") + kinds.count("th_open") == 6 * rows
    assert kinds.count("list_item_open") == len(warned)
    assert {token.type for token in inside} <= PLAIN
    assert not {"html_block", "html_inline", "heading_open", "fence"} & set(kinds)


@given(texts)
def test_text_stands_in_one_code_span(text: str) -> None:
    """Any text becomes a single code span."""
    _, inside = tokens(f"| a | b |\n|---|---|\n| {code_span(text)} | {code_span(text)} |")
    spans = [token for token in inside if token.type == "code_inline"]
    assert len(spans) == 2
    others = "".join(token.content for token in inside if token.type == "text")
    assert others.strip() in ("a", "ab")


@given(st.lists(changes, max_size=3).map(tuple), sayings)
def test_a_terminal_gets_no_control_characters(found: tuple[Change, ...], warned: Any) -> None:
    """A text neither moves the terminal's cursor nor starts a line."""
    summary = Summary("preview", "test", found, warned)
    lines = render_text(summary).split("\n")
    assert all(line.isprintable() for line in lines)
    fields_told = sum(len(change.fields) for change in found)
    assert len([line for line in lines if line]) == 1 + len(found) + fields_told + len(warned)
