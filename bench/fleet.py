"""``python -m bench.fleet``: kill a run of many numbers half way, without checkpoints; rerun it.

Without checkpoints the state of a killed run is empty, so the rerun relies on the journal alone.
This checks that it succeeds, and measures its cost.
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
from tests.support.interrupts import accept_interrupts

_UP = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
_SECONDS = 600.0
_LATENCIES = 30.0
"""Sum of all latencies, so that a run of few numbers also lasts until it is killed."""


@dataclass(frozen=True)
class Outcome:
    """Outcome of a killed run and its rerun. `created` counts the killed run's records."""

    created: int
    rerun: Cost
    requests: dict[str, int]
    findings: list[str]


def kill_half_way(folder: Path, numbers: int, *, plugin: bool, checkpoints: bool) -> Outcome:
    """Kill the engine, and with `plugin` the plugin, after half of the numbers; run again.

    `findings` has a line for each error.
    """
    with serve(folder, "account", "--latency", str(_LATENCIES / numbers)) as account:
        project = new_project(folder, account.url)
        project.environment["VAPI_JOURNAL"] = str(folder / "journal.sqlite")
        # The rerun searches for a killed plugin's records until this time has passed.
        project.environment["VAPI_REQUEST_TIMEOUT_SECONDS"] = "20"
        if not checkpoints:
            project.environment |= WITHOUT_CHECKPOINTS
        (project.folder / "__main__.py").write_text(program("ours", numbers), encoding="utf-8")
        log = Log(account.log)
        _kill(project, folder, account.log, numbers // 2, plugin)
        project.pulumi("cancel", "--yes")
        # Requests in flight when the plugin was killed complete after one latency.
        time.sleep(_LATENCIES / numbers + 1)
        created = log.read_new()[0].get("POST", 0)
        findings = [] if created < numbers else ["the run ended before it was killed"]
        rerun = _up(project, folder / "rerun.out")
        requests, _ = log.read_new()
        findings += _wrong(project, account, numbers)
        log.read_new()
        again = _up(project, folder / "again.out")
        findings += _failed(rerun, folder / "rerun.out") + _failed(again, folder / "again.out")
        sent, _ = log.read_new()
        findings += [f"a further up sends {sent}"] if sent else []
    return Outcome(created, rerun, requests, findings)


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
    # An orphaned plugin ends after its requests; Pulumi's language host has to be killed.
    while list(members(up.pid, "pulumi.dynamic")) and time.monotonic() < deadline:
        time.sleep(0.1)
    kill(members(up.pid))


def _up(project: Project, out: Path) -> Cost:
    return measure(_UP, project.folder, project.environment, out)


def _failed(cost: Cost, out: Path) -> list[str]:
    return [] if cost.code == 0 else [f"{out.name}: {out.read_text(encoding='utf-8')[-2000:]}"]


def _wrong(project: Project, account: Account, numbers: int) -> list[str]:
    """Return an error unless account and state have the same `numbers` records."""
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
    """Kill the engine, then engine and plugin together; return 1 if a rerun fails."""
    parser = argparse.ArgumentParser(prog="python -m bench.fleet", description=__doc__)
    parser.add_argument("--numbers", type=int, default=1000)
    parser.add_argument(
        "--checkpoints", action="store_true", help="with checkpoints, Pulumi's default"
    )
    options = parser.parse_args()
    for name in list(os.environ):
        if name.startswith("VAPI_") or name in ("PULUMI_STACK", "PULUMI_CONFIG_PASSPHRASE_FILE"):
            del os.environ[name]
    accept_interrupts()
    adopt_orphans()
    wrong = False
    for plugin in (False, True):
        with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as folder:
            outcome = kill_half_way(
                Path(folder), options.numbers, plugin=plugin, checkpoints=options.checkpoints
            )
        killed = "engine and plugin" if plugin else "engine"
        sys.stdout.write(
            f"{options.numbers} numbers, {killed} killed with {outcome.created} created: rerun in "
            f"{outcome.rerun.seconds:.1f} s, CPU {outcome.rerun.cpu_seconds:.1f} s, "
            f"{outcome.requests}: {'WRONG' if outcome.findings else 'right'}\n"
        )
        sys.stdout.writelines(f"    {finding}\n" for finding in outcome.findings)
        sys.stdout.flush()
        wrong = wrong or bool(outcome.findings)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
