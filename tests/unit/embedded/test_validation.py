"""Validation of bodies: all violations at once, with the messages of the API's own validator."""

import json

import pytest

E164 = (
    "must be a valid phone number in the E.164 format. "
    "Hot tip, you may be missing the country code (Eg. US: +1)."
)
HTTPS = "must be a valid URL. Hot tip, the protocol should be https://, but found"
KINDS = "byo-phone-number, twilio, vonage, vapi, telnyx"
NUMBER = "must be a number conforming to the specified constraints"
RING = {"on": "call.ringing", "do": [{"type": "say", "exact": "hello"}]}
PLAN = {"type": "fixed", "maxRetries": 0, "baseDelaySeconds": 1}
NAMED = "must be one of the following values:"


def to(**more):
    return {"fallbackDestination": {"type": "number", "number": "+14155552671"} | more}


def said(response):
    assert response.status_code == 400, response.text
    assert list(response.json()) == ["message", "error", "statusCode"]
    assert response.json()["error"] == "Bad Request"
    return response.json()["message"]


@pytest.mark.parametrize("sent", [{}, {"provider": "carrier"}, {"provider": None}, [], [1]])
def test_kind(untouched, sent):
    """A body without a known kind is refused with the five kinds."""
    message = f"provider must be one of the following values: {KINDS}"
    assert said(untouched.post("/phone-number", json=sent)) == [message]


def test_every_violation_at_once(untouched, body):
    """The error lists all violations."""
    sent = body(name="x" * 41, assistantId="a1", foo=1, server={"url": "http://a.b", "foo": 2})
    assert set(said(untouched.post("/phone-number", json=sent))) == {
        "name must be shorter than or equal to 40 characters",
        "assistantId must be a UUID",
        "property foo should not exist",
        f"server.url {HTTPS} http://a.b",
        "server.property foo should not exist",
    }


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": 3}, "name must be a string"),
        ({"squadId": "x"}, "squadId must be a UUID"),
        ({"workflowId": "x"}, "workflowId must be a UUID"),
        (
            {"numberDesiredAreaCode": "41"},
            "numberDesiredAreaCode must be longer than or equal to 3 characters",
        ),
        ({"sipUri": "x"}, "sipUri must be a valid SIP URI"),
        (
            {"sipUri": "sip:a@sip.eu.vapi.ai"},
            "sipUri must be in the format sip:username@sip.vapi.ai",
        ),
        ({"sipUri": "sip:@sip.vapi.ai"}, "sipUri must be in the format sip:username@sip.vapi.ai"),
        (
            {"authentication": {"username": "u" * 19, "password": "p" * 20}},
            "authentication.username must be longer than or equal to 20 characters",
        ),
        (
            {"authentication": {"username": "u" * 20, "password": "p" * 41}},
            "authentication.password must be shorter than or equal to 40 characters",
        ),
        (
            {"authentication": {"username": "u" * 20}},
            "authentication.password must be a string",
        ),
        ({"server": {"url": ""}}, f"server.url {HTTPS} "),
        ({"server": {"timeoutSeconds": 0}}, "server.timeoutSeconds must not be less than 1"),
        ({"server": {"timeoutSeconds": 301}}, "server.timeoutSeconds must not be greater than 300"),
        ({"server": {"timeoutSeconds": "20"}}, f"server.timeoutSeconds {NUMBER}"),
        (
            {"server": {"staticIpAddressesEnabled": "yes"}},
            "server.staticIpAddressesEnabled must be a boolean value",
        ),
        ({"server": {"headers": "x"}}, "server.headers must be an object"),
        ({"server": {"headers": {"X": 1}}}, "server.headers.X must be a string"),
        ({"server": {"encryptedPaths": "x"}}, "server.encryptedPaths must be an array"),
        (
            {"server": {"encryptedPaths": [1]}},
            "server.each value in encryptedPaths must be a string",
        ),
        (
            {"server": {"backoffPlan": PLAN | {"type": "linear"}}},
            f"server.backoffPlan.type {NAMED} fixed, exponential",
        ),
        (
            {"server": {"backoffPlan": {"type": "fixed", "maxRetries": 0}}},
            f"server.backoffPlan.baseDelaySeconds {NUMBER}",
        ),
        (to(type="fax"), f"fallbackDestination.type {NAMED} number, sip"),
        (to(number="4155552671"), f"fallbackDestination.number {E164}"),
        (
            to(number="a-b", numberE164CheckEnabled=False),
            r"fallbackDestination.number must match ^\+?[a-zA-Z0-9]+$ regular expression",
        ),
        (to(message=3), "fallbackDestination.message must be a string"),
        (
            to(message={"type": "custom-message", "contents": [{"type": "text", "text": "a"}]}),
            f"fallbackDestination.message.contents.0.language {NAMED} aa,",
        ),
        (to(transferPlan={}), f"fallbackDestination.transferPlan.mode {NAMED} blind-transfer,"),
        (
            {"fallbackDestination": {"type": "sip"}},
            "fallbackDestination.sipUri must be a string",
        ),
        ({"hooks": {}}, "hooks must be an array"),
        ({"hooks": [{"on": "call.ringing"}]}, "hooks.0.do must be an array"),
        ({"hooks": [{"on": "call"}]}, f"hooks.0.on {NAMED} call.ringing, call.ending"),
        (
            {"hooks": [RING | {"do": [{"type": "say", "exact": "x" * 4001}]}]},
            "hooks.0.do.0.exact must be shorter than or equal to 4000 characters",
        ),
        ({"hooks": [RING | {"do": [{"type": "say"}]}]}, "hooks.0.do.0.exact must be a string"),
        (
            {
                "hooks": [
                    RING
                    | {
                        "filters": [
                            {"type": "startsWith", "key": "number", "startsWith": ["1"] * 21}
                        ]
                    }
                ]
            },
            "hooks.0.filters.0.startsWith must contain no more than 20 elements",
        ),
        (
            {
                "hooks": [
                    {
                        "on": "call.ending",
                        "filters": [
                            {"type": "oneOf", "key": "call.endedReason", "oneOf": ["bored"]}
                        ],
                    }
                ]
            },
            f"hooks.0.filters.0.each value in oneOf {NAMED} assistant-request-failed,",
        ),
    ],
)
def test_wording(untouched, body, wrong, message):
    """Each violation has its path and the validator's message."""
    [only] = said(untouched.post("/phone-number", json=body(**wrong)))
    assert only == message or (message.endswith(",") and only.startswith(message))


