"""Declarations of the rounds' programs, and the values that identify their records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from tests.engine.conftest import KEY

PASSWORD = "visibly-fake-sip-password"
TOKEN = "visibly-fake-carrier-token"
HEADER = "visibly-fake-header-token"
BACKEND_PASSWORDS = ("visibly-fake-old-password", "visibly-fake-new-password")
SECRETS = (KEY, PASSWORD, TOKEN, HEADER, *BACKEND_PASSWORDS)
"""Secrets that no file of a round may contain."""
_CREDENTIAL = "6f3d1f0a-52b1-4f0b-8f63-0c9c9f1c7d21"
_SERVER: dict[str, Any] = {"url": "https://voice.example.com/vapi", "headers": {"X-Token": HEADER}}


@dataclass(frozen=True)
class Declaration:
    """A declared number, and the values that identify its record."""

    resource: str
    kind: str
    fields: dict[str, Any]
    known: dict[str, str]
    stack: str = "test"
    options: str = ""
    """Arguments of ``pulumi.ResourceOptions``, as Python."""

    def is_made_as(self, record: dict[str, Any]) -> bool:
        """Return whether a record is this declaration's; a `known` number may be a prefix."""
        name = str(record.get("name"))
        # A child's automatic name ends in a hash of its parent's types, unless it was moved.
        is_child = self.is_automatic and "parent=" in self.options
        is_named = name.partition("~")[0] == self.label if is_child else name == self.label
        return is_named and self.fits(record)

    def fits(self, record: dict[str, Any]) -> bool:
        """Return whether a record is this declaration's, whatever its name."""
        return all(str(record.get(key, "")).startswith(value) for key, value in self.known.items())

    @property
    def label(self) -> str:
        """Name of the record."""
        return self.fields.get("name", f"numbers/{self.stack}/{self.resource}")

    @property
    def is_automatic(self) -> bool:
        """Whether the record has an automatic name."""
        return "name" not in self.fields

    def is_complete(self, record: dict[str, Any]) -> bool:
        """Return whether the record has the declared headers, which a PATCH sends again."""
        declared = self.fields.get("server", {}).get("headers")
        return (record.get("server") or {}).get("headers") == declared

    def having(self, **fields: Any) -> Declaration:
        """Return the declaration with changed fields; None removes a field."""
        merged = {
            name: value for name, value in {**self.fields, **fields}.items() if value is not None
        }
        return replace(self, fields=merged)

    @property
    def line(self) -> str:
        """Line of the program that declares the number."""
        options = f", opts=pulumi.ResourceOptions({self.options})" if self.options else ""
        return f"{self.kind}PhoneNumber({self.resource!r}, **{self.fields!r}{options})\n"


def program(declarations: Iterable[Declaration]) -> str:
    """Return the program with these declarations."""
    return "".join(declaration.line for declaration in declarations)


_CARRIER = {"credential_id": _CREDENTIAL}
STACK = (
    Declaration(
        "line",
        "Vapi",
        {"number_desired_area_code": "415"},
        {"provider": "vapi", "number": "+1415"},
    ),
    Declaration(
        "entry",
        "Vapi",
        {
            "sip_uri": "sip:entry@sip.vapi.ai",
            "authentication": {"username": "visibly-fake-sip-user", "password": PASSWORD},
        },
        {"provider": "vapi", "sipUri": "sip:entry@sip.vapi.ai"},
    ),
    Declaration(
        "sales",
        "Twilio",
        {
            "number": "+14155550121",
            "twilio_account_sid": "AC-of-nobody",
            "twilio_auth_token": TOKEN,
        },
        {"provider": "twilio", "number": "+14155550121"},
    ),
    Declaration(
        "bookings",
        "Vonage",
        {**_CARRIER, "number": "+14155550122"},
        {"provider": "vonage", "number": "+14155550122"},
    ),
    Declaration(
        "reception",
        "Telnyx",
        {**_CARRIER, "number": "+14155550123", "server": _SERVER},
        {"provider": "telnyx", "number": "+14155550123"},
    ),
    Declaration(
        "workshop",
        "Byo",
        {**_CARRIER, "number": "desk4512", "number_e164_check_enabled": False},
        {"provider": "byo-phone-number", "number": "desk4512"},
    ),
    # Two of one body: with a name of their own nothing tells them apart.
    *(
        Declaration(
            f"pool-{at}",
            "Vapi",
            {"number_desired_area_code": "628", "name": "Our pool"},
            {"provider": "vapi", "number": "+1628"},
        )
        for at in range(2)
    ),
)
NIGHT = Declaration(
    "night",
    "Vapi",
    {"number_desired_area_code": "917", "name": "Our night"},
    {"provider": "vapi", "number": "+1917"},
)
"""A number that the account sells any number of times, and whose name is no resource's own."""
_BY_NAME = {declaration.resource: declaration for declaration in STACK}


def some(*resources: str, names: float = 0.0, draw: Any = None) -> list[Declaration]:
    """Return declarations by resource; a share `names` of them, drawn, have a name of their own."""
    found = [_BY_NAME[resource] for resource in resources]
    return [
        one.having(name=f"Our {one.resource}") if draw and draw.random() < names else one
        for one in found
    ]
