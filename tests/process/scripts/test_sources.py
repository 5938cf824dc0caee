"""Where a Pulumi CLI comes from: which one on PATH is good, and how a source says no."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts import archive, cache, sources


def program(folder: Path, name: str, script: str = "exit 0") -> Path:
    """Write a small program and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("version", ["v3.250.0", "3.250.1", "v3.300.0-alpha.x+dirty", "v3.250"])
def test_a_new_enough_version_is_good(version: str) -> None:
    """The tested version and newer ones of the same major version are used."""
    assert sources.is_good(version)


@pytest.mark.parametrize("version", ["v3.249.9", "v2.999.0", "v4.0.0", "", "not a version"])
def test_another_version_is_not(version: str) -> None:
    """An older version, another major version and no version at all are not used."""
    assert not sources.is_good(version)


def test_a_good_cli_on_path_is_used(tmp_path: Path) -> None:
    """A good CLI with its language host beside it is used from where it lies."""
    program(tmp_path, "pulumi")
    program(tmp_path, "pulumi-language-python")
    assert sources.on_path(str(tmp_path), lambda _: "v3.260.0", no_word) == tmp_path


def test_a_linked_cli_finds_its_host_in_its_own_folder(tmp_path: Path) -> None:
    """A package manager's link is followed to the folder that holds the language host."""
    cli = program(tmp_path / "cellar", "pulumi")
    program(tmp_path / "cellar", "pulumi-language-python")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").symlink_to(cli)
    found = sources.on_path(str(tmp_path / "bin"), lambda _: "v3.260.0", no_word)
    assert found == tmp_path / "bin"


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("v3.100.0", "is v3.100.0, 3.250.0 is needed: not used"),
        ("", "is not working, 3.250.0 is needed: not used"),
        ("v3.250.0", "has no pulumi-language-python: not used"),
    ],
)
def test_a_cli_that_is_passed_over_is_named(tmp_path: Path, version: str, said: str) -> None:
    """A CLI on PATH that is too old, broken or without its Python host is named, not used."""
    cli = program(tmp_path, "pulumi")
    lines: list[str] = []
    assert sources.on_path(str(tmp_path), lambda _: version, lines.append) is None
    assert lines == [f"{cli} {said}"]


def test_a_path_without_a_cli_is_no_news(tmp_path: Path) -> None:
    """No CLI on PATH is the ordinary case and says nothing."""
    assert sources.on_path(str(tmp_path), lambda _: "", no_word) is None


def test_the_version_is_asked_of_the_program(tmp_path: Path) -> None:
    """What the program prints is its version; a program that fails has none."""
    assert sources.ask_version(str(program(tmp_path, "good", "echo v3.251.0"))) == "v3.251.0"
    assert sources.ask_version(str(program(tmp_path, "bad", "echo v3.251.0; exit 1"))) == ""


def test_without_go_the_build_is_unavailable(tmp_path: Path) -> None:
    """Where there is no Go the build says so instead of failing."""
    recipe = sources.go_recipe(ignore, {"PATH": str(tmp_path)})
    with pytest.raises(cache.UnavailableError, match="Go is not installed"):
        recipe.build(tmp_path)


@pytest.mark.parametrize("script", ["echo go1.25.10", "echo go1.19", "echo no >&2; exit 1"])
def test_an_old_go_makes_the_build_unavailable(tmp_path: Path, script: str) -> None:
    """A Go that is too old, and may fetch no newer one, is named with what is needed."""
    go = program(tmp_path / "bin", "go", script)
    recipe = sources.go_recipe(ignore, {"PATH": f"{go.parent}:{os.defpath}"})
    with pytest.raises(cache.UnavailableError, match=r"older than 1\.25\.11"):
        recipe.build(tmp_path)


@pytest.mark.parametrize(("given", "left"), [("400", None), ("50", "50")])
def test_what_speeds_the_engine_up_is_not_for_its_build(
    tmp_path: Path, given: str, left: str | None
) -> None:
    """Of `make env`'s GOGC the build gets nothing; of somebody's own it does."""
    assert f"export GOGC={sources.OF_THE_ENGINE}\n" in (sources.HERE / "setup.sh").read_text(
        encoding="utf-8"
    )
    go = program(tmp_path / "bin", "go", "echo go1.26.0")
    _, settings = sources.find_go({"PATH": f"{go.parent}:{os.defpath}", "GOGC": given})
    assert settings.get("GOGC") == left


def test_a_failing_build_ends_with_the_last_words_of_go(tmp_path: Path) -> None:
    """A failing build names the program, shows Go's last lines, then one that says what failed."""
    script = 'case $1 in env) echo go1.26.0 ;; *) seq 1 9; echo "boom" >&2; exit 1 ;; esac'
    go = program(tmp_path / "bin-go", "go", script)
    lines: list[str] = []
    recipe = sources.go_recipe(lines.append, {"PATH": f"{go.parent}:{os.defpath}"})
    with pytest.raises(cache.EngineError, match="Go could not build the Pulumi CLI"):
        recipe.build(tmp_path)
    assert lines[1:] == ["building pulumi (1 of 2)", "6", "7", "8", "9", "boom"]


def test_a_disk_that_fills_while_building_is_one_line(tmp_path: Path) -> None:
    """Go's own complaint about a full disk becomes the one line about it."""
    script = 'case $1 in env) echo go1.26.0 ;; *) echo "x: no space left on device"; exit 1 ;; esac'
    go = program(tmp_path / "bin-go", "go", script)
    recipe = sources.go_recipe(ignore, {"PATH": f"{go.parent}:{os.defpath}"})
    with pytest.raises(cache.EngineError, match="^the disk is full"):
        recipe.build(tmp_path)


def test_the_build_has_a_key_of_its_own() -> None:
    """A built engine never takes the place of a released one of the same version."""
    released, built = archive.recipe(ignore), sources.go_recipe(ignore, {})
    assert built.key.startswith(f"pulumi-{archive.VERSION}-go-")
    assert released.key != built.key
    assert built.key == sources.go_recipe(ignore, {"PATH": "/elsewhere"}).key


def test_the_modules_pin_what_is_said_to_be_built() -> None:
    """The version in the code is the one that the CLI's go.mod requires."""
    modules = (sources.HERE / "cli" / "go.mod").read_text(encoding="utf-8")
    assert f"github.com/pulumi/pulumi/pkg/v3 v{sources.VERSION}" in modules
    assert f"\ngo {sources.GO_VERSION}\n" in modules


def ignore(line: str) -> None:
    """Drop a line of progress."""


def no_word(line: str) -> None:
    """Fail on any line of progress."""
    pytest.fail(line)
