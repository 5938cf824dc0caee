"""A stack's settings file: what is wrong with it is said in one line that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.settings_file import problem

EMBEDDED = "config:\n  vapi:baseUrl: embedded:.pulumi/account.sqlite\n"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Where the file would be."""
    return tmp_path / "Pulumi.local.yaml"


def test_an_embedded_account_is_fine(settings: Path) -> None:
    """The committed shape of local passes."""
    settings.write_text(EMBEDDED, encoding="utf-8")
    assert problem("local", settings, needs_key=True) is None


@pytest.mark.parametrize(
    "text", ["config: [\n", "a: b: c", "\tx: 1", "- 1\n- 2", "hello", "config: hello"]
)
@pytest.mark.parametrize("stack", ["local", "dev"])
def test_what_is_no_settings_file_is_named(settings: Path, stack: str, text: str) -> None:
    """Broken YAML, and YAML that holds no settings, is one line with the file's name."""
    settings.write_text(text, encoding="utf-8")
    said = problem(stack, settings, needs_key=False)
    assert said is not None
    assert str(settings) in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "text", ["", "config:\n", "config:\n  vapi:baseUrl: https://api.vapi.ai\n"]
)
def test_local_is_never_on_a_real_account(settings: Path, text: str) -> None:
    """Without an embedded account local, which asks nobody, is refused."""
    settings.write_text(text, encoding="utf-8")
    assert "must say `vapi:baseUrl: embedded:<file>`" in str(problem("local", settings, False))


def test_local_without_its_file_is_refused(settings: Path) -> None:
    """A deleted settings file does not send local to the real account."""
    assert "embedded:<file>" in str(problem("local", settings, needs_key=False))


@pytest.mark.parametrize(
    ("text", "variables", "refused"),
    [
        ("", {}, True),
        ("config:\n  vapi:region: us\n", {}, True),
        ("config:\n  vapi:apiKey:\n    secure: v1:x\n", {}, False),
        ("environment:\n  - vapi/dev\n", {}, False),
        (EMBEDDED, {}, False),
        ("", {"VAPI_API_KEY": "k"}, False),
        ("", {"VAPI_TOKEN": "k"}, False),
        ("", {"VAPI_API_KEY": ""}, True),
        ("", {"VAPI_BASE_URL": "embedded:x.sqlite"}, False),
    ],
)
def test_a_stack_without_a_key_is_stopped_before_it_is_made(
    settings: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    variables: dict[str, str],
    refused: bool,
) -> None:
    """`up` and `preview` want a key from config, environment or ESC; `env` does not."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings.write_text(text, encoding="utf-8")
    assert ("no Vapi key" in str(problem("dev", settings, needs_key=True))) is refused
    assert problem("dev", settings, needs_key=False) is None
