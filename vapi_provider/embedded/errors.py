"""What the embedded account says when it refuses, in the API's own shapes and words.

    EmbeddedAccountError   the file cannot be used; raised before any request is answered
    Refusal                an answer other than 2xx, ready to be sent

Knows status codes and bodies; nothing of routes, storage or rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

INVALID_KEY = (
    "Invalid Key. Hot tip, you may be using the private key instead of the public key, "
    "or vice versa."
)
MISSING_KEY = "Missing Authorization Header."
RATE_LIMITED = "Rate limit exceeded"
NO_FUNDS = (
    "Couldn't Buy Phone Number. Update Payment Method in https://dashboard.vapi.ai/org/billing."
)


class EmbeddedAccountError(ValueError):
    """The embedded account cannot be opened; the message is one line and names the file."""


class Refusal(Exception):
    """An answer that is not a success: its status and its JSON body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def refused(message: str | Sequence[str], status: int = 400) -> Refusal:
    """The API's usual error body (observed, key order too).

    A list of messages is what a check of the body's form says, a single text what a rule of the
    business says.
    """
    said = message if isinstance(message, str) else list(message)
    reason = HTTPStatus(status).phrase
    return Refusal(status, {"message": said, "error": reason, "statusCode": status})


def not_found() -> Refusal:
    """An id that is not there. Status observed; the body is our assumption."""
    return refused("Not Found", 404)


def no_such_route(method: str, path: str) -> Refusal:
    """A path or verb that the API does not have. Our assumption: the framework's own answer."""
    return refused(f"Cannot {method} {path}", 404)


def payment_required() -> Refusal:
    """A refused purchase in the shape documented for another endpoint."""
    return Refusal(
        402, {"statusCode": 402, "message": NO_FUNDS, "reason": "payment_method_missing"}
    )


def broken(reason: str) -> Refusal:
    """A failure of the embedded account itself; the reason is the one thing we add."""
    said = "Internal server error"
    return Refusal(500, {"statusCode": 500, "message": f"{said} (embedded account: {reason})"})
