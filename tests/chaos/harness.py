"""One run of chaos: a seeded trouble in a real `pulumi up`, reruns, and a look at what is left.

Nothing here knows how the product heals itself. It knows the promise: each declaration is at the
account once and in the state, whatever happened.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import findings as find
from tests.chaos.scenario import Scenario
from tests.chaos.ups import Ups
from tests.engine.conftest import Account, Project, new_project, serve


@dataclass(frozen=True)
class Outcome:
    """What came of a run: what is wrong, a line each, and whether the kill came in time."""

    findings: list[str]
    killed: bool


def run(scenario: Scenario, seed: int, folder: Path, *, careless: bool = False) -> Outcome:
    """Runs a scenario in an empty folder.

    With `careless` the numbers are made without the journal and without a look at the account.
    """
    with _reserved_port() as port, ExitStack() as servers:
        # The journal knows an account by its URL, so each server of the run has the same port.
        options = ["--port", port, "--latency", str(scenario.latency), "--seed", str(seed)]
        faults = [word for fault in scenario.faults for word in ("--fault", fault)]
        account = servers.enter_context(serve(folder, "account", *options, *faults))
        project = new_project(folder, account.url)
        project.environment["VAPI_REQUEST_TIMEOUT_SECONDS"] = str(scenario.timeout)
        project.program(scenario.program(careless=careless))
        ups = Ups(project, folder)
        try:
            code = ups.first(scenario, account)
            if scenario.faults and not scenario.late:
                servers.close()
                again = ["--db", str(folder / "account.db"), *options]
                account = servers.enter_context(serve(folder, "calm", *again))
            if scenario.elsewhere and code != 0:
                ups.unlock()
                ups.move()
            if scenario.elsewhere and code != 0 and "engine" not in scenario.killed:
                found = _as_listed(scenario, project, account, ups)
            else:
                found = _healed(scenario, account, ups, code)
                ups.wait_since_kill(scenario.late)
                found += find.differences(scenario, _state(project, folder), account.records())
        finally:
            left = ups.end()
    return Outcome(found + left + find.secrets(folder), ups.struck)


def _healed(scenario: Scenario, account: Account, ups: Ups, code: int | None) -> list[str]:
    """Runs again until an `up` succeeds, and once more; what was wrong with that."""
    if scenario.elsewhere and code != 0:
        ups.recover()
    for _ in range(scenario.reruns):
        if code == 0:
            break
        ups.unlock()
        code = ups.run("--parallel", str(scenario.parallel))
    if code != 0:
        return [f"no up succeeded, the last ended with {code}"]
    found: list[str] = []
    before = len(account.requests())
    if ups.run("--expect-no-changes") != 0:
        found.append("a further up changes something")
    sent = account.requests()[before:]
    found += [f"a further up sends {', '.join(sent)}"] if sent else []
    return found + find.open_intents(ups.journal)


def _as_listed(scenario: Scenario, project: Project, account: Account, ups: Ups) -> list[str]:
    """What is wrong where nobody knows of a killed plugin: neither the state nor a journal.

    `recover` lists what no state holds, and no number that the package named is bought twice.
    """
    held = {item["id"] for item in project.state()}
    before = {record["id"] for record in account.records()} - held
    listed = {row["id"] for row in ups.recover()["unheld"]}
    # A request that the plugin left behind may be carried out meanwhile.
    after = {record["id"] for record in account.records()} - held
    found = [] if before <= listed <= after else [f"recover lists {listed}, nobody holds {after}"]
    found += [] if listed else ["there was nothing to list"]
    ups.run("--parallel", str(scenario.parallel))
    for one in scenario.declarations:
        made = [record["id"] for record in account.records() if one.is_made_as(record)]
        if one.is_automatic and len(made) > 1:
            found.append(f"{one.resource} is twice or more at the account: {made}")
    return found


def _state(project: Project, folder: Path) -> list[str]:
    """The ids that the state holds."""
    state = project.pulumi("stack", "export").text
    (folder / "state.json").write_text(state, encoding="utf-8")
    resources = json.loads(state)["deployment"].get("resources", [])
    return [item.get("id") for item in resources if "dynamic/vapi" in item["type"]]


@contextmanager
def _reserved_port() -> Iterator[str]:
    """A port that nobody else is given: bound here, and never listened on here."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield str(holder.getsockname()[1])
