"""The guards of a stack on the real engine: what they stop, and that nothing is lost by it."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine

BROKEN = """
VapiPhoneNumber("a", number_desired_area_code="415")
VapiPhoneNumber("b", sip_uri="sip:b@sip.vapi.ai", server={"url": "https://voice.example.com"},
                opts=pulumi.ResourceOptions(protect=True))
"""
SOUND = """
parent = VapiPhoneNumber(
    "parent", number_desired_area_code="415",
    fallback_destination={"type": "number", "number": "+14155550100"},
    opts=pulumi.ResourceOptions(protect=True),
)
VapiPhoneNumber(
    "child", sip_uri="sip:child@sip.vapi.ai",
    authentication=parent.number.apply(
        lambda _: {"username": "user-for-tests-only-1", "password": "password-for-tests-only"}
    ),
    server=parent.number.apply(lambda _: {"url": "https://a.example.com", "headers": {"X": "y"}}),
    fallback_destination=parent.number.apply(lambda n: {"type": "number", "number": n}),
    opts=pulumi.ResourceOptions(parent=parent),
)
"""
FOUR = "".join(f'VapiPhoneNumber("{name}", number_desired_area_code="415")\n' for name in "abcd")


def configure(project: Project, config: str) -> None:
    """Adds to the stack's settings."""
    settings = project.folder / "Pulumi.test.yaml"
    settings.write_text(
        f"{settings.read_text(encoding='utf-8')}config:\n  {config}\n", encoding="utf-8"
    )


def test_each_number_that_breaks_a_rule_is_named(project: Project, account: Account) -> None:
    """A preview stops with one line for each rule and number; `up` makes nothing."""
    configure(project, "vapi:guards: [fallback, protected, sip-authentication, server-credential]")
    project.program(BROKEN)
    for words in (("preview",), ("up", "--yes", "--skip-preview")):
        refused = project.pulumi(*words)
        assert refused.code != 0
        reasons = sorted(line for line in refused.errors() if "(rule " in line)
        assert [line.partition(": ")[2].partition(" (rule")[0] for line in reasons] == [
            "VapiPhoneNumber 'a': fallback_destination: every number needs one",
            "VapiPhoneNumber 'a': opts: protect=True is needed",
            "VapiPhoneNumber 'b': authentication: a SIP URI needs it",
            "VapiPhoneNumber 'b': fallback_destination: every number needs one",
            "VapiPhoneNumber 'b': server: needs credential_id or headers",
        ]
    assert account.records() == []
    project.program(SOUND)
    assert project.up() == {"create": 2}
    assert project.up() == {}
    assert "refused_by_guards" not in str([one["inputs"] for one in project.state()])


def test_a_value_that_turns_out_to_be_none_is_refused(project: Project, account: Account) -> None:
    """An output hides its value from the program; the plugin judges it before anything is made."""
    configure(project, "vapi:guards: [fallback]")
    project.program(
        'VapiPhoneNumber("a", number_desired_area_code="415",'
        " fallback_destination=pulumi.Output.from_input(None))"
    )
    refused = project.pulumi("preview")
    assert refused.code != 0
    assert "resource 'a' has a problem: fallback_destination: every number" in refused.text


def test_a_misspelt_rule_ends_the_program(project: Project) -> None:
    """A rule that does not exist protects nobody: it is one line with those there are."""
    configure(project, "vapi:guards: [fallbak]")
    project.program(SOUND)
    refused = project.pulumi("preview")
    assert refused.code != 0
    (line,) = refused.errors()
    assert "vapi:guards has 'fallbak', which is no rule: the rules are fallback," in line


def test_no_run_releases_more_than_the_limit(project: Project, account: Account) -> None:
    """Replacements stop at preview, deletions before the one too many; the environment lets go."""
    configure(project, "vapi:maxReleases: 2")
    project.program(FOUR)
    project.up()
    kept = {one["id"] for one in account.records()}
    project.program(FOUR.replace("415", "212"))
    refused = project.pulumi("preview")
    assert refused.code != 0
    assert "would release more numbers than vapi:maxReleases allows (2)" in refused.text
    assert {one["id"] for one in account.records()} == kept
    project.program("")
    refused = project.pulumi("up", "--yes", "--skip-preview")
    assert refused.code != 0
    assert len(account.records()) == 2
    assert len(project.state()) == 2
    gone = project.pulumi("destroy", "--yes", "--skip-preview", VAPI_MAX_RELEASES="4")
    assert gone.code == 0, gone.text
    assert account.records() == []
