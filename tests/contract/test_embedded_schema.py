"""Every success answer of the embedded account against Vapi's published schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from vapi_provider.embedded import Switches, create_app

pytestmark = pytest.mark.contract

SPEC = Path(__file__).parents[2] / "../shared/vapi/openapi-phone-numbers.json"
UUID = "7c0a1c3a-6e4f-4a6e-9b57-0d5c6f6f2b11"
# The two behaviours that the schema does not have: nulls, and a login without its password.
AS_DOCUMENTED = {"cleared_as_null": False, "echo_sip_password": True}
COMMON: dict[str, Any] = {
    "name": "front desk",
    "assistantId": UUID,
    "server": {
        "url": "https://example.com/hook",
        "headers": {"X": "1"},
        "backoffPlan": {
            "type": "exponential",
            "maxRetries": 3,
            "baseDelaySeconds": 1,
            "excludedStatusCodes": [400, 404],
        },
    },
    "fallbackDestination": {
        "type": "number",
        "number": "+14155552671",
        "message": {
            "type": "custom-message",
            "contents": [{"type": "text", "text": "hello", "language": "en"}],
        },
        "transferPlan": {
            "mode": "warm-transfer-experimental",
            "sipVerb": "refer",
            "contextEngineeringPlan": {"type": "lastNMessages", "maxMessages": 5},
            "summaryPlan": {"enabled": True},
            "fallbackPlan": {"message": "sorry"},
        },
    },
    "hooks": [
        {
            "on": "call.ringing",
            "do": [{"type": "say", "exact": "hello"}],
            "filters": [{"type": "startsWith", "key": "number", "startsWith": ["1415"]}],
        },
        {
            "on": "call.ending",
            "do": {
                "type": "transfer",
                "destination": {"type": "sip", "sipUri": "sip:a@example.com"},
            },
            "filters": [
                {
                    "type": "oneOf",
                    "key": "call.endedReason",
                    "oneOf": ["assistant-request-failed"],
                }
            ],
        },
    ],
}
BODIES: list[dict[str, Any]] = [
    {"provider": "vapi", "numberDesiredAreaCode": "415"},
    {
        "provider": "vapi",
        "sipUri": "sip:desk@sip.vapi.ai",
        "authentication": {"username": "u" * 20, "password": "p" * 20},
    },
    {
        "provider": "twilio",
        "number": "+14155552671",
        "twilioAccountSid": "AC1",
        "twilioAuthToken": "t",
        "smsEnabled": False,
    },
    {"provider": "vonage", "number": "+14155552671", "credentialId": UUID},
    {"provider": "telnyx", "number": "+14155552671", "credentialId": UUID},
    {
        "provider": "byo-phone-number",
        "credentialId": UUID,
        "number": "desk1",
        "numberE164CheckEnabled": False,
    },
]


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip(f"Vapi's OpenAPI is not at {SPEC}")
    return json.loads(SPEC.read_text(encoding="utf-8"))


@pytest.fixture(
    params=[
        {},
        {"materialise_defaults": True, "echo_area_code": True},
        {"final_status": "blocked", "activation_seconds": 0.0, "sip_host_upper": True},
    ],
    ids=["believed", "materialised", "blocked"],
)
def account(request: pytest.FixtureRequest, tmp_path: Path):
    switches = Switches(**AS_DOCUMENTED, **request.param)
    transport = httpx.WSGITransport(app=create_app(tmp_path / "a.db", switches=switches))
    headers = {"Authorization": "Bearer any"}
    with httpx.Client(transport=transport, base_url="http://account", headers=headers) as client:
        yield client


def documented(spec: dict[str, Any], path: str, response: httpx.Response) -> Any:
    """The answer's body, once it has the documented status, shape and kind."""
    operation = spec["paths"][path][response.request.method.lower()]
    assert str(response.status_code) in operation["responses"], response.text
    schema = operation["responses"][str(response.status_code)]["content"]["application/json"]
    checker = jsonschema.Draft7Validator(
        schema["schema"] | {"components": spec["components"]},
        format_checker=jsonschema.FormatChecker(),
    )
    checker.validate(response.json())
    return response.json()


@pytest.mark.parametrize("sent", BODIES, ids=lambda sent: "-".join([sent["provider"], *sent][:3]))
def test_one_record(spec: dict[str, Any], account: httpx.Client, sent: dict[str, Any]):
    """Create, read, update, clear and delete of each kind answer what the schema says."""
    one = "/phone-number/{id}"
    made = documented(spec, "/phone-number", account.post("/phone-number", json=sent | COMMON))
    path = f"/phone-number/{made['id']}"
    assert documented(spec, one, account.get(path)) == made
    documented(spec, one, account.patch(path, json={"provider": sent["provider"], "name": "b"}))
    documented(spec, one, account.patch(path, json={"server": None, "hooks": None, "name": None}))
    documented(spec, one, account.delete(path))


def test_lists(spec: dict[str, Any], account: httpx.Client):
    """Both lists answer what the schema says, with all kinds in them."""
    for sent in BODIES:
        account.post("/phone-number", json=sent | COMMON)
    listed = documented(spec, "/phone-number", account.get("/phone-number"))
    assert len(listed) == len(BODIES)
    paged = account.get("/v2/phone-number", params={"limit": 2})
    assert len(documented(spec, "/v2/phone-number", paged)["results"]) == 2


def test_unknown_nested_keys_are_kept_unless_a_patch_replaces_their_object(tmp_path: Path) -> None:
    """Keys that no schema has stay in every nested object that a PATCH does not name.

    Under a name that is not taken, a body is refused as the API refuses it.
    """
    switches = Switches(nested_keys_taken=frozenset({"secret", "newKey"}))
    transport = httpx.WSGITransport(app=create_app(tmp_path / "a.db", switches=switches))
    headers = {"Authorization": "Bearer any"}
    server = {"url": "https://a.example", "secret": "legacy-for-tests", "newKey": {"deep": [1]}}
    hook = {"on": "call.ending", "do": {"type": "say", "exact": "Bye", "newKey": 1}, "newKey": 2}
    body = {"provider": "vapi", "numberDesiredAreaCode": "415", "server": server, "hooks": [hook]}
    with httpx.Client(transport=transport, base_url="http://account", headers=headers) as account:
        made = account.post("/phone-number", json=body).raise_for_status().json()
        path = f"/phone-number/{made['id']}"
        assert (made["server"], made["hooks"]) == (server, [hook])
        for change in ({"name": "a"}, {"fallbackDestination": None}):
            now = account.patch(path, json=change).raise_for_status().json()
            assert (now["server"], now["hooks"]) == (server, [hook])
        bare = {"url": "https://b.example"}
        now = account.patch(path, json={"server": bare}).raise_for_status().json()
        assert (now["server"], now["hooks"]) == (bare, [hook])
        assert account.get(path).json() == now
        refused = account.patch(path, json={"server": {**bare, "otherKey": 1}})
        assert refused.status_code == 400
        assert refused.json()["message"] == ["server.property otherKey should not exist"]
        assert account.patch(path, json={"newKey": 1}).status_code == 400
