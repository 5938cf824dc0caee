"""The engine cache: one whole folder for each recipe, whoever builds, whatever is killed."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import cache

ROOT = Path(__file__).resolve().parents[3]

# A run of its own: obtains "fake" from the folder argv[1]; each build leaves a line in `builds`.
RUN = """
import os, sys, time
from pathlib import Path
from scripts import cache

root, how = Path(sys.argv[1]), sys.argv[2]

def build(folder):
    with (root.parent / "builds").open("a", encoding="utf-8") as file:
        file.write("build\\n")
    (folder / "bin").mkdir()
    for name in cache.PROGRAMS:
        (folder / "bin" / name).write_text("#!/bin/sh\\n", encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
        if how == "killed":
            os.kill(os.getpid(), 9)
    waits = root.parent / "waits"
    for _ in range(600 if how == "awaited" else 0):  # Until the other run waits for this one.
        if waits.exists():
            break
        time.sleep(0.1)

def say(line):
    print(line, flush=True)
    (root.parent / "waits").touch()

print(cache.obtain(root, [cache.Recipe("fake", build)], say))
"""


def start(root: Path, how: str) -> subprocess.Popen[str]:
    """Start a run of its own on this cache."""
    command = [sys.executable, "-c", RUN, str(root), how]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8")


def fill(folder: Path) -> None:
    """Build a whole engine out of empty scripts."""
    (folder / "bin").mkdir()
    for name in cache.PROGRAMS:
        (folder / "bin" / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)


def unavailable(folder: Path) -> None:
    """Fail as a source does that does not work here."""
    raise cache.UnavailableError("it is not here")


def test_a_made_engine_is_found_again(tmp_path: Path) -> None:
    """What one run made, the next one finds without building."""
    said: list[str] = []
    made = cache.obtain(tmp_path / "c", [cache.Recipe("one", fill)], said.append)
    found = cache.obtain(tmp_path / "c", [cache.Recipe("one", unavailable)], said.append)
    assert made == found == tmp_path / "c" / "one" / "bin"
    assert said == []


def test_an_earlier_result_of_any_recipe_comes_before_a_new_try(tmp_path: Path) -> None:
    """A second run asks no network: what any recipe made is taken before one is tried."""
    cache.obtain(tmp_path, [cache.Recipe("built", fill)], print_nothing)
    recipes = [cache.Recipe("official", unavailable), cache.Recipe("built", unavailable)]
    assert cache.obtain(tmp_path, recipes, print_nothing) == tmp_path / "built" / "bin"


def test_the_next_recipe_is_tried_when_one_is_unavailable(tmp_path: Path) -> None:
    """Where the first source does not work, the second one makes the engine."""
    recipes = [cache.Recipe("first", unavailable), cache.Recipe("second", fill)]
    assert cache.obtain(tmp_path, recipes, print_nothing) == tmp_path / "second" / "bin"


def test_no_source_at_all_says_what_to_install(tmp_path: Path) -> None:
    """With no source left, one line tells the reasons and names what to install."""
    told = r"it is not here, and it .*; install Pulumi .* or Go"
    with pytest.raises(cache.EngineError, match=told):
        cache.obtain(tmp_path, [cache.Recipe(k, unavailable) for k in "ab"], print_nothing)


def test_two_runs_build_once(tmp_path: Path) -> None:
    """Of two runs at once one builds; the other says that it waits, and takes the result."""
    runs = [start(tmp_path / "c", "awaited"), start(tmp_path / "c", "awaited")]
    outputs = sorted(run.communicate(timeout=100)[0].splitlines() for run in runs)
    place = str(tmp_path / "c" / "fake" / "bin")
    assert outputs == [[place], ["waiting for another run that installs the Pulumi CLI", place]]
    assert (tmp_path / "builds").read_text(encoding="utf-8") == "build\n"


def test_a_killed_build_does_not_count(tmp_path: Path) -> None:
    """A build killed half-way is not found, holds no lock, and is swept by the next run."""
    killed = start(tmp_path / "c", "killed")
    killed.communicate(timeout=30)
    assert killed.returncode == -signal.SIGKILL
    assert list((tmp_path / "c").glob("fake.part-*"))
    recipe = cache.Recipe("fake", fill)
    assert cache.find(tmp_path / "c", [recipe]) is None
    cache.obtain(tmp_path / "c", [recipe], print_nothing)
    assert {path.name for path in (tmp_path / "c").iterdir()} - {"engine.lock"} == {"fake"}


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    """A builder that fails leaves neither an engine nor its half."""

    def build(folder: Path) -> None:
        fill(folder)
        raise cache.EngineError("no")

    with pytest.raises(cache.EngineError, match="^no$"):
        cache.obtain(tmp_path, [cache.Recipe("fake", build)], print_nothing)
    assert {path.name for path in tmp_path.iterdir()} <= {"engine.lock"}


def test_a_damaged_engine_is_made_anew(tmp_path: Path) -> None:
    """An engine that has lost a program, or its run bit, is replaced."""
    bin_folder = cache.obtain(tmp_path, [cache.Recipe("fake", fill)], print_nothing)
    (bin_folder / "pulumi").unlink()
    (bin_folder / "pulumi-language-python").chmod(0o644)
    assert cache.is_whole(cache.obtain(tmp_path, [cache.Recipe("fake", fill)], print_nothing))


def test_an_incomplete_result_is_refused(tmp_path: Path) -> None:
    """A builder that forgets a program has made nothing."""

    def build(folder: Path) -> None:
        fill(folder)
        (folder / "bin" / "pulumi-language-python-exec").unlink()

    with pytest.raises(cache.EngineError, match="fake is incomplete"):
        cache.obtain(tmp_path, [cache.Recipe("fake", build)], print_nothing)


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    """A full disk is told as one, with the room that is needed."""

    def build(folder: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(cache.EngineError, match="^the disk is full: .* 4 GB"):
        cache.obtain(tmp_path, [cache.Recipe("fake", build)], print_nothing)


def test_a_cache_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """A cache folder that cannot be made is named in one line."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(
        cache.EngineError, match=f"cannot write the Pulumi CLI to {tmp_path}/file/c"
    ):
        cache.obtain(tmp_path / "file" / "c", [cache.Recipe("fake", fill)], print_nothing)


@pytest.mark.parametrize(
    ("environ", "parent"),
    [
        ({"XDG_CACHE_HOME": "/x/cache"}, Path("/x/cache")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache"),
        ({}, Path.home() / ".cache"),
    ],
)
def test_the_cache_follows_xdg(environ: dict[str, str], parent: Path) -> None:
    """The cache lies under an absolute XDG_CACHE_HOME, else under ~/.cache."""
    assert cache.cache_root(environ) == parent / "vapi-phone-numbers"


def test_the_digest_keeps_contents_apart() -> None:
    """Any change of any content, or of where one ends, is another engine."""
    variants = [[b"ab", b"c"], [b"a", b"bc"], [b"ab", b"d"], [b"c", b"ab"], [b"ab"]]
    assert len({cache.digest(variant) for variant in variants}) == len(variants)
    assert cache.digest(variants[0]) == cache.digest(list(variants[0]))


def print_nothing(line: str) -> None:
    """Drop a line of progress."""
