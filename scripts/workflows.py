"""The check of the pipelines in `make check`: actionlint, built once per user from its Go module.

Run as `python -m scripts.workflows`. If actionlint cannot be built, the check is skipped with a
line on stderr: the other targets need no Go, and CI has one.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts import cache, sources

MODULE = sources.HERE / "actionlint"
_PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"
_BUILDING = "building actionlint from its Go module (first time only, about half a minute)"


def say(line: str) -> None:
    """Write one line of progress."""
    sys.stderr.write(f"engine: {line}\n")


def recipe(environ: Mapping[str, str]) -> cache.Recipe:
    """Return the recipe that builds the version that `scripts/actionlint/go.mod` pins."""
    inputs = [(MODULE / file).read_bytes() for file in ("go.mod", "go.sum")]
    here = f"{platform.system()}-{platform.machine()}".encode()

    def build(folder: Path) -> None:
        go, settings = sources.find_go(environ)
        say(_BUILDING)
        log = folder / "log"
        options = ["-mod=readonly", "-buildvcs=false", "-o", f"{folder}/bin/"]
        (folder / "bin").mkdir()
        if sources.run([go, "build", *options, _PACKAGE], MODULE, settings, log, say, _BUILDING):
            last = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise cache.UnavailableError(f"Go could not build it: {''.join(last)}")

    return cache.Recipe(f"actionlint-{cache.digest([here, *inputs])}", build, ("actionlint",))


def obtain(environ: Mapping[str, str]) -> Path:
    """Return the path of actionlint: the pinned version, built if necessary, else that on PATH.

    Raises UnavailableError if there is neither.
    """
    root, wanted = cache.cache_root(environ), recipe(environ)
    found = cache.find(root, [wanted])
    if found is None:
        try:
            root.mkdir(parents=True, exist_ok=True)
            with cache.locked(root / "engine.lock", say):
                found = cache.find(root, [wanted]) or cache.publish(root, wanted)
        except (cache.EngineError, OSError) as error:
            there = shutil.which("actionlint", path=environ.get("PATH", ""))
            if there is None:
                raise cache.UnavailableError(str(error)) from None
            return Path(there)
    return found / "actionlint"


def main() -> int:
    """Run actionlint on `.github/workflows`, and return its exit code; 0 if it is unavailable."""
    try:
        program = obtain(os.environ)
    except cache.UnavailableError as error:
        say(f"actionlint did not check the pipelines: {error}")
        return 0
    # Disable the integrations, so that other installed tools do not change the result.
    files = sorted(str(path) for path in Path(".github/workflows").glob("*.yml"))
    command = [program, "-no-color", "-shellcheck=", "-pyflakes=", *files]
    return subprocess.run(command).returncode  # noqa: S603  fixed words and names of files here


if __name__ == "__main__":
    sys.exit(main())
