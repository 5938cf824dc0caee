"""A folder with an account, a project and its stacks: what every round of chaos plays on."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.chaos.declarations import Declaration, program
from tests.chaos.ups import Kill, Ups
from tests.engine.conftest import Account, new_project, serve

LOST = "POST:*:commit-then-slow=6"
"""Every purchase is carried out, and its answer comes after the kill."""


class Stage:
    """What a round has: the account's server, which it may replace, a project and its `up`s."""

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
        # The journal knows an account by its URL, so each server of the run has the same port.
        self._options = ["--port", port, "--latency", str(latency), "--seed", str(seed)]
        self._servers = servers
        self._served = 0
        self.account = self._serve("account")
        self.project = new_project(folder, self.account.url)
        self.project.environment["VAPI_REQUEST_TIMEOUT_SECONDS"] = str(timeout)
        self.stacks = ["test"]
        self.ups = Ups(self.project, folder)

    def serve(self, *faults: str, db: str = "account", switches: Iterable[str] = ()) -> None:
        """Replace the account's server by one with these faults; `db` is another account."""
        self._servers.close()
        words = [word for fault in faults for word in ("--fault", fault)]
        words += [word for switch in switches for word in ("--switch", switch)]
        self.account = self._serve(db, *words)

    def _serve(self, db: str, *words: str) -> Account:
        self._served += 1
        options = ["--db", str(self.folder / f"{db}.db"), *self._options, *words]
        return self._servers.enter_context(serve(self.folder, f"server-{self._served}", *options))

    def write(self, declarations: Iterable[Declaration], head: str = "") -> None:
        """Write the program that the next `up` runs."""
        self.project.program(head + program(declarations))

    def ids(self) -> set[str]:
        """Return the ids of all records: from the file, as a fault counts requests."""
        with closing(sqlite3.connect(self.folder / "account.db")) as file:
            return {id_ for (id_,) in file.execute("SELECT id FROM phone_number")}

    def count(self) -> int:
        """Return how many records there are."""
        return len(self.ids())

    def is_asked(self) -> bool:
        """Return whether somebody is connected to the account's server: a request is logged late.

        Nobody is who has not asked it since it was started.
        """
        port = f":{int(self._options[1]):04X}"
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
            with suppress(OSError, ValueError, KeyError):  # It may be half written.
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
        (self.folder / f"{stack}-state.json").write_text(exported.text, encoding="utf-8")
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
    """A port that nobody else is given: bound here, and never listened on here."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield str(holder.getsockname()[1])
