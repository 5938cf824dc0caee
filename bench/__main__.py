"""``python -m bench``: measure our provider beside the null provider, on the real engine."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import cast

from bench.cases import REPETITIONS, measure_case, measure_large_account, warm_up
from bench.machine import machine
from bench.page import FIGURE, PAGE, page, tables
from bench.plot import figure
from bench.process import adopt_orphans
from bench.results import PHASES, STATES, Measurement, Phase, Results, State, join, rows
from bench.sides import Case
from tests.support.interrupts import accept_interrupts

CHECKPOINTED = 200
_STORE_LATENCIES: dict[State, list[int]] = {"s3": [0, 30], "postgres": [0, 10]}


def main() -> int:
    """Measure what the options name, or read it from files, and print a table."""
    options = _options()
    accept_interrupts()
    results = join(options.taken) if options.taken else _measured(options)
    found = rows(results.measured)
    _say(tables(found))
    if options.write:
        FIGURE.write_text(figure(found), encoding="utf-8")
        PAGE.write_text(page(found, results.machine), encoding="utf-8")
        _say(f"written: {PAGE.name}, {FIGURE.name}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog="All of it takes about 40 minutes on two quiet cores, --quick one. 1,000 numbers "
        "are measured once: about five minutes a latency, nearly all of it Pulumi's own, which "
        "writes the whole state at each step.",
    )
    parser.add_argument(
        "--sizes", type=_whole, default=[50, 200, 1000], help="numbers: 50,200,1000"
    )
    parser.add_argument("--latencies", type=_whole, default=[0, 50, 200], help="in milliseconds")
    parser.add_argument(
        "--state", choices=STATES, default="files", help="where the state is; default: files"
    )
    parser.add_argument(
        "--store-latencies",
        type=_whole,
        help="of shared state, in milliseconds; default: 0,30 for s3, 0,10 for postgres",
    )
    parser.add_argument("--repetitions", type=int, help=f"default by size: {REPETITIONS}, else 1")
    parser.add_argument("--phases", type=_phases, default=PHASES, help=f"of: {','.join(PHASES)}")
    parser.add_argument(
        "--checkpointed",
        action=argparse.BooleanOptionalAction,
        help="measure the null provider with checkpoints, too, on shared state; default: up to "
        f"{CHECKPOINTED} numbers, as 1,000 take ten minutes",
    )
    parser.add_argument(
        "--large",
        action=argparse.BooleanOptionalAction,
        help="refresh 1,000 in an account of 5,000 as well; default: where 1,000 are measured",
    )
    parser.add_argument("--quick", action="store_true", help="50 numbers, no latency, once")
    parser.add_argument("--save", type=Path, metavar="FILE", help="save the results as JSON")
    parser.add_argument(
        "--from",
        dest="taken",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="measure nothing: join saved results",
    )
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} and its figure")
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.latencies, options.repetitions = [50], [0], 1
    if options.large is None:
        options.large = 1000 in options.sizes and options.state == "files"
    if options.store_latencies is None:
        options.store_latencies = _STORE_LATENCIES.get(options.state, [0])
    return options


def _measured(options: argparse.Namespace) -> Results:
    # Each run has its own account, stack and journal.
    for name in list(os.environ):
        is_ours = name.startswith("VAPI_") and name != "VAPI_MAX_CONCURRENT_REQUESTS"
        if is_ours or name in ("PULUMI_STACK", "PULUMI_CONFIG_PASSPHRASE_FILE"):
            del os.environ[name]
    adopt_orphans()
    warm_up(_say)
    results = Results(machine=machine())
    for store_latency, latency, numbers in product(
        options.store_latencies, options.latencies, options.sizes
    ):
        often = options.repetitions or REPETITIONS.get(numbers, 1)
        case = Case(numbers, latency, often, options.phases, options.state, store_latency)
        if case.is_shared:
            wanted = options.checkpointed
            is_small = numbers <= CHECKPOINTED
            case = replace(case, has_checkpointed=is_small if wanted is None else wanted)
        for measurement in measure_case(case):
            results = _add(results, measurement, options.save)
    if options.large:
        for measurement in measure_large_account():
            results = _add(results, measurement, options.save)
    return results


def _add(results: Results, new: Measurement, file: Path | None) -> Results:
    _say(
        f"{time.strftime('%H:%M:%S')} {new.state}, {new.store_latency} ms, {new.numbers} numbers, "
        f"{new.latency} ms, {new.phase}, {new.side}: {new.seconds:.2f} s, "
        f"CPU {new.cpu_seconds:.2f} s, {sum(new.requests.values())} requests, {new.peak} at once"
    )
    results = results.model_copy(update={"measured": (*results.measured, new)})
    if file is not None:
        results.save(file)
    return results


def _whole(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def _phases(text: str) -> Sequence[Phase]:
    wanted = text.split(",")
    wrong = [word for word in wanted if word not in PHASES]
    if wrong:
        raise argparse.ArgumentTypeError(f"no such phase: {', '.join(wrong)}")
    return cast(Sequence[Phase], wanted)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
