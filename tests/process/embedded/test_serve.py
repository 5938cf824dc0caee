"""``python -m vapi_provider serve``: the account over HTTP, in a real process."""

import json
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest
from click.testing import CliRunner

from tests.support.serving import serving
from vapi_provider.cli import main
from vapi_provider.embedded import create_app

pytestmark = pytest.mark.posix


def test_one_account_over_http(db):
    """The first line is the URL, and kept connections reach one account until it stops."""
    account = create_app(db, key="right").test_client()
    key = {"Authorization": "Bearer right", "User-Agent": "tests"}
    body = {"provider": "vapi", "numberDesiredAreaCode": "415", "name": "made in process"}
    record = json.loads(account.post("/phone-number", json=body, headers=key).data)
    with serving("--db", db, "--key", "right", "--verbose") as (process, url):
        assert url.startswith("http://127.0.0.1:")
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer right"}) as client:
            streams = set()
            for _ in range(3):
                response = client.get("/phone-number")
                streams.add(response.extensions["network_stream"])
                assert [one["id"] for one in response.json()] == [record["id"]]
            refused = client.post(
                "/phone-number", json={"name": "x" * 5000}, headers={"Authorization": "Bearer no"}
            )
            assert refused.status_code == 401
            assert client.get("/nowhere").status_code == 404
            made = client.post("/phone-number", json={"provider": "vapi", "sipUri": "sip:a@b"})
            assert made.status_code == 400
            assert client.head("/phone-number").status_code == 200
            chunks = client.patch(
                f"/phone-number/{record['id']}",
                content=iter([b'{"name":', b'"over HTTP"}']),
                headers={"Content-Type": "application/json"},
            )
            assert chunks.json()["name"] == "over HTTP"
        assert len(streams) == 1
        process.send_signal(signal.SIGTERM)
        output, log = process.communicate(timeout=5)
    assert process.returncode == 0
    assert output == ""
    assert '"GET /phone-number HTTP/1.1" 200, 1 at once' in log
    assert "right" not in log
    assert "Traceback" not in log
    (record,) = json.loads(account.get("/phone-number", headers=key).data)
    assert record["name"] == "over HTTP"


def test_interrupt_and_switches(db):
    """Switches, region and latency take effect; an interrupt stops the command quietly."""
    options = ("--db", db, "--region", "eu", "--switch", "echo_area_code=yes", "--latency", "0.01")
    with serving(*options) as (process, url):
        body = {
            "provider": "vapi",
            "numberDesiredAreaCode": "415",
            "sipUri": "sip:a@sip.eu.vapi.ai",
        }
        response = httpx.post(
            f"{url}/phone-number", json=body, headers={"Authorization": "Bearer any"}
        )
        assert response.json()["numberDesiredAreaCode"] == "415"
        assert response.elapsed.total_seconds() >= 0.01
        process.send_signal(signal.SIGINT)
        output, log = process.communicate(timeout=5)
    assert (process.returncode, output, log) == (0, "", "")


def test_the_log_tells_how_many_requests_were_in_flight(db):
    """The log distinguishes three concurrent requests from three in a row."""
    with (
        serving("--db", db, "--verbose", "--latency", "1") as (process, url),
        httpx.Client(headers={"Authorization": "Bearer any"}) as client,
        ThreadPoolExecutor() as pool,
    ):
        list(pool.map(lambda _: client.get(f"{url}/phone-number"), range(3)))
        client.get(f"{url}/phone-number")
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=5)
    told = [line.rpartition(", ")[2] for line in log.splitlines()]
    assert (sorted(told[:3])[-1], told[3]) == ("3 at once", "1 at once")


def run(*options):
    return CliRunner().invoke(main, ["serve", *map(str, options)])


def test_port_in_use(db):
    """A port in use is an error in one line."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        result = run("--db", db, "--port", port)
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert f"cannot listen on 127.0.0.1 port {port}: " in result.output


@pytest.mark.parametrize("host", ["0.0.0.0", "example.com", "192.168.0.1", "::"])
def test_loopback_only(db, host):
    """A host that other machines can reach is refused."""
    result = run("--db", db, "--host", host)
    assert result.exit_code == 1
    assert result.output == (
        "Error: host must be a loopback address such as 127.0.0.1, "
        f"not '{host}' [VAPI-EMBEDDED-HOST]\n"
    )


def test_bad_file(tmp_path):
    """A file that is no account is an error in one line."""
    path = tmp_path / "notes.txt"
    path.write_text("dear diary " * 20, encoding="utf-8")
    result = run("--db", path)
    assert result.exit_code == 1
    assert result.output == f"Error: {path}: file is not a database [VAPI-EMBEDDED-FILE]\n"


def test_bad_switch(db):
    """A wrong switch is an error in one line that lists the valid ones."""
    result = run("--db", db, "--switch", "speed=1")
    assert result.exit_code == 1
    assert result.output.startswith("Error: there is no switch 'speed'; switches: ")
    assert result.output.count("\n") == 1


def test_list_switches():
    """The command lists the switches with their defaults."""
    result = run("--list-switches")
    assert result.exit_code == 0
    assert "duplicate_status=400\n" in result.output


def test_unknown_command():
    """An unknown command is refused with the usage."""
    result = CliRunner().invoke(main, ["sevre"])
    assert result.exit_code == 1
    assert "No such command 'sevre'" in result.output
