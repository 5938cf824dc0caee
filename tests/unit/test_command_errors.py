"""How every command ends after wrong usage or an error: code 1, and JSON if it was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from vapi_provider.cli import main
from vapi_provider.pulumi_cli.stack import PulumiError, Stack

WITH_STACK = [
    ["preview", "--stack", ""],
    ["drift", "--stack", " "],
    ["recover", "--stack", ""],
    ["recover", "--stack", "prod", "--also", ""],
    ["orphans", "--stack", "prod", "--stack", ""],
    ["list", "--stack", ""],
    ["import", "--stack", "", "--all", "--yes"],
    ["import", "--stack", "prod", "--also", "", "--all"],
    ["probe", "voice", "https://voice.example.com", "--stack", "", "--number", "a"],
    ["probe", "server", "--stack", "", "--number", "a"],
    ["probe", "stack", ""],
]


@pytest.mark.parametrize("words", WITH_STACK)
def test_an_empty_stack_name_is_refused_before_pulumi_is_called(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command refuses a stack without a name by itself: no pulumi is on PATH here."""
    monkeypatch.setenv("PATH", "")
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert "the stack's name is empty" in result.stderr


@pytest.mark.parametrize("words", [["drift", "--stack", "--json"], ["import", "--stack", "--all"]])
def test_an_option_is_no_stack_name(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`--stack $STACK --all` with an unset variable does not take the next option for a name."""
    monkeypatch.setenv("PATH", "")
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert "is a variable not set?" in result.stderr


def test_drift_refuses_an_answer_that_is_neither_yes_nor_no(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """RUN_PROGRAM=please is refused before Pulumi is called: no pulumi is on PATH here."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("RUN_PROGRAM", "please")
    result = CliRunner().invoke(main, ["drift", "--stack", "prod"])
    assert result.exit_code == 1
    assert "RUN_PROGRAM is 'please': set it to yes or no" in result.stderr


def test_no_code_of_ours_names_the_selected_stack() -> None:
    """A stack without a name cannot be made, however its name came."""
    with pytest.raises(PulumiError, match="is empty"):
        Stack("")


@pytest.mark.parametrize(
    "words",
    [
        ["sevre"],
        ["drift", "--stak", "prod"],
        ["preview"],
        ["preview", "--stack", "prod", "--format", "xml"],
        ["recover", "--stack"],
        ["orphans"],
        ["list", "extra"],
        ["import", "--stack", "prod"],
        ["serve"],
        ["serve", "--db", "a.db", "--port", "many"],
        ["probe", "sevre"],
        ["probe", "voice"],
        ["probe", "server"],
    ],
)
def test_wrong_usage_ends_with_1(words: list[str]) -> None:
    """Code 2 means findings, so a command that was misspelled never ends with it."""
    assert CliRunner().invoke(main, words).exit_code == 1
    assert CliRunner().invoke(main, [*words, "--help"]).exit_code in (0, 1)


@pytest.mark.parametrize(
    "words",
    [
        ["drift", "--stak", "prod", "--json"],
        ["preview", "--format", "json"],
        ["preview", "--format=json", "--stack", ""],
        ["orphans", "--json"],
        ["orphans", "--json", "--state", "missing.json"],
        ["list", "--json", "--stack", "prod"],
        ["import", "--json", "--stack", "prod", "--all"],
        ["recover", "--json", "--stack", "prod"],
        ["drift", "--json", "--stack", "prod"],
        ["probe", "server", "--json"],
        ["probe", "stack", "prod", "--json"],
    ],
)
def test_errors_are_json_where_it_was_asked_for(
    words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Wrong usage and refusals are one JSON object on stdout with the text that stderr has."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    (error,) = json.loads(result.stdout)["errors"]
    assert error.keys() == {"resource", "text", "code"}
    assert error["resource"] is None
    assert error["text"] in result.stderr
