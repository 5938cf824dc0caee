"""Execution of a round: faults in a real `pulumi up`, reruns, and checks of the result.

The checks do not depend on how the provider recovers: each declaration must have exactly one
record in the account, which the state holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import findings as find
from tests.chaos.person import Person, compared
from tests.chaos.scenario import Scenario
from tests.chaos.stage import Stage, staged
from tests.chaos.ups import Kill


@dataclass(frozen=True)
class Outcome:
    """Result of a round: a line for each error, and whether a kill hit a running process.

    `killed` is None if the round kills no process.
    """

    findings: list[str]
    killed: bool | None


def run(scenario: Scenario, seed: int, folder: Path, *, careless: bool = False) -> Outcome:
    """Run a scenario in an empty folder.

    With `careless` a create sends a POST without the journal and without a search of the account.
    """
    return play(
        lambda stage: _troubled(scenario, stage, careless=careless),
        seed,
        folder,
        scenario.latency,
        scenario.timeout,
    )


def play(
    acts: Callable[[Stage], list[str]], seed: int, folder: Path, latency: float, timeout: float
) -> Outcome:
    """Run `acts` on a stage; return its errors and those of remaining processes and files."""
    with staged(folder, seed, latency, timeout) as stage:
        try:
            found = acts(stage)
        finally:
            left = stage.end()
    return Outcome(found + left + find.secrets(folder), stage.was_struck)


def _troubled(scenario: Scenario, stage: Stage, *, careless: bool) -> list[str]:
    stage.serve(*scenario.faults)
    stage.project.program(scenario.program(careless=careless))
    ups, words = stage.ups, ("--parallel", str(scenario.parallel))
    if scenario.killed:
        kill = Kill(scenario.killed, scenario.after)
        code = ups.killed(kill, lambda: _is_due(scenario, stage), *words)
    else:
        code = ups.run(*words)
    if scenario.faults and not scenario.late:
        stage.serve()
    if scenario.elsewhere and code != 0:
        ups.unlock()
        ups.move()
        if "engine" not in scenario.killed:
            return _as_listed(scenario, stage)
        _recover(scenario, stage)
    found = _healed(scenario, stage, code, careless=careless)
    ups.wait_since_kill(scenario.late)
    return found + compared(stage, scenario.declarations)


def _recover(scenario: Scenario, stage: Stage) -> None:
    """Run `recover`, and choose a record for each operation that it reports as unclear.

    Without a journal, an explicit name does not identify a record's owner.
    """
    declared = {one.resource: one for one in scenario.declarations}
    operations = stage.ups.recover()["operations"]
    records = {record["id"]: record for record in stage.account.records()}
    taken: set[str] = set()
    words: list[str] = []
    for operation in operations:
        if operation["outcome"] == "unclear":
            name = operation["urn"].rpartition("::")[2]
            fitting = (
                id_
                for id_ in operation["candidates"]
                if id_ not in taken and declared[name].is_made_as(records[id_])
            )
            chosen = next(fitting, "none")
            taken.add(chosen)
            words += ["--take", f"{name}={chosen}"]
    if words:
        stage.ups.command("recover", "--stack", "test", "--json", "--yes", *words)


def _is_due(scenario: Scenario, stage: Stage) -> bool:
    if scenario.records == 0:
        return bool(stage.account.requests())
    return stage.count() >= scenario.records


def _healed(scenario: Scenario, stage: Stage, code: int | None, *, careless: bool) -> list[str]:
    """Rerun until an `up` succeeds, and once more; return the errors."""
    if careless:
        for _ in range(scenario.reruns):
            if code != 0:
                stage.ups.unlock()
                code = stage.ups.run("--parallel", str(scenario.parallel))
        return [] if code == 0 else [f"no up succeeded, the last ended with {code}"]
    person = Person(stage, list(scenario.declarations), tries=scenario.reruns)
    if code == 0:
        return person.confirm()
    stage.ups.unlock()
    person.follow()
    return person.heal()


def _as_listed(scenario: Scenario, stage: Stage) -> list[str]:
    """Return the errors after a kill of the plugin that neither state nor journal recorded.

    `recover` must list the unheld records, and no automatically named one may be purchased twice.
    """
    account = stage.account
    held = set(stage.held()["test"])
    before = {record["id"] for record in account.records()} - held
    listed = {row["id"] for row in stage.ups.recover()["unheld"]}
    # A request that the plugin left behind may be carried out meanwhile.
    after = {record["id"] for record in account.records()} - held
    found = [] if before <= listed <= after else [f"recover lists {listed}, nobody holds {after}"]
    stage.ups.run("--parallel", str(scenario.parallel))
    for one in scenario.declarations:
        made = [record["id"] for record in account.records() if one.is_made_as(record)]
        if one.is_automatic and len(made) > 1:
            found.append(f"{one.resource} is twice or more at the account: {made}")
    return found
