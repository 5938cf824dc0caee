"""Parser of request bodies: JSON as the API's server reads it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from vapi_provider.embedded.errors import Refusal, refused

JsonObject = dict[str, Any]


def parse_body(data: bytes, media_type: str) -> Any:
    """Return the JSON of a request.

    Our assumptions: a body that is not declared as JSON, or is empty, counts as an empty object;
    a bare text, number, true, false or null is refused like broken JSON.

    Raises:
        Refusal: The body is not JSON (400).
    """
    if not data.strip() or media_type != "application/json":
        return {}
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unexpected("\ufffd", error.start) from error
    try:
        body = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()):
            raise refused("Unexpected end of JSON input") from error
        raise _unexpected(text[error.pos], error.pos) from error
    except (ValueError, RecursionError) as error:
        raise _unexpected(text.lstrip()[0], 0) from error
    if not isinstance(body, dict | list):
        raise _unexpected(text.lstrip()[0], 0)
    return body  # pyright: ignore[reportUnknownVariableType]


def _no_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python accepts and JSON does not have."""
    raise ValueError(name)


def _unexpected(token: str, position: int) -> Refusal:
    return refused(f"Unexpected token {token} in JSON at position {position}")
