"""`probe server` and `probe stack`: the servers of numbers, their secrets, their answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.probe.conftest import Probe
from tests.support import official
from tests.support.deployments import SECRET, deployment, resource
from tests.support.loopback import Behaviour, Request, Server, at_once
from vapi_provider.probe.assistant import judge_assistant
from vapi_provider.probe.post import Exchange

UUID = "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"
SHOWN = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}

# Stands for the CLI: the state from a file, another one if its secrets are asked for.
PULUMI = """#!/bin/sh
cd "$(dirname "$0")"
case "$*" in *--show-secrets*) cat shown.json ;; *) cat export.json ;; esac
"""


def says(answer: Any) -> Behaviour:
    """Return a server with one fixed answer."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    whole = at_once(body, Content_Type="application/json")
    return lambda connection, _: connection.sendall(whole)


RIGHT: list[dict[str, Any]] = [
    {"assistantId": UUID},
    {"squadId": UUID, "assistantId": None},
    {"assistant": {"model": {"provider": "openai"}}, "assistantOverrides": {}},
    {"squad": {"members": []}},
    {"destination": {"type": "number", "number": "+14155550100", "message": ""}},
    {"destination": {"type": "sip", "sipUri": "sip:desk@pbx.example.com"}},
    {"error": "We are closed."},
]


@pytest.mark.parametrize("answer", [{"workflowId": UUID}, {"workflow": {"name": "w"}}])
def test_a_workflow_names_nobody(answer: dict[str, Any], probe: Probe) -> None:
    """An answer that names a workflow gets a finding that workflows stopped."""
    with Server(says(answer)) as server:
        done = probe("server", server.url, "--json")
    assert done.code == 2
    assert "workflows stopped on 2026-08-19" in done.out


@pytest.mark.parametrize("answer", RIGHT, ids=lambda it: "+".join(it))
def test_a_right_answer_is_fine(answer: dict[str, Any], probe: Probe) -> None:
    """Every way to name who answers, by id or as an object, passes."""
    with Server(says(answer)) as server:
        done = probe("server", server.url, "--json")
    assert (done.code, done.findings) == (0, []), done.out
    (request,) = server.requests
    assert request.message["type"] == "assistant-request"
    assert request.message["phoneNumber"]["provider"] == "vapi"


WRONG: list[tuple[Any, str, str]] = [
    ({}, "nobody", "names nobody"),
    ([], "shape", "not a JSON object"),
    (b"<html></html>", "not-json", "an HTML page, not JSON"),
    (b"\x00\x01", "not-json", "not JSON"),
    (b"", "empty", "the body is empty"),
    ({"assistantId": "our-assistant"}, "shape", "assistantId must be a UUID"),
    ({"assistant": "Ada"}, "shape", "assistant must be an object"),
    ({"error": ""}, "shape", "error must be the words to speak"),
    ({"assistant_id": UUID, "squadId": UUID}, "shape", "assistant_id is spelled assistantId"),
    ({"messageResponse": {"assistantId": UUID}}, "envelope", "shows the bare object"),
    ({"destination": {"type": "sip"}}, "shape", "destination.sipUri: is missing"),
    ({"destination": {"type": "fax"}}, "shape", "destination: must be one of number, sip"),
    (
        {"destination": {"type": "number", "number": "123"}},
        *("shape", "destination.number: "),
    ),
    (
        {"destination": {"type": "number", "number": "+14155550123", "\n\x1b" + "k" * 900: 1}},
        *("shape", "destination.\\u000a\\u001bkkk"),
    ),
]


@pytest.mark.parametrize(("answer", "code", "words"), WRONG)
def test_a_wrong_answer_is_named(answer: Any, code: str, words: str, probe: Probe) -> None:
    """Each mistake of shape is one line with its path."""
    with Server(says(answer)) as server:
        done = probe("server", server.url, "--json")
    assert (done.code, done.codes) == (2, {code}), done.out
    assert words in done.findings[0][1]
    assert done.findings[0][1].isprintable()
    assert len(done.findings[0][1]) <= 400


def test_an_answer_after_seven_and_a_half_seconds_is_too_late() -> None:
    """An answer later than Vapi's own limit is a fault that states the time."""
    body = json.dumps({"assistantId": UUID}).encode()
    (found,) = judge_assistant(Exchange(200, {}, body, [(9.0, len(body))], 9.04))
    assert (found.code, found.says) == ("time-limit", "took 9.0 s: Vapi gives up after 7.5 s")
    assert judge_assistant(Exchange(200, {}, body, [(7.0, len(body))], 7.4)) == []


