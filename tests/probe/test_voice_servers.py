"""`probe voice` against servers with one mistake each, and against correct servers."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.probe.conftest import Probe
from tests.support import official
from tests.support.loopback import Behaviour, Request, Server, at_once
from tests.support.mistakes import MISTAKES, answers, in_chunks, spoken, writes
from tests.support.voices import WRONGLY, pcm
from vapi_provider.messages import ServerMessageVoiceRequest
from vapi_provider.probe.post import _tls


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named(name: str, voice: Probe) -> None:
    """Each mistake is one line with exit code 2, and the probe ends by itself."""
    behaviour, code, words = MISTAKES[name]
    limit = ("--timeout", "1") if code == "time-limit" else ()
    began = time.monotonic()
    with Server(behaviour) as server:
        done = voice(server.url, *limit)
        took = time.monotonic() - began
    assert (done.code, done.codes) == (2, {code}), done.out
    assert all(words in says and "\n" not in says for _, says in done.findings), done.findings
    assert took < 60


@pytest.mark.parametrize("wrongly", WRONGLY)
def test_a_wrong_format_is_named(wrongly: str, voice: Probe) -> None:
    """Samples of another order, width or number of channels are named over HTTP."""
    write, code, words = WRONGLY[wrongly]
    with Server(writes(write)) as server:
        done = voice(server.url)
    assert (done.code, done.codes) == (2, {code}), done.out
    assert all(words in says for _, says in done.findings)


@pytest.mark.parametrize("behaviour", [answers(at_once), in_chunks])
def test_a_right_server_is_not_accused(behaviour: Behaviour, probe: Probe) -> None:
    """A correct server passes with code 0, whether it sends at once or in chunks."""
    with Server(behaviour) as server:
        done = probe("voice", server.url, "--json")
    assert (done.code, done.report["fine"], len(done.report["answers"])) == (0, True, 8), done.out
    found = [one for response in done.report["answers"] for one in response["findings"]]
    # How long this machine takes is not the server's fault.
    noted = [one for response in done.report["answers"] for one in response["notes"]]
    assert (found, {one["code"] for one in noted} - {"slow"}) == ([], set())
    assert {one["streamed"] for one in done.report["answers"]} == {behaviour is in_chunks}
    assert {round(one["soundSeconds"], 1) for one in done.report["answers"]} == {1.7}
    assert done.err.count("\n") == 8
    assert "[8/8]" in done.err


def test_a_table_for_people(probe: Probe, tmp_path: Path) -> None:
    """The report has a line an answer and each finding once; files are saved to play and view."""
    with Server(answers(lambda it: at_once(it + b"\x00"))) as server:
        done = probe("voice", server.url, "--text", "Good day.", "--save", str(tmp_path / "out"))
    lines = done.out.splitlines()
    assert (done.code, len(lines)) == (2, 5 + 1 + 4), done.out
    assert lines[0].split() == [
        "status",
        "bytes",
        "sound",
        *("first", "byte"),
        "end",
        "sent",
        "verdict",
    ]
    assert all(line.endswith("odd-length") for line in lines[1:5])
    names = {path.name for path in (tmp_path / "out").iterdir()}
    rates = (8000, 16000, 22050, 24000)
    assert names == {f"01-{rate}.{end}" for rate in rates for end in ("wav", "svg")}


def test_a_place_that_cannot_be_written_costs_no_report(probe: Probe, tmp_path: Path) -> None:
    """If the files cannot be saved, the answers are still reported."""
    (tmp_path / "out").write_text("", encoding="utf-8")
    place = str(tmp_path / "out" / "below")
    with Server(answers(at_once)) as server:
        done = probe("voice", server.url, "--text", "Good day.", "--save", place)
    assert done.code == 1
    assert len(done.out.splitlines()) == 5, done.out
    assert done.err.splitlines()[-1].startswith(f"Error: --save {place}: ")


def test_the_request_is_what_vapi_posts(voice: Probe) -> None:
    """The request is a POST of JSON that our own model parses, at each given rate."""
    with Server(answers(at_once)) as server:
        assert voice(server.url).code == 0
    assert {it.line for it in server.requests} == {"POST /voice HTTP/1.1"}
    assert {it.headers["content-type"] for it in server.requests} == {"application/json"}
    read = [ServerMessageVoiceRequest.parse(it.body) for it in server.requests]
    assert sorted(it.sample_rate for it in read) == [8000, 16000]
    assert "authorization" not in server.requests[0].headers


@official.needed
@pytest.mark.contract
def test_the_request_is_of_the_published_schema(voice: Probe) -> None:
    """The request validates against the published schema without extra properties."""
    with Server(answers(at_once)) as server:
        voice(server.url)
    # Objects that the file prunes to nothing may hold anything.
    pruned = ("artifact", "assistant", "customer", "call", "chat")
    for request in server.requests:
        message = {key: value for key, value in request.message.items() if key not in pruned}
        validator = official.validator("ServerMessageVoiceRequest")
        assert [error.message for error in validator.iter_errors(message)] == []


def test_a_redirect_is_named_and_not_followed(voice: Probe) -> None:
    """A redirect is a fault that shows its address without query; it is not followed."""
    with Server(answers(at_once)) as other:
        address = other.url
        there = f"{address}?token=of-the-redirect"
        moved = at_once(b"", "307 Temporary Redirect", Location=there)
        with Server(lambda it, _: it.sendall(moved)) as server:
            done = voice(server.url, "--bearer", "env:TOKEN", TOKEN="the-bearer-token")
    assert (done.code, done.codes) == (2, {"redirect"})
    assert f"307 Temporary Redirect to {address}: not followed" in done.findings[0][1]
    assert "of-the-redirect" not in done.out
    assert other.requests == []
    assert server.requests[0].headers["authorization"] == "Bearer the-bearer-token"


def test_nothing_listens(voice: Probe) -> None:
    """A refused connection is one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = voice(f"http://127.0.0.1:{port}/")
    assert (done.code, done.codes) == (2, {"no-answer"})
    assert "refused" in done.findings[0][1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Return a TLS certificate that nobody trusts, created for this run."""
    folder = tmp_path_factory.mktemp("tls")
    key, file = str(folder / "key.pem"), str(folder / "cert.pem")
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=here"]
    try:
        subprocess.run(
            ["openssl", *words, "-keyout", key, "-out", file], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("no openssl to make a certificate with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return context


def test_a_bad_certificate_is_named(certificate: ssl.SSLContext, voice: Probe) -> None:
    """Nothing is sent to a server whose certificate is not trusted."""
    with Server(answers(at_once), tls=certificate) as server:
        done = voice(server.url, "--bearer", "env:TOKEN", TOKEN="the-bearer-token")
    assert (done.code, done.codes, server.requests) == (2, {"no-answer"}, [])
    assert "its TLS certificate is not good: self" in done.findings[0][1]


def test_https_to_a_plain_server_is_named(voice: Probe) -> None:
    """https:// to a server without TLS is a fault."""
    with Server(answers(at_once)) as server:
        done = voice(server.url.replace("http:", "https:"))
    assert (done.code, done.codes) == (2, {"no-answer"})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("voice.example.com", "this is no URL"),
        ("ftp://voice.example.com/", "this is no URL"),
        ("http://", "this is no URL"),
        ("http://[::1", "this is no URL"),
        ("http://a b/", "this is no URL"),
        ("https://ada:hidden-word@voice.example.com/", "holds a user name or password"),
    ],
)
def test_what_is_no_url_is_an_error(url: str, expected: str, voice: Probe) -> None:
    """An invalid URL ends with code 1 and one line without its password."""
    done = voice(url)
    assert done.code == 1
    (error,) = json.loads(done.out)["errors"]
    assert expected in error["text"]
    assert expected in done.err
    assert "hidden-word" not in done.out
    assert done.err.count("\n") == 1
    assert "hidden-word" not in done.err


