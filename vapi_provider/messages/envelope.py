"""The envelope `{"message": …}` of every server message, and the errors of invalid ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError

from vapi_provider.catalogue.servers import MESSAGE_INVALID
from vapi_provider.errors import VapiError


class InvalidMessage(VapiError, ValueError):
    """A request body that is not the expected message.

    The text is one line of paths and reasons, such as ``message.text: is missing``. It contains no
    value of the message, so it can be logged, and ends with the code VAPI-MESSAGE-INVALID.
    """

    def __init__(self, problems: str) -> None:
        super().__init__(MESSAGE_INVALID(problems=problems))


def open_envelope(body: bytes | bytearray | str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the message inside a request's body.

    Raises:
        InvalidMessage: The body is not JSON or has no object under `message`.
    """
    if not isinstance(body, Mapping):
        try:
            body = json.loads(body)
        except TypeError:
            # A web framework has already parsed the body, to a list, a number or None.
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


def describe_errors(error: ValidationError, root: str) -> str:
    """Return pydantic's errors as ``<path>: <reason>`` without values; `root` begins each path."""
    lines: list[str] = []
    for detail in error.errors(include_url=False, include_input=False):
        is_missing = detail["type"] == "missing"
        reason = "is missing" if is_missing else detail["msg"].removeprefix("Input ")
        inside = detail.get("ctx", {}).get("inside")
        # Pydantic puts the tag of a union between angle brackets; it is not a key.
        steps = [str(step) for step in detail["loc"] if not str(step).startswith("<")]
        lines.append(f"{'.'.join([root, *steps, *([inside] if inside else [])])}: {reason}")
    return "; ".join(lines)
