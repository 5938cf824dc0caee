"""The Markdown files of the repository: length of lines, links and anchors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("[A-Z]*.md"), *(ROOT / "docs").rglob("*.md")])
LONGEST = 100
FOLDERS = ("vapi_provider", "engine", "scripts", "bench", "stacks", "docs", ".github", "examples")
CODE = {".py", ".sh", ".yml", ".yaml", ".toml"}


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a page outside fenced and indented code."""
    fence = ""
    before = ""
    for number, line in enumerate(text.splitlines(), 1):
        marker = re.match(r"\s*(`{3,}|~{3,})", line)
        if fence:
            if marker and marker[1].startswith(fence):
                fence = ""
            continue
        if marker:
            fence = marker[1]
            continue
        # Four spaces after a blank line are code; below a list item they continue it.
        if line.startswith("    ") and not before.strip():
            continue
        before = line if line.strip() else ""
        yield number, line


def too_long(text: str) -> list[str]:
    """Return the long lines outside tables and code."""
    return [
        f"{number}: {line}"
        for number, line in prose(text)
        if len(line) > LONGEST and not line.lstrip().startswith("|")
    ]


def without_code(text: str) -> str:
    """Return the prose of a page, without code spans."""
    return re.sub(r"(`+).+?\1", "", "\n".join(line for _, line in prose(text)), flags=re.DOTALL)


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    found: set[str] = set()
    for _, line in prose(text):
        heading = re.match(r"#{1,6} +(.+)", line)
        if heading:
            words = re.sub(r"[^\w\- ]", "", heading[1].strip().lower()).replace(" ", "-")
            count = sum(bool(re.fullmatch(rf"{re.escape(words)}(-\d+)?", one)) for one in found)
            found.add(f"{words}-{count}" if count else words)
    return found


def broken_links(page: Path) -> list[str]:
    """Return the relative links of a page that lead to no file or to no heading."""
    text = page.read_text(encoding="utf-8")
    broken: list[str] = []
    for target in re.findall(r"\]\(\s*<?([^)\s>]+)", without_code(text)):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (
            anchor and anchor not in anchors(file.read_text(encoding="utf-8"))
        ):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_lines_are_short(page: Path) -> None:
    """A line outside tables and code has at most 100 characters."""
    assert too_long(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_internal_links_resolve(page: Path) -> None:
    """A relative link leads to a file of the repository, and its anchor to a heading there."""
    assert broken_links(page) == []


def test_pages_named_in_code_exist() -> None:
    """A page that a comment, a docstring or a message names is in docs/."""
    missing = [
        f"{file.relative_to(ROOT)}: {name}"
        for folder in FOLDERS
        for file in sorted((ROOT / folder).rglob("*"))
        if file.suffix in CODE and file.is_file()
        for name in re.findall(r"\bdocs/[\w./-]+\.md\b", file.read_text(encoding="utf-8"))
        if not (ROOT / name).exists()
    ]
    assert missing == []


def test_the_rules_find_faults(tmp_path: Path) -> None:
    """Long prose, missing files and missing headings are found; tables and code are left alone."""
    page = tmp_path / "page.md"
    long = "x" * (LONGEST + 1)
    page.write_text(
        f"# One `thing`, twice\n\n{long}\n\n| {long} |\n\n    {long}\n\n```\n{long}\n[a](gone.md)\n"
        f"```\n\n- item\n    {long}\n\n## One thing, twice\n\n[a](#one-thing-twice) "
        "[b](#one-thing-twice-1) [c](#one-thing-twice-2) [d](gone.md) [wrapped\ntext](page.md#no) "
        "`[e](gone.md)` [f](https://vapi.ai#no) [`g`](page.md)\n",
        encoding="utf-8",
    )
    assert [line.partition(":")[0] for line in too_long(page.read_text(encoding="utf-8"))] == [
        "3",
        "15",
    ]
    assert broken_links(page) == ["#one-thing-twice-2", "gone.md", "page.md#no"]
