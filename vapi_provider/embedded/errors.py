"""The embedded account's errors, with the API's own bodies and messages."""

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
    """Return the API's usual error (observed, with the order of its keys).

    The API sends a list of messages about the form of a body, and a single text about a business
    rule.
    """
    text = message if isinstance(message, str) else list(message)
    reason = HTTPStatus(status).phrase
    return Refusal(status, {"message": text, "error": reason, "statusCode": status})


def not_found() -> Refusal:
    """Return the error for an unknown id; the status was observed, the body is our assumption."""
    return refused("Not Found", 404)


def no_such_route(method: str, path: str) -> Refusal:
    """Return the error for an unknown path or method; assumed to be the web framework's own."""
    return refused(f"Cannot {method} {path}", 404)


def payment_required() -> Refusal:
    """Return the error for a purchase without funds, as documented for another endpoint."""
    return Refusal(
        402, {"statusCode": 402, "message": NO_FUNDS, "reason": "payment_method_missing"}
    )


def internal_error(reason: str) -> Refusal:
    """Return the API's error 500 with the reason why the embedded account failed."""
    text = f"Internal server error (embedded account: {reason})"
    return Refusal(500, {"statusCode": 500, "message": text})
