"""The guard of a program that runs without checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.dynamic import Resource, ResourceProvider

from tests.program.conftest import Ran
from vapi_provider import VapiPhoneNumber
from vapi_provider.pulumi_sdk.checkpoint_guard import refuse_other_resources
from vapi_provider.pulumi_sdk.inherited_options import is_transformed

WITHOUT = {
    "VAPI_CHECKPOINTS": "off",
    "PULUMI_EXPERIMENTAL": "1",
    "PULUMI_SKIP_CHECKPOINTS": "1",
}
Run = Callable[[Callable[[], None]], Ran]


class Certificate(Resource, module="cert", name="Certificate"):
    pass


def certificate() -> None:
    """Declare a dynamic resource of another kind."""
    Certificate(ResourceProvider(), "site", {})


def bucket() -> None:
    """Declare a custom resource of another provider, in a component."""
    team = pulumi.ComponentResource("shop:index:Team", "team")
    pulumi.CustomResource("aws:s3/bucket:Bucket", "logs", {}, pulumi.ResourceOptions(parent=team))


def guarded(environment: dict[str, str], *declare: Callable[[], None]) -> Callable[[], None]:
    """Return a program whose first call is the guard."""

    def program() -> None:
        # The mocks of all tests share one root resource.
        root: Any = pulumi.runtime.get_root_resource()
        root._transformations = None
        refuse_other_resources(environment)
        for each in declare:
            each()

    return program


@pytest.mark.parametrize("patches", ["on", "off"])
@pytest.mark.parametrize(
    ("declare", "words", "code"),
    [
        (
            certificate,
            "VAPI_CHECKPOINTS=on and VAPI_ALLOW_PROVIDERS=pulumi-python:dynamic/cert:Certificate",
            "VAPI-OTHER-DYNAMIC-RESOURCE",
        ),
        (bucket, "aws:s3/bucket:Bucket 'logs' is not a Vapi resource", "VAPI-OTHER-RESOURCE"),
    ],
)
def test_a_resource_that_the_journal_does_not_know_ends_the_program(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    patches: str,
    declare: Callable[[], None],
    words: str,
    code: str,
) -> None:
    """One line names the resource and the way out, whether or not the SDK is patched."""
    monkeypatch.setenv("VAPI_SDK_PATCHES", patches)
    with pytest.raises(pulumi.RunError) as refused:
        run(guarded(WITHOUT, declare))
    line = str(refused.value)
    assert words in line
    assert line.endswith(f"[{code}]")


def test_vapi_resources_components_and_reads_are_registered(run: Run) -> None:
    """Nothing that a killed run could lose is refused."""

    def ours() -> None:
        team = pulumi.ComponentResource("shop:index:Team", "team")
        VapiPhoneNumber("line", name="a", opts=pulumi.ResourceOptions(parent=team))
        read = pulumi.ResourceOptions(id="logs-1")
        pulumi.CustomResource("aws:s3/bucket:Bucket", "logs", {}, read)
        pulumi.StackReference("acme/shop/base")

    ran = run(guarded(WITHOUT, ours))
    assert ran.errors == []
    assert set(ran.resources) == {"line", "logs", "acme/shop/base"}


@pytest.mark.parametrize(
    "environment", [{}, {"VAPI_CHECKPOINTS": "off"}, {**WITHOUT, "VAPI_CHECKPOINTS": ""}]
)
def test_a_run_that_make_did_not_start_is_not_guarded(
    run: Run, environment: dict[str, str]
) -> None:
    """Plain `pulumi up` keeps Pulumi's own rules, whatever its variables say."""
    ran = run(guarded(environment, certificate))
    assert ran.errors == []
    assert set(ran.resources) == {"site"}


def test_a_resource_that_an_output_refers_to_is_read(run: Run) -> None:
    """The SDK constructs it by its URN, and asks the engine for its properties."""
    guard: list[pulumi.ResourceTransformation] = []

    def program() -> None:
        root: Any = pulumi.runtime.get_root_resource()
        guard.extend(root._transformations)

    run(guarded(WITHOUT, program))
    resource = pulumi.CustomResource.__new__(pulumi.CustomResource)
    bucket, urn = "aws:s3/bucket:Bucket", "urn:pulumi:dev::shop::aws:s3/bucket:Bucket::logs"
    args = pulumi.ResourceTransformationArgs(
        resource, bucket, "logs", {}, pulumi.ResourceOptions(urn=urn)
    )
    assert [refuse(args) for refuse in guard] == [None]


def test_an_invalid_setting_ends_the_program_in_one_line() -> None:
    """A misspelled value has no traceback, also in plain `pulumi up`."""
    with pytest.raises(pulumi.RunError, match="VAPI_CHECKPOINTS is 'maybe'"):
        refuse_other_resources({"VAPI_CHECKPOINTS": "maybe"})


def test_the_guard_is_no_transform_that_the_plugin_must_know(run: Run) -> None:
    """The guard changes no resource, so it costs no input; a user's transformation does."""
    found: list[bool] = []

    def transformed() -> None:
        team = pulumi.ComponentResource("shop:index:Team", "team")
        found.append(is_transformed(None))
        found.append(is_transformed(pulumi.ResourceOptions(parent=team)))
        pulumi.runtime.register_stack_transformation(lambda args: None)
        found.append(is_transformed(None))

    run(guarded(WITHOUT, transformed))
    assert found == [False, False, True]
