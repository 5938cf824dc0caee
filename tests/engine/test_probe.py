"""`probe` beside the real engine: a stack's servers are asked with what the state keeps secret."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.conftest import Project
from tests.support.loopback import Server, at_once

pytestmark = pytest.mark.engine

UUID = "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"
ANSWER = at_once(json.dumps({"assistantId": UUID}).encode(), Content_Type="application/json")
PROGRAM = """
VapiPhoneNumber("desk", sip_uri="sip:desk@sip.vapi.ai",
    authentication={{"username": "desk-of-the-house-20", "password": "a-sip-password-for-tests"}},
    server={{"url": "{url}", "headers": {{"X-Token": "a-server-token-for-tests"}}}})
VapiPhoneNumber("answered", sip_uri="sip:answered@sip.vapi.ai", assistant_id="{uuid}",
    server={{"url": "{url}"}})
"""


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate for this machine, in one file, trusted by whoever is told to."""
    file = tmp_path / "certificate.pem"
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=here"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(file), "-out", "-"]
    try:
        made = subprocess.run(
            ["openssl", *words], check=True, capture_output=True, encoding="utf-8"
        )
    except FileNotFoundError:
        pytest.skip("no openssl to make a certificate with")
    file.write_text(file.read_text(encoding="utf-8") + made.stdout, encoding="utf-8")
    return file


def test_the_servers_of_a_stack_are_probed(project: Project, certificate: Path) -> None:
    """Its own headers go to a declared server; who is answered otherwise is not asked."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with Server(lambda it, _: it.sendall(ANSWER), tls=tls) as server:
        project.program(PROGRAM.format(url=server.url, uuid=UUID))
        assert project.up() == {"create": 3}
        done = subprocess.run(
            [sys.executable, "-m", "vapi_provider", "probe", "stack", "test", "--json"],
            cwd=project.folder,
            env={**project.environment, "SSL_CERT_FILE": str(certificate)},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one["name"] for one in json.loads(done.stdout)["answers"]] == ["desk"]
    (request,) = server.requests
    assert request.headers["x-token"] == "a-server-token-for-tests"
    assert request.message["phoneNumber"]["sipUri"] == "sip:desk@sip.vapi.ai"
    assert b"for-tests" not in request.body
    assert "for-tests" not in done.stdout + done.stderr