@pytest.mark.parametrize("value", [3, "x", []])
@pytest.mark.parametrize("field", ["server", "fallbackDestination"])
def test_objects(untouched, body, field, value):
    """A value that must be an object gets two messages."""
    assert said(untouched.post("/phone-number", json=body(**{field: value}))) == [
        f"{field} must be an object",
        f"nested property {field} must be either object or array",
    ]


@pytest.mark.parametrize(
    ("kind", "missing", "message"),
    [
        ("twilio", "number", "number must be a string"),
        ("twilio", "twilioAccountSid", "twilioAccountSid must be a string"),
        ("vonage", "credentialId", "credentialId must be a string"),
        ("byo-phone-number", "credentialId", "credentialId must be a string"),
    ],
)
def test_required(untouched, body, kind, missing, message):
    """A required field is reported if it is absent or null."""
    sent = body(kind)
    assert said(untouched.post("/phone-number", json=sent | {missing: None})) == [message]
    del sent[missing]
    assert said(untouched.post("/phone-number", json=sent)) == [message]


@pytest.mark.parametrize("kind", ["twilio", "vonage", "telnyx", "byo-phone-number"])
def test_numbers_are_e164(untouched, body, kind):
    """A carrier's number must be E.164."""
    response = untouched.post("/phone-number", json=body(kind, number="4155552671"))
    assert said(response) == [f"number {E164}"]


def test_e164_check_off(account, body, create):
    """Without the E.164 check a number may be letters and digits."""
    create("byo-phone-number", number="desk1", numberE164CheckEnabled=False)
    wrong = body("byo-phone-number", number="desk-1", numberE164CheckEnabled=False)
    assert said(account.post("/phone-number", json=wrong)) == [
        r"number must match ^\+?[a-zA-Z0-9]+$ regular expression"
    ]


def test_credential_id(untouched, body):
    """A credential's id must be a UUID."""
    response = untouched.post("/phone-number", json=body("telnyx", credentialId="mine"))
    assert said(response) == ["credentialId must be a UUID"]


def test_twilio_credentials(account, body, open_account, create):
    """A Twilio number needs a token, or a key with its secret, unless a switch allows neither."""
    bare = body("twilio")
    del bare["twilioAuthToken"]
    message = "twilioAuthToken, or twilioApiKey and twilioApiSecret, must be provided"
    assert said(account.post("/phone-number", json=bare)) == [message]
    assert said(account.post("/phone-number", json=bare | {"twilioApiKey": "k"})) == [message]
    pair = bare | {"twilioApiKey": "k", "twilioApiSecret": "s"}
    assert account.post("/phone-number", json=pair).status_code == 201
    lax = open_account(twilio_credentials_required=False)
    assert lax.post("/phone-number", json=bare).status_code == 201


def test_regions(open_account, body, create):
    """The European region accepts SIP URIs on its own host only."""
    europe = open_account(region="eu")
    create("sip", client=europe, sipUri="sip:a@sip.eu.vapi.ai")
    assert said(europe.post("/phone-number", json=body("sip"))) == [
        "sipUri must be in the format sip:username@sip.eu.vapi.ai"
    ]


def test_http_by_switch(open_account, create):
    """With a switch, a server may have an http:// URL, stored as sent."""
    account = open_account(http_server_url=True)
    server = {"url": "http://127.0.0.1:8000/hook"}
    assert create(client=account, server=server)["server"] == server


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a":}', "Unexpected token } in JSON at position 5"),
        (b"{", "Unexpected end of JSON input"),
        (b"3", "Unexpected token 3 in JSON at position 0"),
        (b'{"a":NaN}', "Unexpected token { in JSON at position 0"),
        (b"\xff", "Unexpected token \ufffd in JSON at position 0"),
        (b"[" * 100_000, "Unexpected token [ in JSON at position 0"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_broken_json(account, create, content, message, method):
    """The error about a body that is no JSON object names the unexpected token."""
    path = "/phone-number" if method == "POST" else f"/phone-number/{create()['id']}"
    json_type = {"Content-Type": "application/json"}
    assert said(account.request(method, path, content=content, headers=json_type)) == message


def test_body_that_is_not_declared_as_json(untouched):
    """A body of another media type is ignored."""
    response = untouched.post("/phone-number", content=b'{"provider":"vapi"}')
    assert said(response)[0].startswith("provider must be one of")


def test_half_a_surrogate_pair(untouched, body):
    """Text with half a surrogate pair is refused."""
    json_type = {"Content-Type": "application/json"}
    content = json.dumps(body(name="half \ud83d pair"))
    response = untouched.post("/phone-number", content=content, headers=json_type)
    assert said(response) == ["name must be a string"]
