"""A fleet on the real engine: requests in each phase, and how much state a number is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine

NUMBERS = 30

FLEET = f"""
for at in range({NUMBERS}):
    VapiPhoneNumber(
        f"n{{at}}",
        sip_uri=f"sip:fleet-{{at}}@sip.vapi.ai",
        server={{"url": "https://voice.example.com", "timeout_seconds": 30}},
        fallback_destination={{"type": "number", "number": %r}},
    )
"""

STATE_BYTES = 700
"""The most that a number without long texts may add to the state, beside what was declared of it
(its inputs and outputs hold that) and what the engine writes of every resource."""


def since(account: Account, before: int) -> dict[str, int]:
    """How often each method was used since then; `GET *` are requests for one record."""
    counts: dict[str, int] = {}
    for request in account.requests()[before:]:
        method, path = request.split()
        name = "GET *" if method == "GET" and path != "/phone-number" else method
        counts[name] = counts.get(name, 0) + 1
    return counts


def test_a_fleet_costs_as_few_requests_as_there_are(project: Project, account: Account) -> None:
    """A listing and a POST each; nothing; four reads and a page; what changed; a DELETE each."""
    project.program(FLEET % "+14155550100")
    assert project.up() == {"create": NUMBERS + 1}
    assert since(account, 0) == {"GET": 1, "POST": NUMBERS}

    before = len(account.requests())
    assert project.up() == {}
    assert since(account, before) == {}

    assert project.refresh() == {}
    assert since(account, before) == {"GET *": 4, "GET": 1}

    # What somebody changed, and deleted, is seen through the pages too.
    changed, deleted = account.record("n20"), account.record("n21")
    account.change(changed["id"], name="mine")
    account.delete(deleted["id"])
    before = len(account.requests())
    assert project.refresh() == {"update": 1, "delete": 1}
    asked = account.requests()[before:]
    assert asked.count("GET /phone-number") == 1
    assert len(asked) <= 4 + 1 + 1
    assert project.up() == {"update": 1, "create": 1}

    project.program(
        FLEET % "+14155550100" + 'VapiPhoneNumber("one", sip_uri="sip:one@sip.vapi.ai")'
    )
    before = len(account.requests())
    assert project.up() == {"create": 1}
    assert since(account, before) == {"GET": 1, "POST": 1}

    before = len(account.requests())
    done = project.pulumi("destroy", "--yes", "--skip-preview")
    assert done.code == 0, done.text
    assert since(account, before) == {"DELETE": NUMBERS + 1}


def values(value: Any) -> Iterator[str]:
    """Every single value below `value`."""
    if isinstance(value, dict):
        for item in value.values():
            yield from values(item)
    else:
        yield str(value)


def test_a_number_adds_little_to_the_state(project: Project) -> None:
    """The outputs are what was declared and what only the API knows, nothing of it twice."""
    declared = {"server": {"url": "https://voice.example.com", "timeout_seconds": 30}}
    project.program(f'VapiPhoneNumber("n", sip_uri="sip:n@sip.vapi.ai", **{declared!r})')
    project.up()
    (number,) = project.state()
    outs = {key: value for key, value in number["outputs"].items() if key != "__provider"}
    assert set(outs) - set(number["inputs"]) == {"status", "org_id", "created_at"}
    told = list(values(outs))
    assert len(told) == len(set(told))

    ours = len(json.dumps([number["inputs"], number["outputs"]])) - 2 * len(json.dumps(declared))
    assert ours <= STATE_BYTES
