"""The table, for the terminal and for `docs/benchmarks.md`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.results import PHASES, Row
from bench.verdicts import verdict

_DOCS = Path(__file__).parents[1] / "docs"
PAGE = _DOCS / "benchmarks.md"
FIGURE = _DOCS / "benchmarks.svg"

_HEAD = (
    "numbers", "latency", "phase", "ours s", "null s", "ratio", "CPU s", "CPU ratio", "requests",
    "at once", "plugin MiB", "state kB", "B a number", "state ratio", "target", "holds",
)  # fmt: skip

_INTRO = """\
<!-- Written by `python -m bench --write`: do not edit. -->
# Benchmarks

What this provider adds to what Pulumi costs anyway. Each phase is run on the real engine against
`python -m vapi_provider serve --latency …`, and beside it, in turn, with a *null* provider: the
same declarations, and a dynamic provider that does nothing but sleep as long as one request takes.
**The ratios are the result**: seconds are this machine's. Below 1.00 are phases where a provider
with a request for each number is slower than ours, or where ours spares the SDK work that any other
program has ([why](decisions/0009-the-programs-process.md)).

![Our time by the null provider's](benchmarks.svg)

- *ours*, *null*: wall time, the median of the repetitions. *CPU*: user and system time of the
  engine, the program and the plugin together, not the account's. *plugin*: the most memory that its
  process had.
- With latency the null provider works on as many calls at once as ours (`maxConcurrentRequests`);
  with none it has the SDK's own four workers.
- *requests* as the account saw them, and how many were in flight *at once* at the most.
- *state*: the state file afterwards, the bytes of it a number takes, and that by the null
  provider's.
- *target*: the most that the phase may take: times the null provider's, seconds, requests. For a
  refresh of 200 numbers at 200 ms that is what the null provider takes with no latency, and three
  latencies.
- The commands are `pulumi up|refresh|destroy --yes --skip-preview` and `pulumi preview`, on a state
  in a folder. That state is written whole after each step: `up` and `destroy` of 1,000 numbers take
  minutes on either side ([fleets](fleets.md) says how not to).
"""

_AGAIN = """\
## Again

```sh
make bench                                # all of it, about 40 minutes; prints the table
make bench ARGS=--quick                   # 50 numbers, no latency, once: a minute
make bench ARGS='--sizes 200 --latencies 0,200 --save part.json'
make bench ARGS='--from part.json other.json --write'   # joins what was saved into this page
```

A busy machine makes the ratios noisy rather than larger: both sides are measured in turn. Linux
only.
"""


def table(found: Sequence[Row]) -> str:
    """The rows as a table in Markdown, aligned so that a terminal shows it as well."""
    lines = [_HEAD, *(_cells(row, found) for row in found)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_HEAD))]

    def shown(cells: Sequence[str]) -> str:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        return f"| {' | '.join(padded)} |"

    rule = "|".join(f"{'-' * (width + 1)}:" for width in widths)
    return "\n".join([shown(_HEAD), f"|{rule}|", *(shown(line) for line in lines[1:])])


def page(found: Sequence[Row], machine: str) -> str:
    """`docs/benchmarks.md`."""
    often = {row.numbers: row.repetitions for row in found}
    said = ", ".join(f"{count} at {numbers:,} numbers" for numbers, count in sorted(often.items()))
    return "\n".join(
        [
            _INTRO,
            f"Measured on {machine}. Repetitions: {said}.\n",
            table(found),
            "",
            _missed(found),
            _AGAIN,
        ]
    )


def _missed(found: Sequence[Row]) -> str:
    judged = [verdict(row, found) for row in found]
    targets = [one for one in judged if one is not None]
    held = sum(one.holds for one in targets)
    return f"{held} of {len(targets)} targets hold.\n" if targets else ""


def _cells(row: Row, found: Sequence[Row]) -> tuple[str, ...]:
    judged = verdict(row, found)
    requests = " ".join(f"{count} {method}" for method, count in sorted(row.ours.requests.items()))
    others = f" of {row.account:,}" if row.account > row.numbers else ""
    state = row.ours.state_bytes if row.phase != PHASES[-1] else 0
    return (
        f"{row.numbers:,}{others}",
        f"{row.latency} ms",
        row.phase,
        f"{row.ours.seconds:.2f}",
        f"{row.null.seconds:.2f}" if row.null else "",
        _ratio(row.ratio),
        f"{row.ours.cpu_seconds:.2f}",
        _ratio(row.cpu_ratio),
        requests or "none",
        str(row.ours.peak or ""),
        f"{row.ours.plugin_kib / 1024:.0f}",
        f"{state / 1000:.0f}" if state else "",
        f"{state / row.numbers:,.0f}" if state else "",
        _ratio(row.state_ratio) if state else "",
        judged.target if judged else "",
        ("yes" if judged.holds else "**no**") if judged else "",
    )


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
