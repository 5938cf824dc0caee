"""Imported modules run as programs: the next preview is empty for any account."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.program.conftest import ORGANIZATION, PROJECT, STACK, Run
from tests.support import strategies
from tests.support.builders import settings as new_settings
from tests.support.builders import wire_record
from vapi_provider.api.client import VapiClient
from vapi_provider.api.transport import Transport, open_http
from vapi_provider.deployment.exported import is_ours
from vapi_provider.importing.declaring import GeneratedResource, Scope, generate
from vapi_provider.importing.module_source import names_in, render_module, render_stack_module
from vapi_provider.importing.naming import resource_names, variable
from vapi_provider.importing.secrets import Secrets
from vapi_provider.importing.state_resources import add_resources, list_unheld
from vapi_provider.lifecycle.session import Session
from vapi_provider.lifecycle.unique_values import unique_values
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.provider import PhoneNumberProvider
from vapi_provider.reconcile.properties import Desired
from vapi_provider.reconcile.request_body import wire_body

ROOT = Path(__file__).parents[2]
SCOPE = Scope(ORGANIZATION, PROJECT, STACK)
SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"
LABELS = ["class", "import", "None", "print", "reached", "vapi", "", " ", '"', "'\"\\", "12",
          "a\nb\t\x00", "\U0001f468\u200d\U0001f469\u200d\U0001f467 home", "\u96fb\u8a71 line",
          "-", "a-b", "a_b", "a b", "shop/dev/support", "other/prod/support", "Z\u00fcrich " * 5,
          "\u2028", "L"]  # fmt: skip
LONG = f"X-{'long' * 30}"
LONG_KEYS: dict[str, Any] = {
    "provider": "vapi", "number_desired_area_code": "415",
    "server": {"url": "https://a.example", "headers": {LONG: "secret-of-a-header"}},
    "fallback_destination": {"type": "sip", "sip_uri": "sip:a@b", "sip_headers":
                             {LONG: "x", f"{LONG}-2": "y" * 200}},
}  # fmt: skip
SHOWN = ("echo_area_code", "echo_sip_password", "echo_twilio_secrets", "echo_server_headers",
         "materialise_defaults", "absent_as_null", "unknown_fields", "sip_host_upper",
         "mask_listed_numbers")  # fmt: skip


@st.composite
def _declared(draw: st.DrawFn) -> dict[str, Any]:
    fields = draw(strategies.any_declaration())
    label = draw(st.sampled_from(LABELS) | st.none() | st.just(fields.get("name")))
    fields.pop("name", None)
    return fields if label is None else {**fields, "name": label[:40]}


class Imported:
    """An embedded account with the records `declared`, and an import of all of them."""

    def __init__(self, folder: str, desired: list[dict[str, Any]], shown: dict[str, bool]) -> None:
        query = "&".join(f"switch={name}%3D{str(on).lower()}" for name, on in shown.items())
        query += "&switch=twilio_credentials_required%3Dfalse"
        file = f"embedded:{folder}/account.sqlite?{query}"
        self.settings = replace(new_settings(), base_url=file)
        self.http = open_http(self.settings)
        for fields in desired:
            self.http.post("/phone-number", json=wire_body(Desired.of(fields)))
        self.requests: list[str] = []
        self.http.event_hooks["request"].append(lambda it: self.requests.append(it.method))
        self.client = VapiClient(Transport(self.http, "key-for-tests-only"))
        self.before: str | None = None
        self.deployment: dict[str, Any] = {}
        self.config: dict[str, str] = {}

    def bring(self) -> int:
        """Import all records as the command does, without its I/O; return the count of new ones."""
        records = list(self.client.all_phone_numbers())
        new = list_unheld(self.deployment, records, ())
        new = [self.client.get_phone_number(one.id) for one in new]
        taken = names_in(self.before or "", "the module")
        names, secrets = resource_names(new, taken), Secrets(self.config)
        made = [generate(one, names[one.id], SCOPE, secrets) for one in new]
        found = [one for one in made if isinstance(one, GeneratedResource)]
        assert len(found) == len(made), made
        self.before = render_module(found, self.before)
        self.deployment = add_resources(self.deployment, found, SCOPE, "a-plugin-id")
        self.config |= secrets.to_set
        # A person fills these in.
        self.config |= {
            key: f"filled-in-by-a-person-{at:05}" for at, key in enumerate(secrets.to_fill)
        }
        return len(found)

    def held(self) -> dict[str, dict[str, Any]]:
        """Return our resources in the state by name, with secrets as the engine passes them."""
        return {
            one["urn"].split("::")[-1]: plain_secrets(one)
            for one in self.deployment["resources"]
            if is_ours(one)
        }

    def provider(self) -> PhoneNumberProvider:
        """Return the provider as in a new plugin process."""
        made = PhoneNumberProvider()
        made.attach_session(Session(self.settings, self.client))
        return made


def plain_secrets(value: Any) -> Any:
    """Return a state's value with its plain-text secrets in place."""
    if isinstance(value, dict):
        if SECRET_SIGNATURE in value:
            return json.loads(value["plaintext"])
        return {name: plain_secrets(item) for name, item in value.items()}
    return [plain_secrets(item) for item in value] if isinstance(value, list) else value


