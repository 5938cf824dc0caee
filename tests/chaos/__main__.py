"""``python -m tests.chaos --seed 7 --runs 10``: rounds from a seed on; code 1 if one fails.

Consecutive seeds take turns through all kinds of rounds, or through those of ``--kind``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.chaos.harness import Outcome
from tests.chaos.rounds import KINDS, kind_of, round_of, run_round
from tests.support.environment import foreign
from tests.support.interrupts import accept_interrupts


def main() -> int:
    """Run the rounds that the options name, and print a line after each."""
    options = _options()
    accept_interrupts()
    # Each run has an account, a stack and a journal of its own.
    for name in foreign(os.environ):
        del os.environ[name]
    seeds = range(options.seed, options.seed + options.runs)
    _say(f"chaos: seeds {seeds[0]} to {seeds[-1]}, {options.jobs} at a time")
    failed: list[int] = []
    missed = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(_timed, kind_of(seed, options.kind), seed): seed for seed in seeds}
        for at, done in enumerate(as_completed(running), 1):
            seed = running[done]
            outcome, seconds = done.result()
            findings, kind = outcome.findings, kind_of(seed, options.kind)
            chosen = round_of(kind, seed)
            verdict = "WRONG" if findings else "right"
            in_time = " (the kill came too late)" if outcome.killed is False else ""
            what = f"{kind}: {chosen}{in_time}"
            _say(f"{at}/{len(seeds)} seed {seed} {verdict} in {seconds:.0f} s: {what}")
            missed += bool(in_time)
            for finding in findings:
                _say(f"    {finding}")
            if findings:
                failed.append(seed)
    if not failed:
        _say(f"chaos: all {len(seeds)} runs are right; in {missed} the kill came too late")
        return 0
    _say(f"chaos: {len(failed)} of {len(seeds)} runs are wrong")
    _say("chaos: to play one again: make chaos RUNS=1 SEED=… KIND=…")
    _say(f"chaos: wrong seeds: {' '.join(map(str, sorted(failed)))}")
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first run")
    parser.add_argument("--runs", type=int, default=10, help="each with the next seed")
    parser.add_argument(
        "--kind",
        type=lambda text: text.split(","),
        default=list(KINDS),
        help=f"those that seeds take turns through; of {','.join(KINDS)}",
    )
    parser.add_argument("--jobs", type=int, default=3, help="runs at a time")
    options = parser.parse_args()
    if options.runs < 1 or options.jobs < 1:
        parser.error("--runs and --jobs must be 1 or more")
    unknown = [kind for kind in options.kind if kind not in KINDS]
    if unknown:
        parser.error(f"no such kind: {', '.join(unknown)}")
    return options


def _timed(kind: str, seed: int) -> tuple[Outcome, float]:
    """Run a round in a new folder, which is kept only if the round fails."""
    begun = time.monotonic()
    folder = tempfile.TemporaryDirectory(prefix=f"chaos-{kind}-{seed}-", ignore_cleanup_errors=True)
    try:
        outcome = run_round(kind, seed, Path(folder.name))
    except Exception as error:  # noqa: BLE001 - its folder stays, and the other rounds go on
        said = "".join(traceback.format_exception(error))
        outcome = Outcome([f"the run itself failed: {said}"], False)
    if outcome.findings:
        kept = Path(f"{folder.name}-wrong")
        os.rename(folder.name, kept)
        outcome.findings.append(f"all of it is in {kept}")
    folder.cleanup()
    return outcome, time.monotonic() - begun


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
