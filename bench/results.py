"""Results: measurements, saved as JSON so that several runs can be joined; medians and ratios."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Literal

from pydantic import BaseModel, ConfigDict

Side = Literal["ours", "null", "checkpointed"]
"""`null` does nothing; `checkpointed` is the same with checkpoints if `null` has none."""
State = Literal["files", "make", "s3", "postgres"]
"""The state's place: files with plain `pulumi`, files with the make targets, a shared store."""
STATES: tuple[State, ...] = ("files", "make", "s3", "postgres")
Phase = Literal["up", "no-op up", "preview", "refresh", "one change", "destroy"]
PHASES: tuple[Phase, ...] = ("up", "no-op up", "preview", "refresh", "one change", "destroy")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measurement(_Model):
    """One run of one phase of one side. Latencies in milliseconds, `account` in records.

    `requests` by method and `peak`, the maximum in flight, are those that the account received;
    `state_bytes` is the size of the state file afterwards.
    """

    side: Side
    numbers: int
    latency: int
    account: int
    phase: Phase
    seconds: float
    cpu_seconds: float
    plugin_kib: int
    requests: dict[str, int] = {}
    peak: int = 0
    state_bytes: int = 0
    state: State = "files"
    store_latency: int = 0


class Results(_Model):
    """All measurements of a run, and the machine."""

    machine: str
    measured: tuple[Measurement, ...] = ()

    def save(self, file: Path) -> None:
        """Replace the file, so that an interrupted run keeps its results."""
        part = file.with_name(f"{file.name}.part")
        part.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")
        part.replace(file)


def join(files: Sequence[Path]) -> Results:
    """Return the measurements of several files; raise ValueError if the machines differ."""
    parts = [Results.model_validate_json(file.read_text(encoding="utf-8")) for file in files]
    machines = {part.machine for part in parts}
    if len(machines) != 1:
        raise ValueError(f"measured on different machines or versions: {sorted(machines)}")
    return Results(
        machine=machines.pop(),
        measured=tuple(measurement for part in parts for measurement in part.measured),
    )


class Row(_Model):
    """All sides of one phase, as medians over the repetitions."""

    numbers: int
    latency: int
    account: int
    phase: Phase
    repetitions: int
    ours: Measurement
    null: Measurement | None
    checkpointed: Measurement | None = None
    state: State = "files"
    store_latency: int = 0

    @property
    def ratio(self) -> float | None:
        """Our time divided by the null provider's."""
        return self.ours.seconds / self.null.seconds if self.null else None

    @property
    def checkpointed_ratio(self) -> float | None:
        """Our time divided by that of the null provider with checkpoints."""
        return self.ours.seconds / self.checkpointed.seconds if self.checkpointed else None

    @property
    def cpu_ratio(self) -> float | None:
        """Our CPU time divided by the null provider's."""
        return self.ours.cpu_seconds / self.null.cpu_seconds if self.null else None

    @property
    def state_ratio(self) -> float | None:
        """The size of our state file divided by the null provider's."""
        size = self.null.state_bytes if self.null else 0
        return self.ours.state_bytes / size if size else None

    @property
    def sent(self) -> int:
        """The number of requests that our provider sent."""
        return sum(self.ours.requests.values())


def rows(measured: Iterable[Measurement]) -> list[Row]:
    """Return a row for each case and phase that our side has, in the table's order."""
    groups: dict[tuple[int, ...], list[Measurement]] = {}
    for measurement in measured:
        key = (
            STATES.index(measurement.state),
            measurement.store_latency,
            measurement.latency,
            measurement.numbers,
            measurement.account,
            PHASES.index(measurement.phase),
        )
        groups.setdefault(key, []).append(measurement)
    found: list[Row] = []
    for key in sorted(groups):
        ours, null, checkpointed = (
            [measurement for measurement in groups[key] if measurement.side == side]
            for side in ("ours", "null", "checkpointed")
        )
        if ours:
            found.append(
                Row(
                    state=ours[0].state,
                    store_latency=ours[0].store_latency,
                    latency=ours[0].latency,
                    numbers=ours[0].numbers,
                    account=ours[0].account,
                    phase=ours[0].phase,
                    repetitions=len(ours),
                    ours=_median_of(ours),
                    null=_median_of(null) if null else None,
                    checkpointed=_median_of(checkpointed) if checkpointed else None,
                )
            )
    return found


def _median_of(several: Sequence[Measurement]) -> Measurement:
    """Return the median of each figure, and the maximum of the requests and of `peak`."""

    def middle(figure: Callable[[Measurement], float]) -> float:
        return median(map(figure, several))

    most = max(several, key=lambda measurement: sum(measurement.requests.values()))
    return several[0].model_copy(
        update={
            "seconds": middle(lambda measurement: measurement.seconds),
            "cpu_seconds": middle(lambda measurement: measurement.cpu_seconds),
            "plugin_kib": round(middle(lambda measurement: measurement.plugin_kib)),
            "requests": most.requests,
            "peak": max(measurement.peak for measurement in several),
            "state_bytes": round(middle(lambda measurement: measurement.state_bytes)),
        }
    )