def test_what_wins_is_told_as_a_note(probe: Probe) -> None:
    """Several names in one answer are a note that says which one counts."""
    with Server(says({"error": "Closed.", "assistantId": UUID})) as server:
        done = probe("server", server.url, "--json")
    (note,) = done.report["answers"][0]["notes"]
    assert (done.code, note["code"]) == (0, "several")
    assert note["says"] == "error is given beside assistantId: and wins over all others"


def signed(request: Request, secret: bytes, payload: bytes, algorithm: Any) -> bytes:
    """Compute the signature as a server would."""
    return hmac.new(secret, payload, algorithm).digest()


def test_a_signature_is_that_of_vapis_credentials(probe: Probe) -> None:
    """By default x-signature is hex of HMAC-SHA256 over x-timestamp, a dot and the body."""
    with Server(says(RIGHT[0])) as server:
        done = probe("server", server.url, "--hmac", "env:SIGNING", SIGNING="signing-secret")
    (request,) = server.requests
    moment = request.headers["x-timestamp"]
    payload = moment.encode() + b"." + request.body
    expected = signed(request, b"signing-secret", payload, hashlib.sha256)
    assert request.headers["x-signature"] == expected.hex()
    assert abs(int(moment) / 1000 - time.time()) < 60
    assert done.code == 0
    assert "signing-secret" not in done.out + done.err


def test_a_signature_may_be_made_in_every_documented_way(probe: Probe, tmp_path: Path) -> None:
    """Each documented option of Vapi's credentials changes the signature as described."""
    key = b"a-key-in-base64"
    (tmp_path / "key").write_text(base64.b64encode(key).decode() + "\n", encoding="utf-8")
    options = {
        **{"algorithm": "sha512", "signature-header": "X-Sig", "prefix": "v1,"},
        **{"payload": "{svix-id}.{method}.{url}.{body}", "message-id-header": "X-Id"},
        **{"encoding": "base64", "secret-is-base64": "true", "include-timestamp": "false"},
    }
    words = [word for pair in options.items() for word in ("--hmac-option", "=".join(pair))]
    with Server(says(RIGHT[0])) as server:
        url = server.url
        assert probe("server", url, "--hmac", f"file:{tmp_path / 'key'}", *words).code == 0
    (request,) = server.requests
    payload = f"{request.headers['x-id']}.POST.{url}.".encode() + request.body
    expected = signed(request, key, payload, hashlib.sha512)
    assert request.headers["x-sig"] == "v1," + base64.b64encode(expected).decode()
    assert "x-timestamp" not in request.headers


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--bearer", "the-secret-itself"], "pass env:VARIABLE or file:PATH"),
        (["--bearer", "env:NOT_THERE"], "NOT_THERE is not set"),
        (["--hmac", "file:/not/there"], "cannot be read"),
        (["--header", "X-Token=the-secret-itself"], "pass env:VARIABLE or file:PATH"),
        (["--header", "Host=env:HOME"], "cannot be a header of its own"),
        (["--hmac-option", "prefix=x"], "--hmac-option needs --hmac"),
        (["--hmac", "env:HOME", "--hmac-option", "colour=x"], "there is none; there are"),
        (["--hmac", "env:HOME", "--hmac-option", "encoding=x"], "must be one of hex, base64"),
        (["--number", "desk"], "belong together"),
    ],
)
def test_wrong_words_are_an_error(words: list[str], expected: str, probe: Probe) -> None:
    """Wrong options end with code 1, one line and no secret that the user typed."""
    done = probe("server", "http://127.0.0.1:1/", *words, HOME="/home")
    assert (done.code, done.out) == (1, "")
    assert expected in done.err
    assert "the-secret-itself" not in done.err


def test_a_secret_does_not_go_out_in_clear(probe: Probe) -> None:
    """A secret for http:// on another machine is refused before anything is sent."""
    done = probe("voice", "http://voice.example.com/", "--bearer", "env:TOKEN", TOKEN="a-token")
    assert (done.code, done.out) == (1, "")
    assert "in clear: use https://" in done.err


