"""The stacks that docs/fleets.md shows."""

from __future__ import annotations

import re
import runpy
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This project with the page's modules among its stacks."""
    shutil.copy(ROOT / "__main__.py", tmp_path)
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    page = (ROOT / "docs" / "fleets.md").read_text(encoding="utf-8")
    for name, text in re.findall(r"```python\n# (stacks/\S+)\n(.*?)```", page, re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "stacks"]:
        monkeypatch.delitem(sys.modules, name)
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "stacks"]:
        del sys.modules[name]


def test_one_module_makes_many_stacks(project: Path, run: Any) -> None:
    """A stack of one line declares what the shared module has for its name."""

    def program() -> None:
        runpy.run_path(str(project / "__main__.py"), run_name="__main__")

    ran = run(program, stack="customer-acme")
    assert set(ran.resources) == {"paris", "rome"}
    assert {item.inputs["number_desired_area_code"] for item in ran.resources.values()} == {
        "415",
        "212",
    }
    assert ran.warnings == []
