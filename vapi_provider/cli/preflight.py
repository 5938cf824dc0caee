"""The command ``preflight``, which checks the state before a make target starts the engine.

Only scripts/run.sh uses it; its output is not a public interface.
"""

from __future__ import annotations

from pathlib import Path

import click

from vapi_provider.shared.terminal import say, write


@click.command("preflight", hidden=True)
@click.option("--stack", required=True)
@click.option("--facts", metavar="FILE", help="Where to write what the plugin needs to know.")
@click.option("--no-engine", is_flag=True, help="No engine starts: skip the check of stored code.")
@click.option("--checkpoints", is_flag=True, help="Decide whether the engine saves each step.")
@click.option("--writes", is_flag=True, help="The engine writes the state: report the decision.")
@click.option("--idle", is_flag=True, help="The user says that no run is active.")
def command(
    stack: str, facts: str | None, no_engine: bool, checkpoints: bool, writes: bool, idle: bool
) -> None:
    """Read the state once, repair and mark what can be, and print words for the shell."""
    from vapi_provider.cli.preflight_workflow import preflight
    from vapi_provider.pulumi_cli.backend_files import repair

    if idle:
        repair(stack, is_idle=True)
        return
    findings = preflight(stack, no_engine=no_engine, checkpoints=checkpoints, writes=writes)
    for line in findings.lines:
        say(line, err=True)
    if facts is not None:
        file = Path(facts)
        _sweep(file)
        file.parent.mkdir(parents=True, exist_ok=True)
        findings.facts.write(file)
    write(" ".join(sorted(findings.words)))


def _sweep(file: Path) -> None:
    """Remove the facts files of killed runs; a file's name ends with the process id of its run."""
    for other in file.parent.glob("facts-*.json"):
        pid = other.stem.rpartition("-")[2]
        if pid.isdigit() and not Path("/proc", pid).exists() and Path("/proc/self").exists():
            other.unlink(missing_ok=True)
