"""Stage of a round: a folder with an account, a project and its stacks."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Any

from tests.chaos.declarations import Declaration, program
from tests.chaos.ups import Kill, Ups
from tests.engine.conftest import Account, Project, new_project, serve

LOST = "POST:*:commit-then-slow=6"
"""Fault that executes every purchase and delays the response until after the kill."""


class Server:
    """The account's server, which a round may replace; all machines of the round use it."""

    def __init__(self, servers: ExitStack, folder: Path, options: list[str]) -> None:
        self._servers = servers
        self._folder = folder
        # The journal knows an account by its URL, so each server of the run has the same port.
        self._options = options
        self._served = 0
        self.account = self._start("account")

    def replace(self, *faults: str, db: str, switches: Iterable[str]) -> None:
        """End the server, and start one with these faults and switches."""
        self._servers.close()
        words = [word for fault in faults for word in ("--fault", fault)]
        words += [word for switch in switches for word in ("--switch", switch)]
        self.account = self._start(db, *words)

    def _start(self, db: str, *words: str) -> Account:
        self._served += 1
        options = ["--db", str(self._folder / f"{db}.db"), *self._options, *words]
        return self._servers.enter_context(serve(self._folder, f"server-{self._served}", *options))


class Stage:
    """The account of a round, and a machine with a project and its `up`s."""

    def __init__(
        self,
        servers: ExitStack,
        folder: Path,
        seed: int,
        port: str,
        latency: float,
        timeout: float,
    ) -> None:
        self.folder = folder
        self._port = int(port)
        options = ["--port", port, "--latency", str(latency), "--seed", str(seed)]
        self._server = Server(servers, folder, options)
        self.home = folder
        """The folder of this machine; `folder` is the round's."""
        self.project = new_project(folder, self.account.url)
        self.project.environment["VAPI_REQUEST_TIMEOUT_SECONDS"] = str(timeout)
        self.stacks = ["test"]
        self.ups = Ups(self.project, folder)
        self.all_ups = [self.ups]
        """The `up`s of all machines."""

    @property
    def account(self) -> Account:
        """Account behind the current server."""
        return self._server.account

    def machine(self, name: str, shared_journal: str | None, **variables: str) -> Stage:
        """Return the stage of another machine: a clone and a home, and nothing else.

        `shared_journal` is the URL of the journal beside the state; with None, the machine has a
        journal of its own. `variables` are in its environment.
        """
        there = copy(self)
        there.home = self.folder / name
        clone = there.home / "numbers"
        clone.mkdir(parents=True)
        # The settings of the stacks are committed, and are in each clone.
        for file in self.project.folder.glob("Pulumi*.yaml"):
            shutil.copy2(file, clone)
        own = {
            "HOME": "home",
            "PULUMI_HOME": "home/.pulumi",
            "TMPDIR": "tmp",
            "XDG_CACHE_HOME": "home/cache",
            "XDG_CONFIG_HOME": "home/config",
            "XDG_STATE_HOME": "home/state",
        }
        for folder in own.values():
            (there.home / folder).mkdir(parents=True, exist_ok=True)
        paths = {variable: str(there.home / folder) for variable, folder in own.items()}
        there.project = Project(clone, {**self.project.environment, **paths, **variables})
        there.ups = Ups(there.project, there.home, shared_journal)
        self.all_ups.append(there.ups)
        return there

    @property
    def was_struck(self) -> bool | None:
        """Whether a kill on any machine hit a running process; None without a kill."""
        tried = [ups.struck for ups in self.all_ups if ups.struck is not None]
        return any(tried) if tried else None

    def end(self) -> list[str]:
        """End the processes that are left on all machines; return what had to be ended."""
        return [finding for ups in self.all_ups for finding in ups.end()]

    def wait_since_kill(self, seconds: float) -> None:
        """Wait until `seconds` after the last kill on any machine."""
        for ups in self.all_ups:
            ups.wait_since_kill(seconds)

    def wait_for_plugins(self) -> None:
        """Wait until the plugins of all machines have ended, for a while."""
        for ups in self.all_ups:
            ups.wait_for_plugins()

    def serve(self, *faults: str, db: str = "account", switches: Iterable[str] = ()) -> None:
        """Replace the account's server by one with these faults; `db` is another account."""
        self._server.replace(*faults, db=db, switches=switches)

    def write(self, declarations: Iterable[Declaration], head: str = "") -> None:
        """Write the program that the next `up` runs."""
        self.project.program(head + program(declarations))

    def ids(self) -> set[str]:
        """Return the ids of all records: from the file, as a fault counts requests."""
        return set(self.versions())

    def versions(self) -> dict[str, int]:
        """Return the time of each record's last change by its id, from the account's file."""
        with closing(sqlite3.connect(self.folder / "account.db")) as file:
            return dict(file.execute("SELECT id, updated_ms FROM phone_number").fetchall())

    def changed_since(self, before: Mapping[str, int]) -> int:
        """Return how many records were created, changed or deleted since `before`."""
        now = self.versions()
        return sum(now.get(id_) != before.get(id_) for id_ in {*now, *before})

    def count(self) -> int:
        """Return how many records there are."""
        return len(self.ids())

    def is_asked(self) -> bool:
        """Return whether a client is connected to the account's server.

        The server logs a request only after it. Clients connect with their first request.
        """
        port = f":{self._port:04X}"
        lines = Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]
        return any(line.split()[2].endswith(port) and line.split()[3] == "01" for line in lines)

    def lose(
        self, declarations: list[Declaration], kill: Kill, *faults: str, recorded: int = 0
    ) -> None:
        """Run a first `up` that is killed when every number is bought, some without an answer.

        `recorded` are how many the state must hold by then.
        """
        self.serve(*(faults or (LOST,)))
        self.write(declarations)
        records = self.count() + len(declarations)

        def is_due() -> bool:
            return self.count() >= records and self._recorded() >= recorded

        self.ups.killed(kill, is_due, "--parallel", "16")
        self.serve()

    def _recorded(self) -> int:
        """Return how many of our resources the state's file holds, also while an `up` runs."""
        stacks = self.folder / "numbers-state" / ".pulumi" / "stacks"
        for file in stacks.rglob("test.json"):
            with suppress(OSError, ValueError, KeyError):  # The engine may be writing the file.
                latest = json.loads(file.read_text(encoding="utf-8"))["checkpoint"]["latest"]
                found = latest.get("resources") or []
                return sum("dynamic/vapi" in one["type"] and bool(one.get("id")) for one in found)
        return 0

    def kill_at(self, kill: Kill, records: int, *words: str) -> int | None:
        """Run an `up` that is killed when the account has so many records."""
        return self.ups.killed(kill, lambda: self.count() >= records, "--parallel", "16", *words)

    def add_stack(self, stack: str) -> None:
        """Make one more stack; `test` stays selected."""
        made = self.project.pulumi("stack", "init", stack, "--no-select")
        if made.code != 0:
            raise RuntimeError(made.text)
        self.stacks.append(stack)

    def state(self, stack: str = "test") -> list[dict[str, Any]]:
        """Return our resources in a stack's state."""
        exported = self.project.pulumi("stack", "export", "--stack", stack)
        (self.home / f"{stack}-state.json").write_text(exported.text, encoding="utf-8")
        if exported.code != 0:
            raise RuntimeError(f"the export of {stack} failed: {exported.text}")
        resources = json.loads(exported.text)["deployment"].get("resources") or []
        # A `get` reads a record and holds none.
        ours = [one for one in resources if "dynamic/vapi" in one["type"]]
        return [one for one in ours if not one.get("external")]

    def held(self) -> dict[str, list[str]]:
        """Return the ids that each stack holds."""
        return {stack: [one["id"] for one in self.state(stack)] for stack in self.stacks}

    def urns(self, stack: str = "test") -> Mapping[str, str]:
        """Return the URNs in a stack's state by the resource's name."""
        return {one["urn"].rpartition("::")[2]: one["urn"] for one in self.state(stack)}


@contextmanager
def staged(folder: Path, seed: int, latency: float, timeout: float) -> Iterator[Stage]:
    """Yield a stage in an empty folder, whose processes end with the block."""
    # The server ends also where no project can be made.
    with _reserved_port() as port, ExitStack() as servers:
        yield Stage(servers, folder, seed, port, latency, timeout)


@contextmanager
def _reserved_port() -> Iterator[str]:
    """Yield a port that is reserved by binding it without listening."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield str(holder.getsockname()[1])
