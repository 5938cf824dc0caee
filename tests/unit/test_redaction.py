"""Redaction: no spelling of a secret passes, and what is no secret is left alone."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from collections.abc import Callable

import pytest

from vapi_provider.shared.redaction import REDACTED, redact

SECRET = "Bearer tö<k/e\"n&1'23😀abc def\\x"

SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "last word": lambda it: it.rpartition(" ")[2],
    "json": json.dumps,
    "json, not ascii": lambda it: json.dumps(it, ensure_ascii=False),
    "json in json": lambda it: json.dumps(json.dumps(it)),
    "escaped angle": lambda it: it.replace("<", "\\u003c").replace("&", "\\u0026"),
    "escaped slash": lambda it: it.replace("/", "\\/"),
    "upper-case escapes": lambda it: json.dumps(it).replace("\\u00f6", "\\u00F6"),
    "html": html.escape,
    "html twice": lambda it: html.escape(html.escape(it)),
    "decimal entities": lambda it: "".join(f"&#{ord(each)};" for each in it),
    "hexadecimal entities": lambda it: "".join(f"&#x{ord(each):X};" for each in it),
    "percent": urllib.parse.quote,
    "percent, all": lambda it: urllib.parse.quote(it, safe=""),
    "percent twice": lambda it: urllib.parse.quote(urllib.parse.quote(it)),
    "form": urllib.parse.quote_plus,
    "repr": repr,
    "ascii": ascii,
    "bytes": lambda it: repr(it.encode()),
    "upper case": str.upper,
    "cut with dots": lambda it: f"{it[:12]}...",
    "cut with an ellipsis": lambda it: f"{it[:12]}…",
    "cut with stars": lambda it: f"{it[:12]}*****",
    "its end": lambda it: f"…{it[-6:]}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_secret_passes(spelling: str) -> None:
    """Escaped, encoded, quoted or cut: no four characters of it in a row are left."""
    spelled = SPELLINGS[spelling](SECRET)
    said = redact(f"server.headers: the value {spelled} is not allowed", [SECRET])
    assert REDACTED in said
    assert said.startswith("server.headers: the value ")
    assert said.endswith(" is not allowed")
    middle = said[len("server.headers: the value ") : -len(" is not allowed")]
    left = middle.replace(REDACTED, "|").rstrip("*")
    assert not [at for at in range(len(spelled) - 3) if spelled[at : at + 4] in left], left


def test_a_text_that_ends_within_a_secret_hides_its_beginning() -> None:
    """An answer that was cut short shows no part of a secret."""
    assert redact("the value Bearer abcdefgh", ["Bearer abcdefghijklmnop"]) == (
        f"the value {REDACTED}"
    )


def test_a_basic_authentication_hides_what_it_encodes() -> None:
    """The user and the password of a Basic header are as secret as their base64."""
    value = "Basic " + base64.b64encode(b"user-name:pass-word").decode()
    said = redact("no user user-name:pass-word, or wrong pass-word", [value])
    assert said == f"no user {REDACTED}, or wrong {REDACTED}"


def test_parsed_answers_are_redacted_throughout() -> None:
    """Lists, objects, keys and numbers of an answer hold no secret either."""
    response = {"message": ["a secret-word", {"secret-word": 12345678, "n": 7}], "ok": True}
    assert redact(response, ["secret-word", "12345678"]) == {
        "message": [f"a {REDACTED}", {REDACTED: REDACTED, "n": 7}],
        "ok": True,
    }


@pytest.mark.parametrize(
    "text",
    [
        "authentication.password must be longer than or equal to 20 characters",
        "each value in headers must be a string",
        "100% of a+b &amp; c:\\new \\u00e4 %zz",
        "",
    ],
)
def test_words_that_are_no_secrets_stay(text: str) -> None:
    """A message keeps its words, also where a secret begins like one of them."""
    assert redact(text, ["password-for-tests-only", "x", "abc", ""]) == text
