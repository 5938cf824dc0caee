"""Every example of the docs on the real engine: it makes what it says, once, without a warning."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.conftest import ROOT, Account, Project

pytestmark = pytest.mark.engine

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))
SECRETS = {
    "sipPassword": "sip-password-for-tests",
    "twilioApiKey": "twilio-api-key-for-tests",
    "twilioApiSecret": "twilio-api-secret-for-tests",
    "twilioAuthToken": "twilio-auth-token-for-tests",
    "serverToken": "server-token-for-tests",
}

# One or two telling fields of each record, by the end of its label.
MADE: dict[str, dict[str, Any]] = {
    "support": {"provider": "vapi", "number": "+1415"},
    "switchboard": {"sipUri": "sip:our-switchboard@sip.vapi.ai"},
    "sales": {"provider": "twilio", "number": "+14155550121", "smsEnabled": False},
    "bookings": {"provider": "vonage", "number": "+14155550122"},
    "Reception, 2nd floor": {"provider": "telnyx", "number": "+14155550123"},
    "workshop": {"provider": "byo-phone-number", "number": "desk4512"},
    "after-hours": {"fallbackDestination.extension": "12"},
    "front-door": {
        "fallbackDestination.message": "",
        "fallbackDestination.sipHeaders.X-Stack": "test",
        "fallbackDestination.transferPlan.dialTimeout": 25,
    },
    "claims": {
        "fallbackDestination.transferPlan.summaryPlan.timeoutSeconds": 10,
        "fallbackDestination.transferPlan.fallbackPlan.endCallEnabled": False,
    },
    "concierge": {"fallbackDestination.transferPlan.contextEngineeringPlan.maxMessages": 6},
    "filtered": {"hooks.0.filters.0.startsWith": ["91", "7"]},
    "forwarded": {"hooks.0.do.0.destination.sipUri": "sip:queue@pbx.example.com"},
    "dispatch": {"hooks.0.do.type": "say", "server.headers.X-Token": SECRETS["serverToken"]},
    "router": {"server.backoffPlan.excludedStatusCodes": [400, 401, 403, 404]},
    "bilingual": {"fallbackDestination.message.contents.1.language": "de"},
}


def inside(value: Any, path: str) -> Any:
    """What lies at a path of keys and indexes."""
    for step in path.split("."):
        value = value[int(step) if isinstance(value, list) else step]
    return value


def test_every_example_makes_what_it_shows(project: Project, account: Account) -> None:
    """All as one program: no warning, each record as declared; once more, and nothing is sent."""
    project.program("\n".join(path.read_text(encoding="utf-8") for path in EXAMPLES))
    secrets = [word for pair in SECRETS.items() for word in ("--secret", "=".join(pair))]
    plain = ["--plaintext", "twilioAccountSid=AC-of-nobody"]
    configured = project.pulumi("config", "set-all", *secrets, *plain)
    assert configured.code == 0, configured.text

    made = project.pulumi("up", "--yes", "--skip-preview")
    assert made.code == 0, made.text
    assert "warning" not in made.text
    assert not [secret for secret in SECRETS.values() if secret in made.text]
    assert len(account.records()) == len(MADE)
    for name, expected in MADE.items():
        record = account.record(name)
        for path, value in expected.items():
            found = inside(record, path)
            assert found.startswith(value) if path == "number" else found == value, (name, path)

    before = len(account.requests())
    assert project.up() == {}
    assert len(account.requests()) == before


def test_no_example_is_without_its_check() -> None:
    """Each file of the folder makes at least one of the records that are looked at."""
    for path in EXAMPLES:
        text = path.read_text(encoding="utf-8")
        assert any(f'"{name}"' in text for name in MADE), path.name
