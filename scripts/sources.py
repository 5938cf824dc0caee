"""The sources of a Pulumi CLI besides its release: PATH, and the Go modules pinned here.

Each is tried in bounded time, and reports why it does not work on this machine.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from scripts.archive import VERSION
from scripts.cache import EngineError, Recipe, Say, UnavailableError, digest, disk_full

GO_VERSION = "1.25.11"
OF_THE_ENGINE = "400"  # the GOGC of setup.sh
HERE = Path(__file__).resolve().parent

Number = tuple[int, int, int]

# Increase this when the result of `go_recipe` changes although no go.mod or go.sum does.
_RECIPE = b"1"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_PROGRAMS = {
    "cli": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    "language-python": f"{_SDK}/python/cmd/pulumi-language-python",
}
_LAUNCHERS = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-resource-pulumi-python",
)


def number(text: str) -> Number | None:
    """Return the first version number in a text, such as `v3.250.0-rc.1` or `go1.26`, or None."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def is_good(version: str) -> bool:
    """Return whether the project works with a CLI version: new enough, same major version."""
    got, least = number(version), number(VERSION)
    return got is not None and least is not None and least <= got < (least[0] + 1, 0, 0)


def on_path(path: str, ask: Callable[[str], str], say: Say) -> Path | None:
    """Return the folder of a usable `pulumi` on this PATH, or None.

    It is usable if its version is good and it has a Python language host.
    """
    program = shutil.which("pulumi", path=path)
    if program is None:
        return None
    version = ask(program)
    if not is_good(version):
        say(f"{program} is {version or 'not working'}, {VERSION} is needed: not used")
        return None
    # The CLI searches its own folder, then PATH. Resolve a package manager's symbolic link first.
    beside = os.pathsep.join([str(Path(program).resolve().parent), path])
    if shutil.which("pulumi-language-python", path=beside) is None:
        say(f"{program} has no pulumi-language-python: not used")
        return None
    return Path(program).parent


def ask_version(program: str) -> str:
    """Return the output of `pulumi version`, empty if it fails."""
    environ = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"}
    try:
        answer = subprocess.run(  # noqa: S603  a program found on PATH, one fixed word
            [program, "version"], env=environ, capture_output=True, encoding="utf-8", timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def go_recipe(say: Say, environ: Mapping[str, str]) -> Recipe:
    """Return the recipe that builds the CLI and its Python host from the modules in this folder.

    Its `build` raises UnavailableError without a suitable Go, and EngineError if a build fails.
    """
    inputs = [HERE / name / file for name in _PROGRAMS for file in ("go.mod", "go.sum")]
    here = f"{platform.system()}-{platform.machine()}".encode()
    key = digest([_RECIPE, VERSION.encode(), here, *(path.read_bytes() for path in inputs)])

    def build(folder: Path) -> None:
        go, settings = find_go(environ)
        say(_BUILDING)
        (folder / "bin").mkdir()
        flags = f"-s -w -X {_SDK}/go/common/version.Version=v{VERSION}"
        options = ["-mod=readonly", "-buildvcs=false", "-ldflags", flags]
        for position, (name, package) in enumerate(_PROGRAMS.items(), 1):
            log = folder / f"{name}.log"
            command = [go, "build", *options, "-o", f"{folder}/bin/", package]
            progress = f"building {Path(package).name} ({position} of {len(_PROGRAMS)})"
            say(progress)
            if run(command, HERE / name, settings, log, say, progress) != 0:
                raise _build_failed(folder.parent, log.read_text("utf-8", "replace"), say)
            log.unlink()
        list_sdk = [go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", _SDK]
        sdk = subprocess.check_output(list_sdk, cwd=HERE / "cli", env=settings, encoding="utf-8")  # noqa: S603  see find_go
        for launcher in _LAUNCHERS:
            copy = folder / "bin" / Path(launcher).name
            shutil.copyfile(Path(sdk.strip()) / launcher, copy)
            copy.chmod(0o755)

    return Recipe(f"pulumi-{VERSION}-go-{key}", build)


_BUILDING = "building the Pulumi CLI from its Go modules (first time only, about four minutes)"


def find_go(environ: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return a Go that is new enough, and the environment in which it builds for this machine.

    Raises UnavailableError if there is none.
    """
    # The user's own settings for Go, such as a workspace or a cross-compiler, must not apply here.
    settings = {k: v for k, v in environ.items() if k not in {"GOOS", "GOARCH", "GOEXPERIMENT"}}
    # The GOGC of `make env` is meant for the engine; a build with it would use gigabytes of memory.
    if settings.get("GOGC") == OF_THE_ENGINE:
        del settings["GOGC"]
    settings.update(GOWORK="off", GO111MODULE="on")
    go = shutil.which("go", path=environ.get("PATH", ""))
    if go is None:
        raise UnavailableError("Go is not installed, which builds it")
    # Run in the module's folder: there an older Go fetches the required version or fails.
    asked = subprocess.run(  # noqa: S603  the `go` on PATH, fixed words
        [go, "env", "GOVERSION"],
        cwd=HERE / "cli",
        env=settings,
        capture_output=True,
        encoding="utf-8",
    )
    least = number(GO_VERSION)
    got = number(asked.stdout) if asked.returncode == 0 else None
    if got is None or least is None or got < least:
        raise UnavailableError(f"{go} is older than {GO_VERSION}")
    return go, settings


def _build_failed(root: Path, output: str, say: Say) -> EngineError:
    if "no space left on device" in output:
        return EngineError(disk_full(root))
    for line in output.strip().splitlines()[-5:]:
        say(line)
    return EngineError("Go could not build the Pulumi CLI: see its output above")


def run(
    command: list[str],
    folder: Path,
    environ: Mapping[str, str],
    log: Path,
    say: Say,
    label: str,
) -> int:
    """Run a command, with its output in the log and a progress line every 15 s.

    Return its exit code.
    """
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(  # noqa: S603  built above from fixed words
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        begun = told = time.monotonic()
        try:
            while (code := process.poll()) is None:
                time.sleep(0.1)
                now = time.monotonic()
                if now - told >= 15:
                    told = now
                    say(f"{label}: {now - begun:.0f} s")
            return code
        finally:
            # Ctrl-C does not reach the command's own session, so end Go and its children here.
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
