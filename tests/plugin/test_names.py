"""Modules of the project's folder in the plugin's process, which Python starts in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.plugin.test_plugin import inputs
from vapi_provider.shared.search_path import reserved_names

# In place of this package: writes down what the SDK has loaded when it asks for a provider.
MEASURING = """
import json, sys
from importlib.machinery import BuiltinImporter, FrozenImporter
from pathlib import Path
Path({into!r}).write_text(json.dumps([
    name for name, module in sys.modules.items()
    if "." not in name and getattr(module, "__spec__", None) and module.__spec__.name == name
    and not BuiltinImporter.find_spec(name) and not FrozenImporter.find_spec(name)
]))
"""


def test_every_name_that_comes_before_us_is_reserved(start: Any, tmp_path: Path) -> None:
    """What the SDK loads from the path before any code of ours runs is in the list."""
    into, package = tmp_path / "loaded.json", tmp_path / "measuring" / "vapi_provider"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(MEASURING.format(into=str(into)), encoding="utf-8")
    plugin = start(path=package.parent, baseUrl="embedded:account.sqlite")
    with pytest.raises(grpc.RpcError):
        plugin.check(inputs("a"))
    # What Python itself has loaded before it looks into a folder cannot be replaced there.
    code = "import sys, json; print(json.dumps(list(sys.modules)))"
    early = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    found = {*json.loads(into.read_text(encoding="utf-8"))} - {
        *json.loads(early.stdout),
        "vapi_provider",
    }
    assert {"numbers", "grpc", "typing"} <= found
    assert sorted(found - reserved_names()) == []


@pytest.mark.parametrize(
    "name", ["phonenumbers.py", "tenacity.py", "httpx.py", "pydantic/__init__.py", "sqlite3.py"]
)
def test_a_module_of_the_project_is_not_loaded_in_place_of_a_library(
    start: Any, tmp_path: Path, name: str
) -> None:
    """A number is checked and made in a project whose module is called like a library."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(
        "raise RuntimeError('loaded in place of a library')", encoding="utf-8"
    )
    plugin = start(baseUrl="embedded:account.sqlite")
    dial = {"type": "number", "number": "+14155550100"}
    checked = plugin.check(inputs("a", number_desired_area_code="415", fallback_destination=dial))
    assert not checked.failures
    id_, _ = plugin.create(inputs("a", number_desired_area_code="415", fallback_destination=dial))
    assert id_
