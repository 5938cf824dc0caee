"""One run of chaos: a seeded trouble in a real `pulumi up`, reruns, and a look at what is left.

Nothing here knows how the product heals itself. It knows the promise: each declaration is at the
account once and in the state, whatever happened.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from tests.chaos.scenario import REQUEST_TIMEOUT, SECRETS, Scenario
from tests.engine.conftest import Account, Project, new_project, serve

RERUNS = 4
UP_SECONDS = 120.0
END_SECONDS = 30.0


def run(
    seed: int, folder: Path, *, lose_journal: bool = False, explicit: bool = False
) -> list[str]:
    """Runs the scenario of `seed` in an empty folder; what is wrong in the end, a line each.

    `lose_journal` gives each `up` a journal of its own, so that none knows of another's; then
    there is one rerun, since what it bought twice stays so.
    """
    scenario = Scenario.of(seed, explicit=explicit)
    with _reserved_port() as port, ExitStack() as servers:
        # The journal knows an account by its URL, so each server of the run has the same port.
        options = ["--port", port, "--latency", str(scenario.latency), "--seed", str(seed)]
        faults = [word for fault in scenario.faults for word in ("--fault", fault)]
        account = servers.enter_context(serve(folder, "account", *options, *faults))
        project = new_project(folder, account.url)
        project.environment["VAPI_REQUEST_TIMEOUT_SECONDS"] = str(REQUEST_TIMEOUT)
        project.program(scenario.program())
        ups = Ups(project, folder, lose_journal)
        try:
            code = ups.first(scenario, account)
            if scenario.faults:
                servers.close()
                again = ["--db", str(folder / "account.db"), *options]
                account = servers.enter_context(serve(folder, "calm", *again))
            for _ in range(1 if lose_journal else RERUNS):
                if code == 0:
                    break
                ups.unlock()
                code = ups.run("--parallel", str(scenario.parallel))
            findings = [] if code == 0 else [f"no up succeeded, the last ended with {code}"]
            if code == 0:
                before = len(account.requests())
                if ups.run("--expect-no-changes") != 0:
                    findings.append("a further up changes something")
                sent = account.requests()[before:]
                findings += [f"a further up sends {', '.join(sent)}"] if sent else []
                findings += [] if lose_journal else _open_intents(folder)
        finally:
            left = ups.end()
        state = project.pulumi("stack", "export").text
        (folder / "state.json").write_text(state)
        findings += left + _records(scenario, state, account)
    return findings + _secrets(folder)


@contextmanager
def _reserved_port() -> Iterator[str]:
    """A port that nobody else is given: bound here, and never listened on here."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield str(holder.getsockname()[1])


class Ups:
    """The `pulumi up`s of a run, each in a session of its own: nothing else is ever killed."""

    def __init__(self, project: Project, folder: Path, lose_journal: bool) -> None:
        self._project = project
        self._folder = folder
        self._lose_journal = lose_journal
        self._started: list[subprocess.Popen[bytes]] = []

    def first(self, scenario: Scenario, account: Account) -> int | None:
        """The up that the trouble is for; its exit code."""
        up = self._start("--parallel", str(scenario.parallel))
        if scenario.killed:
            deadline = time.monotonic() + END_SECONDS
            while up.poll() is None and not account.requests() and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(scenario.after)
            plugins = list(_members(up.pid, "pulumi.dynamic")) if up.poll() is None else []
            if "engine" in scenario.killed and up.poll() is None:
                up.kill()
            if "plugin" in scenario.killed:
                _kill(plugins)
        return self._wait(up)

    def run(self, *words: str) -> int | None:
        """One more up; its exit code, None where it did not end in time."""
        return self._wait(self._start(*words))

    def unlock(self) -> None:
        """What a person does where an engine left its lock."""
        state = Path(self._project.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
        if any(path.is_file() for path in (state / ".pulumi" / "locks").rglob("*")):
            said = self._project.pulumi("cancel", "--yes").text
            (self._folder / f"cancel-{len(self._started)}.out").write_text(said)

    def end(self) -> list[str]:
        """Waits until our plugins have ended by themselves, and ends the rest; what had to be."""
        deadline = time.monotonic() + END_SECONDS
        while self._left("pulumi.dynamic") and time.monotonic() < deadline:
            time.sleep(0.1)
        findings = [f"still there: {_command(pid)}" for pid in self._left("pulumi.dynamic")]
        # Pulumi's own language host outlives a killed engine for good.
        _kill(self._left())
        return findings

    def _left(self, words: str = "") -> list[int]:
        return [pid for up in self._started for pid in _members(up.pid, words)]

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        at = len(self._started)
        journal = self._folder / "journal" / (f"{at}.sqlite" if self._lose_journal else "1.sqlite")
        with (self._folder / f"up-{at}.out").open("wb") as out:
            up = subprocess.Popen(
                ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", *words],
                cwd=self._project.folder,
                env={**self._project.environment, "VAPI_JOURNAL": str(journal)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(up)
        return up

    def _wait(self, up: subprocess.Popen[bytes]) -> int | None:
        try:
            return up.wait(UP_SECONDS)
        except subprocess.TimeoutExpired:
            _kill(list(_members(up.pid)))
            up.wait(END_SECONDS)
            return None


def _members(session: int, words: str = "") -> Iterator[int]:
    """The processes of a session whose command line has `words`; those that ended do not count."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state = (entry / "stat").read_text().rpartition(")")[2].split()
            ours = int(state[3]) == session and state[0] != "Z"
            if ours and words in _command(int(entry.name)):
                yield int(entry.name)


def _command(pid: int) -> str:
    with suppress(OSError):
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
        return line.replace(b"\0", b" ").decode(errors="replace")
    return ""


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # It may have ended meanwhile.
            os.kill(pid, signal.SIGKILL)


def _records(scenario: Scenario, state: str, account: Account) -> list[str]:
    """Where the account differs from the declarations or from the state."""
    findings: list[str] = []
    unknown = {record["id"]: record for record in account.records()}
    everything = set(unknown)
    for one in scenario.declarations:
        made = [id_ for id_, record in unknown.items() if one.is_made_as(record)]
        if len(made) != 1:
            often = "twice or more" if made else "not"
            findings.append(f"{one.resource} is {often} at the account: {made}")
        for id_ in made:
            record = unknown.pop(id_)
            if not one.is_complete(record):
                findings.append(f"{one.resource} has other headers than declared")
    findings += [f"a record is nobody's: {record}" for record in unknown.values()]
    resources = json.loads(state)["deployment"].get("resources", [])
    held = [item.get("id") for item in resources if "dynamic/vapi" in item["type"]]
    if len(held) != len(set(held)) or set(held) != everything:
        findings.append(f"the state has {held}, the account {sorted(everything)}")
    return findings


def _open_intents(folder: Path) -> list[str]:
    """Intents that stayed open although the state has everything."""
    with closing(sqlite3.connect(folder / "journal" / "1.sqlite")) as journal:
        rows = journal.execute("SELECT declaration FROM intents").fetchall()
    return [f"the journal still has {row[0]}" for row in rows]


def _secrets(folder: Path) -> list[str]:
    """Where a planted secret is written that no file may show."""
    shown = [
        *folder.glob("*.out"),
        *folder.glob("*.log"),
        *folder.glob("journal/*"),
        *folder.glob("state.json"),
        *(path for path in folder.glob("numbers-state/**/*") if path.is_file()),
    ]
    return [
        f"{path.relative_to(folder)} shows the secret {secret}"
        for path in shown
        for secret in SECRETS
        if secret.encode() in path.read_bytes()
    ]
