"""Declarations, answers and a tiny account in memory: what the fast rings are built from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.official import assert_documented
from vapi_provider.api.client import VapiClient
from vapi_provider.api.retry import Retry
from vapi_provider.api.transport import Transport
from vapi_provider.lifecycle.observed_client import ObservedClient
from vapi_provider.lifecycle.session import Session
from vapi_provider.provider import PhoneNumberProvider
from vapi_provider.pulumi_sdk.plugin import Failure
from vapi_provider.settings.backend import Backend
from vapi_provider.settings.config import Settings

_SCRATCH = TemporaryDirectory()

KEY = "key-for-tests-only"
ORG = "org-of-the-tests"
UUID = "7c0a1c3a-6e4f-4a6e-9b57-0d5c6f6f2b11"
DECLARATION = "acme/shop/dev/VapiPhoneNumber/support"
AUTOMATIC_NAME = "shop/dev/support"

MINIMAL: dict[str, dict[str, Any]] = {
    "vapi": {"number_desired_area_code": "415"},
    "twilio": {
        "number": "+14155552671",
        "twilio_account_sid": "AC1",
        "twilio_auth_token": "a-twilio-token",
    },
    "vonage": {"number": "+14155552671", "credential_id": UUID},
    "telnyx": {"number": "+14155552671", "credential_id": UUID},
    "byo-phone-number": {"credential_id": UUID},
}
"""The least that declares a number of each kind."""


def _message() -> dict[str, Any]:
    return {
        "type": "custom-message",
        "content": "One moment",
        "contents": [{"type": "text", "text": "Un momento", "language": "es"}],
    }


FULL: dict[str, Any] = {
    "name": "support",
    "assistant_id": UUID,
    "squad_id": "squad",
    "workflow_id": "workflow",
    "number_desired_area_code": "415",
    "sip_uri": "sip:support@sip.vapi.ai",
    "authentication": {
        "realm": "voice.example.com",
        "username": "a-user-name-of-20-chars",
        "password": "a-password-of-20-chars",
    },
    "server": {
        "url": "https://voice.example.com/vapi",
        "timeout_seconds": 30,
        "credential_id": UUID,
        "headers": {"X-Token": "a-header-secret", "camelCase_key": "x"},
        "static_ip_addresses_enabled": True,
        "encrypted_paths": ["a.b", "c"],
        "backoff_plan": {
            "type": "exponential",
            "max_retries": 3,
            "base_delay_seconds": 1.5,
            "excluded_status_codes": [400, 404],
        },
    },
    "fallback_destination": {
        "type": "sip",
        "sip_uri": "sip:desk@pbx.example.com",
        "caller_id": "{{customer.number}}",
        "message": _message(),
        "sip_headers": {"X-Reason": "fallback", "nestedKey": {"camelCase": 1}},
        "name": "Front desk",
        "description": "the desk",
        "transfer_plan": {
            "mode": "warm-transfer-experimental",
            "message": "A caller for you",
            "timeout": 90,
            "sip_verb": "dial",
            "dial_timeout": 45,
            "hold_audio_url": "https://example.com/hold.mp3",
            "transfer_complete_audio_url": "https://example.com/done.mp3",
            "context_engineering_plan": {"type": "lastNMessages", "max_messages": 5},
            "twiml": "<Say>Hello</Say>",
            "summary_plan": {
                "messages": [{"role": "system", "content": "{{transcript}}"}],
                "enabled": False,
                "timeout_seconds": 10,
            },
            "sip_headers_in_refer_to_enabled": True,
            "fallback_plan": {"message": _message(), "end_call_enabled": False},
        },
    },
    "hooks": [
        {
            "on": "call.ringing",
            "do": [
                {"type": "say", "exact": "Not open"},
                {
                    "type": "transfer",
                    "destination": {
                        "type": "number",
                        "number": "+14155550100",
                        "number_e164_check_enabled": False,
                        "extension": "12",
                        "caller_id": "+14155550101",
                        "message": "",
                        "transfer_plan": {"mode": "blind-transfer"},
                        "name": "Mobile",
                        "description": "mobile",
                    },
                },
            ],
            "filters": [{"type": "startsWith", "key": "number", "starts_with": ["91", "7"]}],
        },
        {
            "on": "call.ending",
            "do": {"type": "say", "exact": "Goodbye"},
            "filters": [
                {
                    "type": "oneOf",
                    "key": "call.endedReason",
                    "one_of": ["assistant-request-failed", "assistant-request-returned-error"],
                }
            ],
        },
    ],
}
"""A `vapi` declaration that reaches every schema and sets every field, none to its default."""


def wire_record(kind: str = "vapi", id_: str = UUID, **more: Any) -> dict[str, Any]:
    """Return a record in the API's JSON form; `more` are camelCase fields."""
    required: dict[str, dict[str, Any]] = {
        "vapi": {"number": "+14155550123"},
        "twilio": {"number": "+14155552671", "twilioAccountSid": "AC1"},
        "vonage": {"number": "+14155552671", "credentialId": UUID},
        "telnyx": {"number": "+14155552671", "credentialId": UUID},
        "byo-phone-number": {"credentialId": UUID},
    }
    return {
        "id": id_,
        "orgId": ORG,
        "createdAt": "2026-03-26T15:43:16.145Z",
        "updatedAt": "2026-03-26T15:43:16.145Z",
        "provider": kind,
        "status": "active",
        **required.get(kind, {}),
        **more,
    }


