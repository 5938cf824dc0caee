"""The program itself, for each environment: what its stack declares and exports."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.properties import Desired
from vapi_provider.reconcile.validation import problems

ROOT = Path(__file__).parents[2]
STACKS = sorted(path.stem for path in (ROOT / "stacks").glob("*.py") if path.stem[0] != "_")
CONFIG = {"shop:sipPassword": "a-password-of-20-chars", "shop:serverToken": "a-server-token"}
LINES = {"support", "switchboard", "front-desk"}


def program() -> dict[str, Any]:
    """Runs `__main__.py` as the engine's language host does; gives back its exports."""
    runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
    root: Any = pulumi.runtime.get_root_resource()
    return root.outputs


def test_there_are_the_four_environments() -> None:
    """Each environment is a module, and each has its stack file beside it."""
    assert STACKS == ["dev", "local", "prod", "staging"]
    assert {path.name for path in (ROOT / "stacks").glob("Pulumi.*.yaml")} == {
        f"Pulumi.{stack}.yaml" for stack in STACKS
    }


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_declares_its_lines(stack: str, run: Any) -> None:
    """Every stack declares its three lines, exports how to reach them, and keeps its secrets."""
    ran = run(program, stack=stack, config=CONFIG)
    assert set(ran.resources) == LINES
    exported, secret = ran.result["numbers"]
    assert set(exported) == LINES
    assert exported["switchboard"].startswith("sip:")
    assert not secret
    assert ran.resources["switchboard"].secrets == {
        "authentication.password",
        "fallback_destination.sip_headers",
    }
    assert ran.resources["front-desk"].secrets == {"server.headers"}


@pytest.mark.parametrize("stack", STACKS)
def test_what_a_stack_declares_is_sound(stack: str, run: Any) -> None:
    """No line of any stack would be refused at preview, and none is warned of."""
    ran = run(program, stack=stack, config=CONFIG)
    for item in ran.resources.values():
        assert problems(Desired.of(item.inputs), item.inputs, exists=False) == []
        assert item.inputs["declaration"] == f"acme/shop/{stack}/VapiPhoneNumber/{item.name}"
        assert item.inputs["provider"] in KINDS
    assert ran.warnings == []


def test_environments_do_not_share_a_sip_uri(run: Any) -> None:
    """SIP URIs are unique in Vapi: no two stacks declare the same one."""
    uris = {
        run(program, stack=stack, config=CONFIG).resources["switchboard"].inputs["sip_uri"].lower()
        for stack in STACKS
    }
    assert len(uris) == len(STACKS)


def ended(run: Any, **more: Any) -> str:
    """The one error that the program ends with, by the exit code that says it was shown."""
    codes: list[Any] = []

    def ends() -> None:
        with pytest.raises(SystemExit) as ended:
            program()
        codes.append(ended.value.code)

    ran = run(ends, **more)
    assert codes == [32]
    (text,) = ran.errors
    return text


def test_an_unknown_stack_says_which_there_are(run: Any) -> None:
    """A stack without a module ends with one message that names the file and the known stacks."""
    text = ended(run, stack="qa")
    assert "stacks/qa.py" in text
    assert "dev, local, prod, staging" in text


@pytest.mark.parametrize("name", ["_lines", "__init__", "../stacks/dev"])
def test_only_environments_are_stacks(name: str, run: Any) -> None:
    """What the stacks share is not taken for one."""
    assert "nothing is declared" in ended(run, stack=name)


@pytest.mark.parametrize("missing", ["sipPassword", "serverToken"])
def test_a_missing_secret_is_named(missing: str, run: Any) -> None:
    """Without one of the stack's secrets the program says which one to set, and how."""
    config = {key: value for key, value in CONFIG.items() if not key.endswith(missing)}
    assert f"pulumi config set --secret shop:{missing}" in ended(run, stack="dev", config=config)


def test_prod_keeps_to_its_own_guards(run: Any) -> None:
    """What prod declares breaks none of the rules that its settings turn on, and would else."""
    settings: Any = yaml.safe_load(
        (ROOT / "stacks" / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    )["config"]
    guards = {"vapi:guards": json.dumps(settings["vapi:guards"])}
    assert run(program, stack="prod", config={**CONFIG, **guards}).errors == []
    broken = run(program, stack="staging", config={**CONFIG, **guards}).errors
    assert "VapiPhoneNumber 'front-desk': opts: protect=True is needed" in str(broken)
    assert "VapiPhoneNumber 'front-desk': fallback_destination: every number" in str(broken)
