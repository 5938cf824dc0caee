"""Transforms of declared properties on the real engine: guards and warnings see the result."""

from __future__ import annotations

import json

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine

FALLBACKS = """
def add(args):
    if not args.type_.startswith("pulumi-python:"):
        return None
    there = {"type": "number", "number": "+14155550100"}
    return pulumi.ResourceTransformResult({**args.props, "fallback_destination": there}, args.opts)

def remove(args):
    if not args.type_.startswith("pulumi-python:"):
        return None
    props = {name: it for name, it in args.props.items() if name != "fallback_destination"}
    return pulumi.ResourceTransformResult(props, args.opts)

pulumi.runtime.register_resource_transform(%s)
VapiPhoneNumber("line", number_desired_area_code="415", %s)
"""


def test_guards_judge_what_arrives(project: Project, account: Account) -> None:
    """A fallback from a transform satisfies the guard, one that it takes away does not; once."""
    settings = project.folder / "Pulumi.test.yaml"
    settings.write_text(
        f"{settings.read_text(encoding='utf-8')}config:\n  vapi:guards: [fallback, protected]\n",
        encoding="utf-8",
    )
    there = 'fallback_destination={"type": "number", "number": "+14155550100"}, '
    protect = "opts=pulumi.ResourceOptions(protect=True)"
    project.program(FALLBACKS % ("remove", there + protect))
    refused = project.pulumi("preview")
    (error,) = refused.errors()
    assert "resource 'line' has a problem: fallback_destination: every number" in error
    project.program(FALLBACKS % ("remove", there))
    refused = project.pulumi("preview")
    for reason in ("opts: protect=True is needed", "fallback_destination: every number"):
        assert sum(reason in line for line in refused.errors()) == 1, refused.text
    project.program(FALLBACKS % ("add", protect))
    assert project.up() == {"create": 2}
    assert account.record("line")["fallbackDestination"]["number"] == "+14155550100"


def test_a_transform_of_a_parent_is_awaited(project: Project) -> None:
    """A guard is satisfied by what a component's transform adds to its children, once is enough."""
    settings = project.folder / "Pulumi.test.yaml"
    settings.write_text(
        f"{settings.read_text(encoding='utf-8')}config:\n  vapi:guards: [fallback]\n",
        encoding="utf-8",
    )
    body = (
        FALLBACKS.partition("pulumi.runtime")[0]
        + """
desk = pulumi.ComponentResource("shop:Desk", "desk", None, pulumi.ResourceOptions(%s))
VapiPhoneNumber("line", number_desired_area_code="415", opts=pulumi.ResourceOptions(parent=desk))
"""
    )
    project.program(body % "transforms=[add]")
    found = project.pulumi("preview")
    assert found.code == 0, found.text
    project.program(body % "")
    refused = project.pulumi("preview")
    assert sum("every number needs one" in line for line in refused.errors()) == 1, refused.text


def test_warnings_are_told_once_with_their_resource(project: Project, account: Account) -> None:
    """With an engine the plugin warns of what arrives, and the JSON names the resource."""
    project.program(
        """
        VapiPhoneNumber("later", number_desired_area_code="415")
        VapiPhoneNumber("it's \\"mine\\"", sip_uri="sip:a@sip.vapi.ai",
            server={"url": "https://user:word@a.example.com", "headers": {"X": "a"}},
            fallback_destination={"type": "number", "number": pulumi.Output.secret("+19995550100")})
        """
    )
    found = json.loads(project.command("preview", "--stack", "test", "--format", "json").text)
    told = [(one["resource"], one["text"].split(":")[0]) for one in found["warnings"]]
    mine = 'it\'s "mine"'
    assert sorted(told) == [
        (mine, "fallback_destination.number"),
        (mine, "server.url"),
        (mine, "sip_uri without authentication"),
        ("later", "nobody answers, unless the organization has a server of its own"),
    ]
    assert "+1999" not in str(found)
    diagnostics = project.pulumi("preview").text.partition("Diagnostics:")[2]
    assert diagnostics.count("nobody answers") == 1
    assert "VapiPhoneNumber 'later': nobody answers" in diagnostics
