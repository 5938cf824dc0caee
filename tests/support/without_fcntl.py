"""Runner of a module without `fcntl`, as on Windows, also in its child processes.

Usage: `python -m tests.support.without_fcntl -m pytest …`.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

_BLOCKING = "import sys\nsys.modules['fcntl'] = None\n"


def main() -> None:
    """Run a module without `fcntl`, here and in every process below."""
    flag, module, *words = sys.argv[1:]
    assert flag == "-m", "usage: python -m tests.support.without_fcntl -m MODULE …"
    with TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(_BLOCKING, encoding="utf-8")
        inherited = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, inherited)))
        sys.modules["fcntl"] = None  # pyright: ignore[reportArgumentType]
        sys.argv = [module, *words]
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
