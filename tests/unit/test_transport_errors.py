"""What an answer that says no tells a person: Vapi's words in one line, and no secret."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.answers import api, error_of, refused
from tests.support.builders import KEY


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (refused(400, "one thing"), "one thing"),
        (refused(400, ["one thing", "another"]), "one thing; another"),
        (refused(400, {"why": "x"}), "{'why': 'x'}"),
        (httpx.Response(400, json={"error": "x"}), '{"error":"x"}'),
        (httpx.Response(400, json=["x"]), '["x"]'),
        (httpx.Response(403, text="error code: 1010\n"), "error code: 1010"),
        (httpx.Response(400, content=b"\xff\xfe\xff"), "400 Bad Request"),
        (refused(400, "two\n  lines\r\n"), "two lines"),
        (refused(418, "tea"), "tea"),
        (httpx.Response(499), "499"),
    ],
)
def test_vapis_own_words_are_told_in_one_line(response: httpx.Response, words: str) -> None:
    """Text, list, anything else and no JSON at all: one line with the status and the words."""
    text = str(error_of(api(response)))
    assert text.startswith(f"GET /phone-number: {response.status_code}")
    assert words in text


def test_a_long_answer_is_cut() -> None:
    """A page of HTML does not fill the screen."""
    assert len(str(error_of(api(refused(400, "x" * 10_000))))) < 700


SECRET = "a-secret-in-the-body"


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        ((SECRET,), f"bad {SECRET}!"),
        ((SECRET,), f"bad Bearer {KEY}"),
        ((), f"bad {KEY}"),
        (("",), "bad"),
        ((SECRET,), ["bad", f"worse {SECRET}"]),
        pytest.param((SECRET,), "x" * 495 + SECRET, id="cut in the middle"),
        pytest.param(("a  secret",), "bad a  secret", id="spaces"),
        pytest.param(("a-sec", SECRET), f"bad {SECRET}", id="one begins as the other"),
    ],
)
def test_no_error_shows_a_secret(secrets: tuple[str, ...], said: Any) -> None:
    """What the API echoes of the key and of secrets is replaced, wherever it stands."""
    text = str(error_of(api(refused(400, said)), "POST", secrets=secrets))
    for secret in (KEY, SECRET, "a secret"):
        for part in (secret[:5], secret[-5:]):
            assert part not in text.replace("[secret]", "")


def test_a_secret_in_an_answer_without_a_message_is_not_shown() -> None:
    """A secret that JSON spells with escapes is not shown either."""
    secret = 'pass"word"of-somebody'
    answer = httpx.Response(400, json={"echo": secret})
    assert "of-somebody" not in str(error_of(api(answer), "POST", secrets=(secret,)))
