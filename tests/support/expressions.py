"""Evaluation of GitHub's `${{ … }}` expressions, as far as our workflows use them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"'(?:[^']|'')*'|[A-Za-z_][\w.-]*(?:\(\))?|&&|\|\||[!=]=|[!()]")
_WORDS = {"&&": " and ", "||": " or ", "!": " not ", "true": "True", "false": "False"}


def value(expression: str, contexts: Mapping[str, Any]) -> Any:
    """What an expression comes to; a name that nobody set is empty, as at GitHub."""

    def translated(token: re.Match[str]) -> str:
        text = token[0]
        if text.startswith("'"):
            return repr(text[1:-1].replace("''", "'"))
        if text in _WORDS or not text[0].isalpha():
            return _WORDS.get(text, text)
        found: Any = contexts
        for step in text.split("."):
            found = found.get(step, "") if isinstance(found, Mapping) else ""
        return repr(found)

    return eval(_TOKEN.sub(translated, expression), {"__builtins__": {}})  # noqa: S307  our own files


def filled(text: Any, contexts: Mapping[str, Any]) -> str:
    """A text with its expressions replaced."""
    shown = text if isinstance(text, str) else str(text)

    def one(match: re.Match[str]) -> str:
        found = value(match[1], contexts)
        return str(found).lower() if isinstance(found, bool) else str(found)

    return re.sub(r"\$\{\{(.+?)\}\}", one, shown)


def holds(condition: str, contexts: Mapping[str, Any]) -> bool:
    """Return whether an `if:` is true; without a status function it also requires success."""
    text = condition.strip()
    inner = re.fullmatch(r"\$\{\{(.+)\}\}", text, re.S)
    bare = inner[1] if inner else text
    told = any(word in bare for word in ("always()", "cancelled()", "failure()"))
    return bool(value(bare, contexts)) and (told or bool(contexts["success()"]))
