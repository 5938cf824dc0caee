"""An embedded account in a temporary file, a clock that tests control, and request bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest

from vapi_provider.embedded import Switches, create_app


class Clock:
    """A clock that stands still until a test advances it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 26, 15, 43, 16, 145_000, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "made" / "account.db"


@pytest.fixture
def open_account(db: Path, clock: Clock) -> Iterator[Callable[..., httpx.Client]]:
    """Open the account in `db` with the given switches; close every client at the end."""
    clients: list[httpx.Client] = []

    def opened(key: str | None = None, region: str = "us", **switches: Any) -> httpx.Client:
        app = create_app(db, key=key, region=region, switches=Switches(**switches), clock=clock)
        client = httpx.Client(
            transport=httpx.WSGITransport(app=app),
            base_url="http://account",
            headers={"Authorization": f"Bearer {key or 'any-key'}"},
        )
        clients.append(client)
        return client

    yield opened
    for client in clients:
        client.close()


@pytest.fixture
def account(open_account: Callable[..., httpx.Client]) -> httpx.Client:
    return open_account()


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Return one account for all tests whose requests are refused: creating a file is slow."""
    app = create_app(tmp_path_factory.mktemp("untouched") / "account.db")
    transport = httpx.WSGITransport(app=app)
    headers = {"Authorization": "Bearer any-key"}
    with httpx.Client(transport=transport, base_url="http://account", headers=headers) as client:
        yield client
        assert client.get("/phone-number").json() == []


UUID = "7c0a1c3a-6e4f-4a6e-9b57-0d5c6f6f2b11"
BODIES: dict[str, dict[str, Any]] = {
    "vapi": {"provider": "vapi", "numberDesiredAreaCode": "415"},
    "sip": {"provider": "vapi", "sipUri": "sip:Front.Desk@sip.vapi.ai"},
    "twilio": {
        "provider": "twilio",
        "number": "+14155552671",
        "twilioAccountSid": "AC1",
        "twilioAuthToken": "token",
    },
    "vonage": {"provider": "vonage", "number": "+14155552671", "credentialId": UUID},
    "telnyx": {"provider": "telnyx", "number": "+14155552671", "credentialId": UUID},
    "byo-phone-number": {"provider": "byo-phone-number", "credentialId": UUID},
}


@pytest.fixture
def uuid() -> str:
    return UUID


@pytest.fixture
def body() -> Callable[..., dict[str, Any]]:
    """Return a minimal body to create a number of a kind ("sip" for a SIP URI alone), and more."""

    def made(kind: str = "vapi", **more: Any) -> dict[str, Any]:
        return BODIES[kind] | more

    return made


@pytest.fixture
def create(account: httpx.Client, body: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Create a number in `account`, or in the given one; return the record."""

    def created(kind: str = "vapi", client: httpx.Client = account, **more: Any) -> dict[str, Any]:
        response = client.post("/phone-number", json=body(kind, **more))
        assert response.status_code == 201, response.text
        return response.json()

    return created