def changes(provider: PhoneNumberProvider, held: dict[str, Any], inputs: dict[str, Any]) -> bool:
    """Return whether a preview would show a change of the resource."""
    checked = provider.check(held["inputs"], inputs)
    assert checked.failures == []
    return bool(provider.diff(held["id"], held["outputs"], checked.inputs).changes)


def test_any_account_is_imported_and_nothing_is_left_to_do(run: Run, tmp_path: Path) -> None:
    """An import sends GETs only, leaves no change to preview, and writes clean code."""
    modules: list[str] = []

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        st.lists(_declared(), max_size=5),
        st.fixed_dictionaries({name: st.booleans() for name in SHOWN}),
    )
    def holds(desired: list[dict[str, Any]], shown: dict[str, bool]) -> None:
        # A program cannot declare one number twice, which an account may have.
        unique = [unique_values(Desired.of(fields).fields) for fields in desired]
        assume(len(set().union(*unique)) == sum(map(len, unique)))
        with TemporaryDirectory() as folder:
            account = Imported(folder, desired, shown)
            count = account.bring()
            text = account.before or ""
            config = {f"{PROJECT}:{key}": value for key, value in account.config.items()}
            program = compile(text, "imported", "exec")
            ran = run(lambda: exec(program, {}), config=config)  # noqa: S102 - what was written
            held, provider = account.held(), account.provider()
            assert set(ran.resources) == set(held)
            for name, resource in ran.resources.items():
                state = held[name]
                # The engine encrypts a list whole where anything in it is secret.
                secrets = {path.partition("[")[0] for path in resource.secrets}
                assert secrets == secret_paths_in(account, name)
                assert not changes(provider, state, resource.inputs)
                read = provider.read(state["id"], state["outputs"])
                refreshed = {
                    **state,
                    "outputs": read.outs,
                    "inputs": read.inputs or state["inputs"],
                }
                assert not changes(account.provider(), refreshed, resource.inputs)
            assert account.bring() == 0
            assert account.before == text
            assert set(account.requests) <= {"GET"}
            secrets = [it for it in account.config.values() if "secret-" in it]
            assert not any(secret in text for secret in secrets)
            if count:  # The command writes no module for nothing.
                modules.append(text)
            account.http.close()

    holds()
    with TemporaryDirectory() as folder:
        account = Imported(folder, [LONG_KEYS], {})
        assert account.bring() == 1
        modules.append(account.before or "")
        account.http.close()
    assert_clean(modules, tmp_path)


def secret_paths_in(account: Imported, name: str) -> set[str]:
    """Return the paths of the secret inputs of a resource in the state."""
    (found,) = [it for it in account.deployment["resources"] if it["urn"].endswith(f"::{name}")]
    paths: set[str] = set()

    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict) and SECRET_SIGNATURE in value:
            paths.add(path)
        elif isinstance(value, dict):
            for key, item in value.items():
                walk(item, f"{path}.{key}" if path else key)

    walk(found["inputs"], "")
    return paths


def assert_clean(modules: list[str], folder: Path) -> None:
    """Assert that ruff's lint and format and strict pyright accept all modules."""
    for at, text in enumerate(modules):
        (folder / f"module_{at}.py").write_text(text, encoding="utf-8")
    (folder / "stacks").mkdir()
    (folder / "stacks" / "__init__.py").touch()
    (folder / "stacks" / "_imported_dev.py").write_text(modules[0], encoding="utf-8")
    (folder / "stacks" / "dev.py").write_text(
        render_stack_module("dev", "_imported_dev"), encoding="utf-8"
    )
    rules = {"include": ["."], "extraPaths": [str(ROOT)], "typeCheckingMode": "strict",
             "pythonVersion": "3.10"}  # fmt: skip
    (folder / "pyrightconfig.json").write_text(json.dumps(rules), encoding="utf-8")
    config = f"--config={ROOT / 'pyproject.toml'}"
    for words in (
        ["ruff", "check", "--no-cache", config, "."],
        ["ruff", "format", "--no-cache", "--diff", config, "."],
        ["pyright", "--pythonpath", sys.executable],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=folder,
            env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
            capture_output=True,
            encoding="utf-8",
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("size", [0, 1, 2500])
def test_an_account_of_any_size_gets_unique_names(size: int) -> None:
    """Names are unique, valid in Python, and independent of the records' order."""
    records = [
        PhoneNumberRecord.read(wire_record(id_=f"id-{at:04}", name=LABELS[at % len(LABELS)]))
        for at in range(size)
    ]
    names = resource_names(records)
    assert names == resource_names(records[::-1])
    variables = {variable(name) for name in names.values()}
    assert len(variables) == size
    assert all(it.isidentifier() for it in variables)
    later = resource_names(records, set(names.values()))
    assert not set(later.values()) & set(names.values())