def test_a_text_that_is_no_text_is_an_error(voice: Probe) -> None:
    """A text in another encoding than the terminal's is refused before anything is sent."""
    done = voice("http://127.0.0.1:1/", "--text", "gr\udcfc\udcdf dich")
    assert done.code == 1
    (error,) = json.loads(done.out)["errors"]
    assert "--text holds bytes that are no characters" in error["text"]
    assert "--text holds bytes that are no characters" in done.err


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1", "the proxy of ALL_PROXY speaks SOCKS"),
        ("HTTPS_PROXY", "fax://127.0.0.1:1", "the proxy of HTTPS_PROXY cannot be used"),
        ("SSL_CERT_FILE", "/no/such/file.pem", "SSL_CERT_FILE is '/no/such/file.pem', which"),
        ("SSLKEYLOGFILE", "/no/such/folder/keys", "SSLKEYLOGFILE is '/no/such/folder/keys', which"),
        ("NO_PROXY", "[::1],fd00::/8", "it cannot be reached"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named(
    variable: str, value: str, expected: str, voice: Probe
) -> None:
    """An unusable proxy or certificate file is one line, and nothing is sent."""
    _tls.cache_clear()
    done = voice("https://voice.invalid/", **{variable: value})
    assert (done.code, done.codes) == (2, {"no-answer"}), done.out
    assert expected in done.findings[0][1]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_no_proxy_stands_before_this_machine(variable: str, voice: Probe) -> None:
    """A server on loopback is called directly, whatever the environment says of proxies."""
    with Server(answers(at_once)) as server:
        done = voice(server.url, **{variable: "fax://127.0.0.1:1", "NO_PROXY": ""})
    assert "no-answer" not in done.codes, done.out


def test_a_token_in_the_url_is_not_shown(voice: Probe) -> None:
    """A token in the URL is sent and appears nowhere in the output."""
    with Server(lambda it, _: it.sendall(at_once(b"", "404 Not Found"))) as server:
        done = voice(f"{server.url}?key=a-token-in-the-url")
    assert server.requests[0].line == "POST /voice?key=a-token-in-the-url HTTP/1.1"
    assert "a-token-in-the-url" not in done.out + done.err


def test_a_server_in_trouble_with_odd_headers_breaks_nothing(voice: Probe) -> None:
    """A server's headers are shown short and without control characters."""
    kind = "text/\x1b[31m" + "x" * 500

    def odd(connection: socket.socket, request: Request) -> None:
        connection.sendall(at_once(pcm(spoken(request)), Content_Type=kind))

    with Server(odd) as server:
        done = voice(server.url)
    assert done.code == 2
    assert "\x1b" not in json_text(done)


def json_text(done: Any) -> str:
    """Return the whole output."""
    return done.out + done.err
