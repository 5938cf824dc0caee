"""The journal's file in a folder that others write into: private, and nobody else's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from vapi_provider.catalogue.message import Message
from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.journal import AccountWatermark, Journal
from vapi_provider.journal.private_file import make_private
from vapi_provider.journal.process_locks import SLOTS
from vapi_provider.settings.backend import Backend

pytestmark = pytest.mark.posix

NAME = "acme/shop/dev/VapiPhoneNumber/a"

BACKEND = Backend("backend", is_named=True)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder as /tmp is."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def begin(file: Path) -> None:
    """Write an intent into a journal, as a purchase does."""
    Journal(file, "account", BACKEND).write_intent(
        NAME, {"digests": {}}, AccountWatermark("", frozenset()), 60
    )


def no_waiting() -> None:
    """What a link counts as, where the operating system has no locks: somebody's lock."""
    raise ConfigurationError(Message("it is held"))


def mode(file: Path) -> int:
    """The rights of a file."""
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.parametrize("there", [True, False])
def test_a_journal_follows_no_symbolic_link(tmp_path: Path, shared: Path, there: bool) -> None:
    """A link in the journal's place is refused, and what it leads to is left as it is."""
    target = tmp_path / "target"
    if there:
        target.write_text("somebody's", encoding="utf-8")
        target.chmod(0o644)
    (shared / "journal.sqlite").symlink_to(target)
    with pytest.raises(ConfigurationError, match="symbolic link"):
        begin(shared / "journal.sqlite")
    assert target.exists() is there
    if there:
        assert (target.read_text(encoding="utf-8"), mode(target)) == ("somebody's", 0o644)


def test_the_locks_beside_a_journal_follow_no_symbolic_link(tmp_path: Path, shared: Path) -> None:
    """A link in the place of a lock makes nothing elsewhere."""
    for at in range(SLOTS):
        (shared / f"journal.sqlite.{at:02d}.turn").symlink_to(tmp_path / "made")
    journal = Journal(shared / "journal.sqlite", "account", BACKEND)
    with pytest.raises(ConfigurationError), journal.turn(no_waiting, "alike"):
        pass
    assert not (tmp_path / "made").exists()


def test_a_file_with_another_name_is_refused_in_a_shared_folder(
    tmp_path: Path, shared: Path
) -> None:
    """A hard link that somebody may have made to another file of ours is refused."""
    (tmp_path / "target").write_text("", encoding="utf-8")
    os.link(tmp_path / "target", shared / "journal.sqlite")
    with pytest.raises(ConfigurationError, match="not this user's alone"):
        begin(shared / "journal.sqlite")


def test_somebody_elses_file_is_refused_in_a_shared_folder(shared: Path) -> None:
    """A file that another user has laid out is not taken, where others write into the folder."""
    (shared / "journal.sqlite").write_text("", encoding="utf-8")
    with pytest.raises(OSError, match="not this user's alone"):
        make_private(shared / "journal.sqlite", user=os.geteuid() + 1)
    shared.chmod(0o755)
    make_private(shared / "journal.sqlite", user=os.geteuid() + 1)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A pipe in the journal's place does not hold the run up."""
    os.mkfifo(tmp_path / "journal.sqlite")
    with pytest.raises(ConfigurationError, match="no regular file"):
        begin(tmp_path / "journal.sqlite")


@pytest.mark.parametrize("before", [None, 0o644, 0o600, 0o640])
def test_a_journal_is_private(shared: Path, before: int | None) -> None:
    """Only this person reads a journal, new or there before, and the files beside it."""
    file = shared / "journal.sqlite"
    if before is not None:
        file.touch()
        file.chmod(before)
    begin(file)
    assert {mode(path) & 0o077 for path in shared.iterdir()} == {0}


def test_a_journal_may_lie_behind_a_linked_folder(tmp_path: Path) -> None:
    """A folder that is a link, as /tmp is on macOS, is no reason to refuse."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    make_private(tmp_path / "link" / "journal.sqlite")
    assert mode(tmp_path / "folder" / "journal.sqlite") == 0o600
