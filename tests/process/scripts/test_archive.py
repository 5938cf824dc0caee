"""The released Pulumi CLI: which archive, held to its SHA-256, and what is said without it."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scripts import archive, cache

PINNED = {
    "linux-x64": "8916fd36ccc96adbd45ca679194b685e3b767d94502ae05610878a6d9870b8f3",
    "linux-arm64": "deb4bf0d05b4cbaf3adcf82ffa44039ad0ebf039e33338ead8136877a437b4e5",
    "darwin-x64": "8aa1615ed737022949d4050bf183ab37bce1f9cecb88877bc6636db82604e348",
    "darwin-arm64": "dbd289ce3069cf567683252082e226aef533775f546df7286f64f3f36f5fda28",
}
RELEASE = {f"pulumi/{name}": b"#!/bin/sh\n" for name in cache.PROGRAMS}


def packed(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    """An archive with these files, and symbolic links."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as members:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            members.addfile(member)
    return whole.getvalue()


@contextmanager
def served(content: bytes, cut: int = 0) -> Iterator[str]:
    """A server on loopback that answers with `content`; without its last `cut` bytes."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) - cut])

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/pulumi.tar.gz"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def recipe(content: bytes, *, pinned: bytes | None = None) -> cache.Recipe:
    """A recipe whose fetch brings `content`; the pin is that of `pinned`, or of the content."""
    pins = {"linux-x64": hashlib.sha256(content if pinned is None else pinned).hexdigest()}

    def get(url: str, file: Path, _: cache.Say) -> None:
        assert url == archive.url_of("linux-x64")
        file.write_bytes(content)

    return archive.recipe(ignore, get, "linux-x64", pins)


def test_the_pins_are_those_of_the_release() -> None:
    """Four platforms are fetched, by the digests that the project publishes."""
    assert archive.SHA256 == PINNED
    assert archive.url_of("darwin-arm64") == (
        "https://github.com/pulumi/pulumi/releases/download/v3.250.0/"
        "pulumi-v3.250.0-darwin-arm64.tar.gz"
    )


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "linux-x64"),
        ("Linux", "aarch64", "linux-arm64"),
        ("Darwin", "x86_64", "darwin-x64"),
        ("Darwin", "arm64", "darwin-arm64"),
        ("FreeBSD", "amd64", "freebsd-x64"),
        ("Linux", "riscv64", "linux-riscv64"),
    ],
)
def test_a_platform_is_named_as_the_release_names_it(system: str, machine: str, name: str) -> None:
    """System and machine, as Python tells them, give the name of the archive."""
    assert archive.name_of(system, machine) == name


def test_a_release_is_unpacked_whole(tmp_path: Path) -> None:
    """The programs of a verified archive can be run, and nothing else is left."""
    content = packed({**RELEASE, "pulumi/README.md": b"words"})
    found = cache.obtain(tmp_path, [recipe(content)], ignore)
    assert {path.name for path in found.iterdir()} == {*cache.PROGRAMS, "README.md"}
    assert [path.name for path in found.parent.iterdir()] == ["bin"]


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", packed(RELEASE) + b"\0"])
def test_another_archive_is_not_unpacked(tmp_path: Path, content: bytes) -> None:
    """What has another digest than the pinned one is named, and nothing of it is unpacked."""
    wrong = recipe(content, pinned=packed(RELEASE))
    with pytest.raises(cache.UnavailableError, match="did not send the release: its SHA-256 is"):
        wrong.build(tmp_path)
    assert not (tmp_path / "bin").exists()


def test_another_archive_leads_to_the_next_source(tmp_path: Path) -> None:
    """Where the archive is not the release, the next recipe is tried, and its folder is used."""

    def build(folder: Path) -> None:
        (folder / "bin").mkdir()
        for name in cache.PROGRAMS:
            (folder / "bin" / name).write_text("built", encoding="utf-8")
            (folder / "bin" / name).chmod(0o755)

    wrong = recipe(b"a page", pinned=b"the release")
    found = cache.obtain(tmp_path, [wrong, cache.Recipe("built", build)], ignore)
    assert found == tmp_path / "built" / "bin"


def test_names_lead_nowhere_else(tmp_path: Path) -> None:
    """Of an archive only regular files of its one folder are written, by their last name."""
    odd = {"pulumi/../up": b"x", "/pulumi/root": b"x", "pulumi/a/b": b"x", "other/file": b"x"}
    content = packed({**RELEASE, **odd}, {"pulumi/link": "/etc/passwd"})
    found = cache.obtain(tmp_path / "cache", [recipe(content)], ignore)
    assert {path.name for path in found.iterdir()} == set(cache.PROGRAMS)
    assert {path.name for path in tmp_path.iterdir()} == {"cache"}


def test_a_platform_without_a_release_is_built(tmp_path: Path) -> None:
    """Where there is no release for a platform, nothing is fetched."""
    other = archive.recipe(ignore, never, "linux-riscv64")
    with pytest.raises(cache.UnavailableError, match="not released for linux-riscv64"):
        other.build(tmp_path)


@pytest.mark.parametrize("error", [ConnectionRefusedError("refused"), TimeoutError("timed out")])
def test_a_fetch_that_fails_says_why(tmp_path: Path, error: OSError) -> None:
    """A network that does not lead there is a reason for the next source, in half a sentence."""

    def get(*_: object) -> None:
        raise error

    with pytest.raises(
        cache.UnavailableError, match=f"cannot fetch Pulumi's release \\({error}\\)"
    ):
        archive.recipe(ignore, get, "linux-x64").build(tmp_path)


def test_an_answer_is_fetched_as_it_is(tmp_path: Path) -> None:
    """What a server answers with is what the file holds."""
    content = packed(RELEASE)
    with served(content) as url:
        archive.fetch(url, tmp_path / "file", ignore)
    assert (tmp_path / "file").read_bytes() == content


def test_an_answer_that_is_cut_is_not_the_release(tmp_path: Path) -> None:
    """A transfer that ends early is refused."""
    content = packed(RELEASE)
    pins = {"linux-x64": hashlib.sha256(content).hexdigest()}
    with served(content, cut=3) as url:

        def get(_: str, file: Path, say: cache.Say) -> None:
            archive.fetch(url, file, say)

        with pytest.raises(cache.UnavailableError):
            archive.recipe(ignore, get, "linux-x64", pins).build(tmp_path)


def ignore(line: str) -> None:
    """Drop a line of progress."""


def never(*_: object) -> None:
    """Fail when anything is fetched."""
    pytest.fail("something was fetched")
