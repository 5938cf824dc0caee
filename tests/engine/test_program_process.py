"""The program's process under the real engine: what it says, waits for, writes into the state."""

from __future__ import annotations

import json
import os
import textwrap

import pytest

from tests.engine.conftest import Project
from tests.support.environment import needs_patches

pytestmark = pytest.mark.engine

LINE = 'VapiPhoneNumber("{}", sip_uri="sip:{}@sip.vapi.ai", number_desired_area_code="415")'


@needs_patches
def test_a_state_names_the_programs_own_lines_and_no_path_of_a_machine(project: Project) -> None:
    """What leads to a number is recorded as far as it is the project's, whoever declares it."""
    (project.folder / "lines.py").write_text(
        textwrap.dedent(
            f"""
            import pulumi
            from vapi_provider import VapiPhoneNumber

            class Desk(pulumi.ComponentResource):
                def __init__(self, name):
                    super().__init__("shop:Desk", name)
                    {LINE.format("desk", "desk")}

            def later(_):
                {LINE.format("later", "later")}
            """
        ),
        encoding="utf-8",
    )
    project.program(
        f"""
        import lines
        {LINE.format("own", "own")}
        lines.Desk("front")
        pulumi.Output.from_input(1).apply(lines.later)
        """
    )
    project.up()
    places = {
        item["urn"].rpartition("::")[2]: (
            item["sourcePosition"],
            [frame.get("sourcePosition") for frame in item["stackTrace"]],
        )
        for item in project.state()
    }
    main, module = "project:///__main__.py#{}", "project:///lines.py#8"
    assert places["own"] == (main.format(5), [main.format(5)])
    # A constructor of a component of the program's own is one of its lines.
    assert places["desk"] == (module, [module, main.format(6)])
    later = "project:///lines.py#11"
    assert places["later"] == (later, [later])


STARTED = """
import sys
from pathlib import Path

if "pulumi.dynamic" in sys.orig_argv:
    Path("plugin-started").touch()
"""
"""A `sitecustomize`, which Python imports when it starts."""


@needs_patches
def test_the_plugin_starts_while_the_program_still_declares_numbers(project: Project) -> None:
    """The engine does not wait for the program's end, and shows no trace of the call."""
    (project.folder / "sitecustomize.py").write_text(STARTED, encoding="utf-8")
    path = f"{project.folder}{os.pathsep}{project.environment['PYTHONPATH']}"
    project.program(
        f"""
        import time
        from pathlib import Path

        {LINE.format("a", "a")}
        until = time.monotonic() + 60
        while not Path("plugin-started").exists():
            if time.monotonic() > until:
                raise pulumi.RunError("the plugin did not start")
            time.sleep(0.01)
        {LINE.format("b", "b")}
        """
    )
    result = project.pulumi("up", "--yes", "--skip-preview", PYTHONPATH=path)
    assert result.code == 0, result.text
    assert "3 created" in result.text
    assert "nvoke" not in result.text
    assert "not implemented" not in result.text


TO_OTHER = """
def to_other(args):
    if args.{type} != "pulumi-python:dynamic/vapi:VapiPhoneNumber":
        return None
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(provider=other))
    return pulumi.{result}(args.props, opts)
"""


