"""Pulumi's options: what has no effect on a number is refused or warned of by the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from vapi_provider import VapiPhoneNumber


def line(**options: Any) -> Callable[[], None]:
    """A program of one number with these options."""

    def declares() -> None:
        VapiPhoneNumber(
            "line",
            number_desired_area_code="415",
            assistant_id="7c0a1c3a-6e4f-4a6e-9b57-0d5c6f6f2b11",
            opts=pulumi.ResourceOptions(**options),
        )

    return declares


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("assistantId", "assistantId is spelled assistant_id here"),
        ("server.timeoutSeconds", "timeoutSeconds is spelled timeout_seconds here"),
        ("hooks[0].filters[0].startsWith", "startsWith is spelled starts_with here"),
        ("hooks[*].filters[*].oneOf", "oneOf is spelled one_of here"),
        ('server["credentialId"]', "credentialId is spelled credential_id here"),
        ("fallback_destination.sipUri", "sipUri is spelled sip_uri here"),
        ("fallback_destination.transfer_plan.sipVerb", "sipVerb is spelled sip_verb here"),
        ("assistent_id", "did you mean assistant_id?"),
        ("server.url.host", "url has nothing below it"),
        ("", "it names no field"),
    ],
)
def test_a_path_that_names_no_field_is_refused(path: str, words: str, run: Any) -> None:
    """A wrong path in `ignore_changes` ends the program with the right spelling."""
    with pytest.raises(pulumi.RunError) as raised:
        run(line(ignore_changes=[path]))
    assert f"ignore_changes: {path!r}: " in str(raised.value)
    assert words in str(raised.value)


def test_right_paths_are_taken(run: Any) -> None:
    """Fields at any depth, list items, free keys and outputs may be ignored."""
    paths = [
        "name",
        "status",
        "__provider",
        "server",
        'server.headers["X-Key"]',
        "server.headers.camelCase",
        "hooks[0].do[1].exact",
        "hooks[*].do.destination.number",
        "hooks[0].filters[0].starts_with[0]",
        "fallback_destination.sip_headers.anyKey.below",
        "fallback_destination.transfer_plan.fallback_plan.message.contents[0].text",
    ]
    assert run(line(ignore_changes=paths)).warnings == []


def test_custom_timeouts_are_warned_of(run: Any) -> None:
    """A timeout that Pulumi hands to nobody names the settings that there are."""
    timeouts = pulumi.CustomTimeouts(create="5m")
    (warning,) = run(line(custom_timeouts=timeouts)).warnings
    assert warning.startswith("custom_timeouts has no effect")
    assert "vapi:requestTimeoutSeconds" in warning
    assert "vapi:readyTimeoutSeconds" in warning
