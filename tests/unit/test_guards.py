"""The rules that a stack turns on, and the limit of releases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pulumi.output import Unknown

from tests.support.builders import UUID
from vapi_provider.errors import ConfigurationError, LimitError
from vapi_provider.lifecycle.release_limit import ReleaseLimit
from vapi_provider.settings.config import load_settings
from vapi_provider.settings.guards import RULES, UNPROTECTED, guards_in, violations

DESK = {"type": "number", "number": "+14155550100"}
SAID = {"type": "say", "exact": "Goodbye"}
RINGING = {"on": "call.ringing", "do": [SAID]}
ENDING = {"on": "call.ending", "do": SAID}


def ending(*reasons: Any) -> dict[str, Any]:
    """An ending hook for some endings only."""
    return {**ENDING, "filters": [{"type": "oneOf", "key": "call.endedReason", "one_of": reasons}]}


@pytest.mark.parametrize(
    ("rule", "fields", "words"),
    [
        ("fallback", {}, "fallback_destination: every number needs one"),
        ("fallback", {"fallback_destination": DESK}, None),
        ("fallback", {"fallback_destination": Unknown()}, None),
        ("fallback", {"assistant_id": UUID}, "fallback_destination: none can run beside assistant"),
        ("fallback", {"squad_id": UUID, "fallback_destination": DESK}, "none can run beside squad"),
        ("fallback", {"squad_id": Unknown(), "fallback_destination": DESK}, None),
        ("fallback", {"squad_id": "", "fallback_destination": DESK}, None),
        ("fallback", {"workflow_id": UUID, "fallback_destination": DESK}, None),
        ("fallback", {"workflow_id": UUID}, "every number needs one"),
        ("ending-hook", {}, "hooks: a call.ending hook is needed"),
        ("ending-hook", {"hooks": []}, "hooks: a call.ending hook is needed"),
        ("ending-hook", {"hooks": [RINGING]}, "hooks: a call.ending hook is needed"),
        ("ending-hook", {"hooks": [{"on": "call.ending"}]}, "hooks: a call.ending hook"),
        ("ending-hook", {"hooks": [ENDING]}, None),
        ("ending-hook", {"hooks": [RINGING, ending("assistant-request-returned-error")]}, None),
        ("ending-hook", {"hooks": [ending("assistant-request-failed")]}, "hooks: a call.ending"),
        ("ending-hook", {"hooks": [ending(Unknown())]}, None),
        ("ending-hook", {"hooks": Unknown()}, None),
        ("ending-hook", {"hooks": [Unknown()]}, None),
        ("ending-hook", {"hooks": [ENDING], "assistant_id": UUID}, None),
        (
            "ending-hook",
            {"hooks": [ending("assistant-request-returned-error")], "squad_id": UUID},
            "that acts on all endings",
        ),
        ("sip-authentication", {"sip_uri": "sip:a@sip.vapi.ai"}, "authentication: a SIP URI"),
        ("sip-authentication", {"sip_uri": Unknown()}, "authentication: a SIP URI"),
        ("sip-authentication", {"sip_uri": "s", "authentication": Unknown()}, None),
        ("sip-authentication", {}, None),
        ("server-credential", {"server": {"url": "u"}}, "server: needs credential_id or headers"),
        ("server-credential", {"server": {"url": "u", "headers": {}}}, "server: needs"),
        ("server-credential", {"server": {"url": "u", "headers": {"X": "y"}}}, None),
        ("server-credential", {"server": {"url": "u", "headers": Unknown()}}, None),
        ("server-credential", {"server": {"url": "u", "credential_id": Unknown()}}, None),
        ("server-credential", {"server": Unknown()}, None),
        ("server-credential", {}, None),
        ("protected", {UNPROTECTED: True}, "opts: protect=True is needed"),
        ("protected", {}, None),
    ],
)
def test_a_rule_refuses_what_it_names_and_nothing_unknown(
    rule: str, fields: dict[str, Any], words: str | None
) -> None:
    """Each rule has one line for what breaks it; a value that is not known yet breaks none."""
    found = list(violations({rule}, fields))
    assert len(found) == (1 if words else 0)
    assert all(words in one and f"rule {rule} of vapi:guards" in one for one in found if words)


def test_only_the_rules_that_are_turned_on_hold() -> None:
    """A stack without guards refuses nothing; with all of them each is judged."""
    broken = {"sip_uri": "sip:a@sip.vapi.ai", "server": {"url": "u"}, UNPROTECTED: True}
    assert list(violations(frozenset(), broken)) == []
    assert len(list(violations(frozenset(RULES), broken))) == len(RULES)


@pytest.mark.parametrize(
    "text", ["fallback", "[fallback]", '{"fallback": true}', "3", '["x"]', "[3]"]
)
def test_a_misspelt_rule_is_refused(text: str) -> None:
    """Anything but a list of the rules there are is one error."""
    with pytest.raises(ConfigurationError, match="vapi:guards"):
        guards_in(text)


def settings(environment: dict[str, str], **config: str) -> Any:
    """The settings from a stack's config and the environment."""
    named = {"VAPI_API_KEY": "a-key", **environment}
    return load_settings(config.get, named, Path("/project"))


def test_guards_come_from_the_stacks_config() -> None:
    """A list in the stack's file arrives as JSON; without one nothing is turned on."""
    assert settings({}, guards='["fallback", "protected"]').guards == {"fallback", "protected"}
    assert settings({}).guards == frozenset()


def test_the_environment_raises_the_limit_for_one_run() -> None:
    """`VAPI_MAX_RELEASES` wins over the config; without either there is no limit."""
    assert settings({}).max_releases is None
    assert settings({}, maxReleases="3").max_releases == 3
    assert settings({"VAPI_MAX_RELEASES": "5"}, maxReleases="3").max_releases == 5
    for wrong in ("-1", "many", "1.5"):
        with pytest.raises(ConfigurationError, match="vapi:maxReleases"):
            settings({"VAPI_MAX_RELEASES": wrong})


def test_a_run_releases_no_more_than_its_limit() -> None:
    """Whatever the threads do, exactly as many are let through; one named twice counts once."""
    release_limit = ReleaseLimit(3)

    def tried(at: int) -> bool:
        try:
            release_limit.count(f"id-{at % 10}")
        except LimitError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        let_through = {at % 10 for at, done in enumerate(threads.map(tried, range(40))) if done}
    assert len(let_through) == 3
    assert not tried(11) or 1 in let_through


def test_without_a_limit_everything_may_go() -> None:
    """No limit is the default; a limit of 0 lets nothing go."""
    for at in range(100):
        ReleaseLimit(None).count(f"id-{at}")
    with pytest.raises(LimitError, match="VAPI_MAX_RELEASES"):
        ReleaseLimit(0).count("id")
