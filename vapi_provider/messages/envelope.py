"""The `{"message": …}` around every server message, and how a bad one is told: by its path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError

from vapi_provider.errors import VapiError


class InvalidMessage(VapiError, ValueError):
    """What was posted is not the message that was asked for.

    The text is one line of paths and reasons, such as ``message.text: is missing``; it holds no
    value of the message.
    """


def opened(body: bytes | bytearray | str | Mapping[str, Any]) -> Mapping[str, Any]:
    """The message inside a request's body. Raises `InvalidMessage`."""
    if not isinstance(body, Mapping):
        try:
            body = json.loads(body)
        except TypeError:
            # A framework has read it already, and it is a list, a number or nothing.
            raise InvalidMessage("the body is not a JSON object") from None
        except (ValueError, RecursionError):
            raise InvalidMessage("the body is not JSON") from None
    if not isinstance(body, Mapping):
        raise InvalidMessage("the body is not a JSON object")
    if "message" not in body:
        raise InvalidMessage("message: is missing")
    message = body["message"]
    if not isinstance(message, Mapping):
        raise InvalidMessage("message: must be an object")
    return cast(Mapping[str, Any], message)


def told(error: ValidationError) -> InvalidMessage:
    """Pydantic's findings in one line, with paths as the wire spells them."""
    return InvalidMessage(paths(error, "message"))


def paths(error: ValidationError, root: str) -> str:
    """The findings about `root`, each as ``<path>: <reason>``; no value is among them."""
    lines: list[str] = []
    for one in error.errors(include_url=False, include_input=False):
        text = "is missing" if one["type"] == "missing" else one["msg"].removeprefix("Input ")
        inside = one.get("ctx", {}).get("inside")
        # A union's tag stands between angle brackets and is no key.
        steps = [str(step) for step in one["loc"] if not str(step).startswith("<")]
        lines.append(f"{'.'.join([root, *steps, *([inside] if inside else [])])}: {text}")
    return "; ".join(lines)
