"""Text of others on a terminal: no control character reaches it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import vapi_provider
from vapi_provider.catalogue.message import Message
from vapi_provider.cli import main
from vapi_provider.cli.record_table import format_table
from vapi_provider.errors import RejectedError
from vapi_provider.pulumi_sdk import plugin
from vapi_provider.pulumi_sdk.plugin import Failure, error_boundary
from vapi_provider.shared.terminal import say, write
from vapi_provider.shared.text import escape_control, escape_control_lines

PACKAGE = Path(vapi_provider.__file__).parent
STEERING = [
    *map(chr, (*range(0x0A), *range(0x0B, 0x20), 0x7F, *range(0x80, 0xA0))),
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029",
    *map(chr, (0xD800, 0xDFFF, 0xFEFF)),
]


@pytest.mark.parametrize("character", STEERING, ids=ascii)
def test_what_steers_a_terminal_is_escaped(character: str) -> None:
    """Control characters, direction marks and half characters are written as JSON has them."""
    for shown in (escape_control(f"a{character}b"), escape_control_lines(f"a{character}b")):
        assert shown == f"a\\u{ord(character):04x}b"
        assert json.loads(f'"{shown}"') == f"a{character}b"


@pytest.mark.parametrize("text", ["Grüße, 日本 — “…” 👩‍👧", "\\u001b", "a\u00a0b", ""])
def test_words_are_left_as_they_are(text: str) -> None:
    """Letters of all scripts, joined emoji and plain text pass."""
    assert escape_control(text) == escape_control_lines(text) == text


def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A word with a line feed cannot add a line of its own; a page keeps its lines."""
    say("a\nError: b")
    write("a\nb\x1b")
    say("c\x9b", err=True)
    shown = capsys.readouterr()
    assert shown.out == "a\\u000aError: b\na\nb\\u001b\n"
    assert shown.err == "c\\u009b\n"


@pytest.mark.parametrize(
    "words", [["no\x1b[31m"], ["--no\x1b[31m"], ["list", "--no\x9b1m"], ["probe", "\u202eno"]]
)
def test_errors_about_a_persons_words_are_escaped(words: list[str]) -> None:
    """What click itself writes of a wrong word is escaped as well."""
    result = CliRunner().invoke(main, words)
    assert result.exit_code != 0
    assert result.output
    assert not set(result.output) & set(STEERING)


def test_errors_of_commands_are_escaped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A command's one line shows the words of others escaped."""
    monkeypatch.setenv("VAPI_REGION", "us")
    result = CliRunner().invoke(main, ["list", "--state", f"{tmp_path}/\x1b]0;title\x07\u202e"])
    assert result.exit_code == 1
    assert "\\u001b]0;title\\u0007\\u202e" in result.output
    assert not set(result.output) & set(STEERING)


def test_what_crosses_to_the_engine_is_escaped() -> None:
    """The engine writes our errors to the terminal as they are."""

    @error_boundary
    def refused() -> None:
        raise RejectedError(Message("no \x1b[2J\u202e"), 400)

    @error_boundary
    def broken() -> None:
        raise RuntimeError("no \x1b[2J")

    with pytest.raises(Failure, match=r"^no \\u001b\[2J\\u202e$"):
        refused()
    with pytest.raises(Failure) as raised:
        broken()
    assert "\x1b" not in str(raised.value)
    assert "Traceback" in str(raised.value)


def test_a_warning_outside_of_the_plugin_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    """A command's warnings go the same way."""
    plugin.warn(Message("waiting \x1b[31m"))
    assert capsys.readouterr().err == "warning: waiting \\u001b[31m\n"


def test_one_place_writes() -> None:
    """No other module of the package writes to a terminal by itself."""
    # The search path is arranged before anything else may be imported; it shows names of its list.
    allowed = {PACKAGE / "shared" / "terminal.py", PACKAGE / "shared" / "search_path.py"}
    writing = {"print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write"}
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path not in allowed
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call | ast.Attribute)
        and ast.unparse(node.func if isinstance(node, ast.Call) else node) in writing
    ]
    assert found == []


def test_names_in_a_table_that_look_equal_are_told_apart() -> None:
    """A character that no terminal shows is written as JSON has it."""
    names = ("support", "sup\u200bport", "sup\u00adport")
    shown = format_table([{"name": name} for name in names]).split("\n")[1:]
    assert [line.strip() for line in shown] == ["support", "sup\\u200bport", "sup\\u00adport"]