def test_a_secret_that_comes_back_is_not_shown(probe: Probe) -> None:
    """The report hides secrets that a server echoes."""

    def echo(connection: socket.socket, request: Request) -> None:
        token = request.headers["x-token"]
        where = f"http://127.0.0.1:1/{token}"
        connection.sendall(at_once(token.encode(), "302 Found", Location=where))

    with Server(echo) as server:
        done = probe("server", server.url, "--header", "X-Token=env:TOKEN", TOKEN="a-secret-token")
    assert done.code == 2
    assert "[secret]" in done.out
    assert "a-secret-token" not in done.out + done.err


def test_a_secret_that_comes_back_and_is_cut_short_is_not_shown(probe: Probe) -> None:
    """A shortened header contains no part of an echoed secret."""

    def echo(connection: socket.socket, request: Request) -> None:
        where = "/" + "y" * 108 + request.headers["x-token"]
        connection.sendall(at_once(b"", "302 Found", Location=where))

    with Server(echo) as server:
        done = probe("server", server.url, "--header", "X-Token=env:TOKEN", TOKEN="a-secret-token")
    assert done.code == 2
    assert "yyya" not in done.out + done.err


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a `pulumi` on PATH whose stack holds the given numbers and secrets."""
    script = tmp_path / "pulumi"
    script.write_text(PULUMI, encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def put(*resources: Any) -> None:
        state = {"version": 3, "deployment": deployment(*resources, pending=[])}
        (tmp_path / "shown.json").write_text(json.dumps(state), encoding="utf-8")

        def encrypted(value: Any) -> Any:
            if isinstance(value, dict):
                inside = {key: encrypted(item) for key, item in value.items()}
                return SECRET if "plaintext" in value else inside
            return [encrypted(item) for item in value] if isinstance(value, list) else value

        (tmp_path / "export.json").write_text(json.dumps(encrypted(state)), encoding="utf-8")

    return put


def secret(value: Any) -> dict[str, str]:
    """Return a secret of a state that was exported with its secrets shown."""
    return {**SHOWN, "plaintext": json.dumps(value)}


def desk(url: str, **more: Any) -> dict[str, Any]:
    """Return a number with its own server and every secret field."""
    return resource(
        "desk",
        UUID,
        name="our desk",
        sip_uri="sip:desk@sip.vapi.ai",
        authentication={"username": "u" * 20, "password": secret("the-sip-password-of-it")},
        server={
            "url": url,
            "headers": secret({"X-Token": "the-declared-token"}),
            "timeout_seconds": 20.0,
        },
        **more,
    )


def test_a_number_of_a_stack_is_sent_without_its_secrets(probe: Probe, stack: Any) -> None:
    """A server on another host gets kind, name, number and SIP URI only."""
    with Server(says(RIGHT[0])) as server:
        stack(desk("https://voice.example.com/vapi?key=in-the-url"))
        done = probe("voice", server.url, "--stack", "dev", "--number", "desk", "--rate", "8000")
    assert done.code == 2  # It is no voice server.
    for request in server.requests:
        number = request.message["phoneNumber"]
        assert number == {
            "provider": "vapi",
            "name": "our desk",
            "sipUri": "sip:desk@sip.vapi.ai",
        }
        if official.SPEC.exists():
            assert official.refusals("create", number) == []
        assert "x-token" not in request.headers


def test_a_declared_server_gets_its_declared_headers(probe: Probe, stack: Any) -> None:
    """Without a URL, the number's own server is asked with its declared headers."""
    with Server(says(RIGHT[0])) as server:
        stack(desk(server.url))
        done = probe("server", "--stack", "dev", "--number", "desk", "--json")
    assert (done.code, done.findings) == (0, []), done.err
    assert server.requests[0].headers["x-token"] == "the-declared-token"
    assert b"the-sip-password" not in server.requests[0].body
    assert "the-declared-token" not in done.out + done.err


def test_a_named_url_gets_no_header_of_the_stack(probe: Probe, stack: Any) -> None:
    """A declared header is sent to the declared URL only."""
    with Server(says(RIGHT[0])) as server:
        stack(desk("https://voice.example.com/vapi"))
        done = probe("server", server.url, "--stack", "dev", "--number", "desk")
    assert done.code == 0
    assert "x-token" not in server.requests[0].headers
    number = server.requests[0].message["phoneNumber"]
    assert number == {"provider": "vapi", "name": "our desk", "sipUri": "sip:desk@sip.vapi.ai"}


def test_a_missing_number_is_told_with_those_that_there_are(probe: Probe, stack: Any) -> None:
    """The error about an unknown number lists the stack's numbers."""
    stack(desk("https://voice.example.com/"))
    done = probe("server", "--stack", "dev", "--number", "dsek")
    assert (done.code, done.err) == (
        1,
        "Error: the stack has no number 'dsek'; it has: desk [VAPI-PROBE-NUMBER-MISSING]\n",
    )