def settings(**more: Any) -> Settings:
    """Settings of a real account, which nothing in a test reaches; a journal of their own."""
    if isinstance(more.get("backend"), str):
        more["backend"] = Backend(more["backend"].rstrip("/"), is_named=bool(more["backend"]))
    more.setdefault("journal", Path(_SCRATCH.name) / f"{uuid4()}.sqlite")
    return Settings(api_key=KEY, region="us", base_url="https://api.vapi.ai", **more)


Handler = Callable[[httpx.Request], httpx.Response]


def http(handler: Handler) -> httpx.Client:
    """Return an HTTP client whose requests go to `handler`."""
    return httpx.Client(
        base_url="https://api.vapi.ai",
        headers={"Authorization": f"Bearer {KEY}"},
        transport=httpx.MockTransport(handler),
    )


class FlakyApi:
    """An account in memory: what was sent to it, and answers that were put in the way."""

    def __init__(self, *records: Mapping[str, Any]) -> None:
        self.records = {record["id"]: dict(record) for record in records}
        self.requests: list[httpx.Request] = []
        self.instead: list[httpx.Response | Exception] = []
        """Answered, or raised, in place of what the account would say, the first one first."""
        self.created: dict[str, Any] = {}
        """What the API adds to a new record."""
        self.date = "Thu, 26 Mar 2026 15:43:16 GMT"
        """What its clock shows."""

    @property
    def sent(self) -> list[str]:
        """Method and path of every request."""
        return [f"{request.method} {request.url.path}" for request in self.requests]

    def body(self, at: int = -1) -> Any:
        """The JSON that a request carried."""
        return json.loads(self.requests[at].content)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Handle a request as the account, and add the `Date` of its clock to the response."""
        is_own = not self.instead
        response = self._answer(request)
        if is_own:
            response.headers.setdefault("Date", self.date)
        return response

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if b'"provider"' in request.content:  # A declaration's: the client sends it with each.
            assert_documented(request.method, json.loads(request.content))
        if self.instead:
            instead = self.instead.pop(0)
            if isinstance(instead, Exception):
                raise instead
            return instead
        id_ = request.url.path.removeprefix("/phone-number").strip("/")
        if not id_:
            return self._listed(request) if request.method == "GET" else self._made(request)
        if id_ not in self.records:
            return httpx.Response(404, json={"message": "Not Found", "statusCode": 404})
        if request.method == "PATCH":
            self.records[id_].update(json.loads(request.content))
        found = self.records[id_]
        if request.method == "DELETE":
            del self.records[id_]
        return httpx.Response(200, json=found)

    def _listed(self, request: httpx.Request) -> httpx.Response:
        newest = sorted(self.records.values(), key=lambda item: item["createdAt"], reverse=True)
        until = request.url.params.get("createdAtLe", "9")
        page = [item for item in newest if item["createdAt"] <= until]
        return httpx.Response(200, json=page[: int(request.url.params["limit"])])

    def _made(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        id_ = f"made-{len(self.requests)}"
        self.records[id_] = {**wire_record(body["provider"], id_), **body, **self.created}
        return httpx.Response(201, json=self.records[id_])

    def transport(self, clock: Clock | None = None) -> Transport:
        """Our transport, connected to this account; it never really waits."""
        time = clock or Clock()
        return Transport(http(self), KEY, Retry(time.sleep, time))

    def client(self) -> VapiClient:
        """Our client, connected to this account."""
        return VapiClient(self.transport())

    def observed(self) -> ObservedClient:
        """A run's client, connected to this account."""
        return ObservedClient(self.client())


class Clock:
    """Clock that advances only when `sleep` is called."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def provider(api: FlakyApi, clock: Clock | None = None, **more: Any) -> Any:
    """Return a provider on `api`, as after `configure` in a new process."""
    time = clock or Clock()
    made = PhoneNumberProvider()
    client = VapiClient(api.transport(time))
    made.attach_session(Session(settings(**more), client, time.sleep, time))
    return made


def program_inputs(
    kind: str = "vapi", declaration: str | None = DECLARATION, **fields: Any
) -> dict[str, Any]:
    """Return inputs as a program sends them: `fields`, or the minimum of the kind."""
    named = {} if declaration is None else {"declaration": declaration}
    return {"provider": kind, **named, **(fields or MINIMAL[kind])}


RECORDED = {
    **program_inputs(name="support", squad_id="s", number_desired_area_code="415"),
    "number": "+14155550123",
    "status": "active",
    "org_id": ORG,
    "created_at": "2026-03-26T15:43:16.145Z",
}
THERE = wire_record(name="support", squadId="s")


def failure(call: Any, *args: Any) -> str:
    """Return the one-line message of the error that `call` raises."""
    with pytest.raises(Failure) as raised:
        call(*args)
    text = str(raised.value)
    assert "\n" not in text
    return text
