"""What was measured, kept as JSON: runs made in parts can be joined. Medians and ratios."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Literal

from pydantic import BaseModel, ConfigDict

Side = Literal["ours", "null", "checkpointed"]
"""`null` does nothing; `checkpointed` is the same with checkpoints, where `null` has none."""
State = Literal["files", "make", "s3", "postgres"]
"""Where the state is: files with plain `pulumi`, files with the make targets, a shared store."""
STATES: tuple[State, ...] = ("files", "make", "s3", "postgres")
Phase = Literal["up", "no-op up", "preview", "refresh", "one change", "destroy"]
PHASES: tuple[Phase, ...] = ("up", "no-op up", "preview", "refresh", "one change", "destroy")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measurement(_Model):
    """One phase of one side, once. Latencies in milliseconds, `account` in records.

    `requests` by method and `peak`, the most in flight at once, are as the account saw them;
    `state_bytes` is the state file afterwards.
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
    """Everything that one run measured, and on what."""

    machine: str
    measured: tuple[Measurement, ...] = ()

    def save(self, file: Path) -> None:
        """Writes the file anew: a run that is stopped keeps what it has."""
        part = file.with_name(f"{file.name}.part")
        part.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")
        part.replace(file)


def join(files: Sequence[Path]) -> Results:
    """All measurements of several files. Raises ValueError where they are of several machines."""
    parts = [Results.model_validate_json(file.read_text(encoding="utf-8")) for file in files]
    machines = {part.machine for part in parts}
    if len(machines) != 1:
        raise ValueError(f"measured on different machines or versions: {sorted(machines)}")
    return Results(
        machine=machines.pop(),
        measured=tuple(one for part in parts for one in part.measured),
    )


class Row(_Model):
    """Both sides of one phase, medians over the repetitions."""

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
        """Our time by the floor's."""
        return self.ours.seconds / self.null.seconds if self.null else None

    @property
    def checkpointed_ratio(self) -> float | None:
        """Our time by that of the null provider with checkpoints."""
        return self.ours.seconds / self.checkpointed.seconds if self.checkpointed else None

    @property
    def cpu_ratio(self) -> float | None:
        """Our CPU time by the floor's."""
        return self.ours.cpu_seconds / self.null.cpu_seconds if self.null else None

    @property
    def state_ratio(self) -> float | None:
        """Our state file's size by the floor's."""
        floor = self.null.state_bytes if self.null else 0
        return self.ours.state_bytes / floor if floor else None

    @property
    def sent(self) -> int:
        """How many requests ours sent."""
        return sum(self.ours.requests.values())


def rows(measured: Iterable[Measurement]) -> list[Row]:
    """A row for each case and phase that ours has, in the table's order."""
    groups: dict[tuple[int, ...], list[Measurement]] = {}
    for one in measured:
        key = (
            STATES.index(one.state),
            one.store_latency,
            one.latency,
            one.numbers,
            one.account,
            PHASES.index(one.phase),
        )
        groups.setdefault(key, []).append(one)
    found: list[Row] = []
    for key in sorted(groups):
        ours, null, checkpointed = (
            [one for one in groups[key] if one.side == side]
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
                    ours=_middle(ours),
                    null=_middle(null) if null else None,
                    checkpointed=_middle(checkpointed) if checkpointed else None,
                )
            )
    return found


def _middle(several: Sequence[Measurement]) -> Measurement:
    """The median of each figure; of requests and the peak in flight the most that was seen."""

    def middle(figure: Callable[[Measurement], float]) -> float:
        return median(figure(one) for one in several)

    most = max(several, key=lambda one: sum(one.requests.values()))
    return several[0].model_copy(
        update={
            "seconds": middle(lambda one: one.seconds),
            "cpu_seconds": middle(lambda one: one.cpu_seconds),
            "plugin_kib": round(middle(lambda one: one.plugin_kib)),
            "requests": most.requests,
            "peak": max(one.peak for one in several),
            "state_bytes": round(middle(lambda one: one.state_bytes)),
        }
    )