@needs_patches
@pytest.mark.parametrize(
    ("before", "options"),
    [
        ("", "provider=other"),
        ("", "providers=[other]"),
        ("", "parent=desk"),
        (
            TO_OTHER.format(type="type_", result="ResourceTransformationResult")
            + "pulumi.runtime.register_stack_transformation(to_other)",
            "",
        ),
        (
            TO_OTHER.format(type="type_", result="ResourceTransformResult")
            + "pulumi.runtime.register_resource_transform(to_other)",
            "",
        ),
    ],
    ids=["provider", "providers", "parent", "transformation", "transform"],
)
def test_no_plugin_starts_that_no_number_may_use(
    project: Project, before: str, options: str
) -> None:
    """A number that may use another provider does not start the default one."""
    head = """
other = pulumi.ProviderResource("pulumi-python", "other", {})
desk = pulumi.ComponentResource(
    "shop:Desk", "desk", opts=pulumi.ResourceOptions(providers=[other])
)
"""
    number = f"""
VapiPhoneNumber("a", sip_uri="sip:a@sip.vapi.ai", opts=pulumi.ResourceOptions({options}))
"""
    project.program(head + before + number)
    project.up()
    exported = json.loads(project.pulumi("stack", "export").text)["deployment"]["resources"]
    providers = [item for item in exported if item["type"] == "pulumi:providers:pulumi-python"]
    assert [item["urn"].rpartition("::")[2] for item in providers] == ["other"]


@needs_patches
def test_debug_output_holds_what_the_program_says_and_not_that_numbers_are_registered(
    project: Project,
) -> None:
    """The SDK's progress messages about numbers, each waited for, are not sent."""
    project.program(
        f"""
        {LINE.format("a", "a")}
        pulumi.log.debug("registering resource is next")
        pulumi.log.debug("said by the program")
        {LINE.format("b", "b")}
        """
    )
    result = project.pulumi("preview", "--debug")
    assert result.code == 0, result.text
    assert "said by the program" in result.text
    assert "registering resource is next" in result.text
    assert "ty=pulumi-python:dynamic/vapi" not in result.text


@needs_patches
def test_the_end_of_a_program_looks_at_numbers_and_not_at_each_of_their_outputs(
    project: Project,
) -> None:
    """What the SDK goes through whenever something comes does not grow with a number's fields."""
    project.program(
        """
        import asyncio, atexit

        most = 0
        wait = asyncio.wait

        async def counted(awaited, **more):
            global most
            most = max(most, len(awaited))
            return await wait(awaited, **more)

        asyncio.wait = counted
        atexit.register(lambda: print("looked at", most))
        for at in range(20):
            VapiPhoneNumber(f"line-{at}", sip_uri=f"sip:line-{at}@sip.vapi.ai")
        """
    )
    result = project.pulumi("up", "--yes", "--skip-preview")
    assert result.code == 0, result.text
    # A number's id and URN, and what the SDK itself makes of them; its outputs are nine more.
    assert int(result.text.partition("looked at ")[2].split()[0]) <= 20 * 8


def test_without_the_patches_everything_works(project: Project) -> None:
    """VAPI_SDK_PATCHES=off: created, unchanged, destroyed; the SDK's messages are sent."""
    off = {"VAPI_SDK_PATCHES": "off"}
    project.program(LINE.format("a", "a"))
    created = project.pulumi("up", "--yes", "--skip-preview", "--debug", **off)
    assert created.code == 0, created.text
    assert "registering resource: ty=pulumi-python:dynamic/vapi:VapiPhoneNumber" in created.text
    unchanged = project.pulumi("up", "--yes", "--skip-preview", **off)
    assert "2 unchanged" in unchanged.text
    gone = project.pulumi("destroy", "--yes", "--skip-preview", **off)
    assert gone.code == 0, gone.text


def test_a_number_that_fails_ends_the_program_with_its_error_alone(project: Project) -> None:
    """What is not looked at one by one fails with the number, and nothing is said of it twice."""
    project.program(
        """
        made = VapiPhoneNumber("a", sip_uri="sip:a@sip.vapi.ai")
        after = pulumi.ResourceOptions(depends_on=made)
        VapiPhoneNumber("b", sip_uri="sip:a@sip.vapi.ai", opts=after)
        pulumi.export("a", made.sip_uri)
        """
    )
    result = project.pulumi("up", "--yes", "--skip-preview")
    assert result.code != 0
    assert "never retrieved" not in result.text
    assert "Traceback" not in result.text
    assert [item["urn"].rpartition("::")[2] for item in project.state()] == ["a"]
    assert len(result.errors()) == 1
