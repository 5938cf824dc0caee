"""``python -m bench.fleet``: many numbers without checkpoints, killed half way, and run again.

With checkpoints off a killed run leaves a state that knows nothing. The journal alone heals the
next run; this shows that it does, and what that costs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.process import Cost, adopt_orphans, kill, measure, members, start
from bench.sides import WITHOUT_CHECKPOINTS, Log, program
from tests.engine.conftest import Account, Project, new_project, serve

_UP = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
_SECONDS = 600.0
_LATENCIES = 30.0
"""Shared out over the numbers: however few, the run lasts long enough to be killed half way."""


@dataclass(frozen=True)
class Outcome:
    """What a killed run and its rerun came to. `made` is how many the killed one had bought."""

    made: int
    rerun: Cost
    requests: dict[str, int]
    findings: list[str]


def kill_half_way(folder: Path, numbers: int, *, plugin: bool, checkpoints: bool) -> Outcome:
    """Kills the engine, and perhaps the plugin, with half of the numbers made; runs again.

    `findings` says what is wrong then, a line each.
    """
    with serve(folder, "account", "--latency", str(_LATENCIES / numbers)) as account:
        project = new_project(folder, account.url)
        project.environment["VAPI_JOURNAL"] = str(folder / "journal.sqlite")
        # What a killed plugin was about to send is looked for until this has passed.
        project.environment["VAPI_REQUEST_TIMEOUT_SECONDS"] = "20"
        if not checkpoints:
            project.environment |= WITHOUT_CHECKPOINTS
        (project.folder / "__main__.py").write_text(program("ours", numbers), encoding="utf-8")
        log = Log(account.log)
        _kill(project, folder, account.log, numbers // 2, plugin)
        project.pulumi("cancel", "--yes")
        # What was on its way when the plugin was killed is made, and counted, after a latency.
        time.sleep(_LATENCIES / numbers + 1)
        made = log.since()[0].get("POST", 0)
        findings = [] if made < numbers else ["the run was over before it was killed"]
        rerun = _up(project, folder / "rerun.out")
        requests, _ = log.since()
        findings += _wrong(project, account, numbers)
        log.since()
        again = _up(project, folder / "again.out")
        findings += _failed(rerun, folder / "rerun.out") + _failed(again, folder / "again.out")
        sent, _ = log.since()
        findings += [f"a further up sends {sent}"] if sent else []
    return Outcome(made, rerun, requests, findings)


def _kill(project: Project, folder: Path, log: Path, half: int, plugin: bool) -> None:
    with (folder / "killed.out").open("wb") as out:
        up = start(_UP, project.folder, project.environment, out.fileno())
    deadline = time.monotonic() + _SECONDS
    while up.poll() is None and log.read_text(encoding="utf-8").count('"POST ') < half:
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    up.kill()
    if plugin:
        kill(members(up.pid, "pulumi.dynamic"))
    up.wait()
    # A plugin that is left finishes its requests and ends by itself; Pulumi's own host does not.
    while list(members(up.pid, "pulumi.dynamic")) and time.monotonic() < deadline:
        time.sleep(0.1)
    kill(members(up.pid))


def _up(project: Project, out: Path) -> Cost:
    return measure(_UP, project.folder, project.environment, out)


def _failed(cost: Cost, out: Path) -> list[str]:
    return [] if cost.code == 0 else [f"{out.name}: {out.read_text(encoding='utf-8')[-2000:]}"]


def _wrong(project: Project, account: Account, numbers: int) -> list[str]:
    """Where account and state are not `numbers` records, the same ones."""
    held = {item["id"] for item in project.state()}
    there: set[str] = set()
    before = ""
    while True:
        words = {"limit": "1000", **({"createdAtLe": before} if before else {})}
        page = account.http.get("/phone-number", params=words).raise_for_status().json()
        known = len(there)
        there |= {record["id"] for record in page}
        if len(page) < 1000 or len(there) == known:
            break
        before = page[-1]["createdAt"]
    if len(there) == numbers and held == there:
        return []
    return [f"{numbers} declared, {len(there)} at the account, {len(held)} in the state"]


def main() -> int:
    """Kills the engine, then engine and plugin together; 1 where a rerun does not heal it."""
    parser = argparse.ArgumentParser(prog="python -m bench.fleet", description=__doc__)
    parser.add_argument("--numbers", type=int, default=1000)
    parser.add_argument("--checkpoints", action="store_true", help="as Pulumi does it by itself")
    options = parser.parse_args()
    for name in list(os.environ):
        if name.startswith("VAPI_") or name in ("PULUMI_STACK", "PULUMI_CONFIG_PASSPHRASE_FILE"):
            del os.environ[name]
    adopt_orphans()
    wrong = False
    for plugin in (False, True):
        with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as folder:
            outcome = kill_half_way(
                Path(folder), options.numbers, plugin=plugin, checkpoints=options.checkpoints
            )
        killed = "engine and plugin" if plugin else "engine"
        sys.stdout.write(
            f"{options.numbers} numbers, {killed} killed with {outcome.made} made: rerun in "
            f"{outcome.rerun.seconds:.1f} s, CPU {outcome.rerun.cpu_seconds:.1f} s, "
            f"{outcome.requests}: {'WRONG' if outcome.findings else 'right'}\n"
        )
        sys.stdout.writelines(f"    {finding}\n" for finding in outcome.findings)
        sys.stdout.flush()
        wrong = wrong or bool(outcome.findings)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