def test_a_whole_stack_is_probed(probe: Probe, stack: Any) -> None:
    """Each server that Vapi would ask is probed, with its own secret from the environment."""
    with Server(says(RIGHT[0])) as good, Server(says({})) as bad:
        answered = {"server": {"url": bad.url}, "assistant_id": UUID}
        line = {"name": "line", "server": {"url": bad.url, "credential_id": UUID}}
        stack(
            desk(good.url),
            resource("front-line", UUID, **line),
            resource("answered", UUID, **answered),
            resource("plain", UUID, sip_uri="sip:a@sip.vapi.ai"),
        )
        done = probe("stack", "dev", "--json", VAPI_PROBE_BEARER_FRONT_LINE="of-front-line")
    assert (done.code, done.codes) == (2, {"nobody"})
    assert [one["name"] for one in done.report["answers"]] == ["desk", "front-line"]
    assert "2 of 4 numbers ask a server of their own" in done.err
    assert [it.headers.get("authorization") for it in (*good.requests, *bad.requests)] == [
        None,
        "Bearer of-front-line",
    ]


def test_a_voice_server_learns_the_same_of_every_kind(probe: Probe, stack: Any) -> None:
    """A voice server of somebody else gets the same fields for every kind of number."""
    with Server(says(RIGHT[0])) as server:
        fields = {"number": "+14155552671", "twilio_account_sid": "AC1", "name": "t"}
        stack(resource("t", UUID, provider="twilio", **fields))
        probe("voice", server.url, "--stack", "dev", "--number", "t", "--rate", "8000")
    numbers = [request.message["phoneNumber"] for request in server.requests]
    assert numbers[0] == {"provider": "twilio", "name": "t", "number": "+14155552671"}


@pytest.mark.parametrize("variable", ["VAPI_PROBE_BEARER_FRONT_LINE", "VAPI_PROBE_HMAC_FRONT_LINE"])
def test_a_variable_that_fits_two_numbers_is_refused(
    variable: str, probe: Probe, stack: Any
) -> None:
    """A secret whose variable matches two numbers is sent to neither server."""
    with Server(says(RIGHT[0])) as server:
        names = ("front-line", "front_line", "front.line", "other")
        lines = [resource(name, UUID, name=name, server={"url": server.url}) for name in names]
        stack(*lines)
        done = probe("stack", "dev", **{variable: "whose-is-it"})
        assert (done.code, server.requests) == (1, [])
        assert f"{variable} could be meant for front-line, front.line, front_line" in done.err
        assert "whose-is-it" not in done.err + done.out
        assert probe("stack", "dev", VAPI_PROBE_BEARER_OTHER="its-own-secret").code == 0
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "spelled",
    [
        "a-secret\\u002dtoken",
        "a&#45;secret-token",
        "a-secret%2Dtoken",
        "A-SECRET-TOKEN",
        "a-secret-t",
    ],
)
def test_a_secret_sent_back_in_another_spelling_is_not_shown(spelled: str, probe: Probe) -> None:
    """Echoed secrets are hidden even if escaped, in another letter case or cut short."""

    def echo(connection: Any, _: Any) -> None:
        head = f"HTTP/1.1 302 Found\r\nLocation: /{spelled}\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(head.encode())

    with Server(echo) as server:
        done = probe("server", server.url, "--header", "X-Token=env:TOKEN", TOKEN="a-secret-token")
    assert "[secret]" in done.out
    assert spelled not in done.out + done.err


def test_a_stack_without_servers_is_fine(probe: Probe, stack: Any) -> None:
    """A stack without servers to ask ends with code 0."""
    stack(resource("plain", UUID, sip_uri="sip:a@sip.vapi.ai"))
    done = probe("stack", "dev")
    assert (done.code, done.out) == (0, "")
    assert done.err == "0 of 1 numbers ask a server of their own\n"


@pytest.mark.parametrize(
    "words",
    [["server"], ["voice"], ["voice", "http://127.0.0.1:1/", "--rate", "fast"], ["vioce"]],
)
def test_wrong_use_is_an_error_and_no_finding(words: list[str], probe: Probe) -> None:
    """Wrong usage ends with code 1, because pipelines read 2 as findings."""
    assert probe(*words).code == 1
