"""What was measured, kept as JSON: runs made in parts can be joined. Medians and ratios."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Literal

from pydantic import BaseModel, ConfigDict

Side = Literal["ours", "null"]
Phase = Literal["up", "no-op up", "preview", "refresh", "one change", "destroy"]
PHASES: tuple[Phase, ...] = ("up", "no-op up", "preview", "refresh", "one change", "destroy")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measurement(_Model):
    """One phase of one side, once. `latency` in milliseconds, `account` in records.

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

    @property
    def ratio(self) -> float | None:
        """Our time by the floor's."""
        return self.ours.seconds / self.null.seconds if self.null else None

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
    groups: dict[tuple[int, int, int, Phase], list[Measurement]] = {}
    for one in measured:
        key = (one.latency, one.numbers, one.account, one.phase)
        groups.setdefault(key, []).append(one)
    found: list[Row] = []
    for key in sorted(groups, key=lambda key: (*key[:3], PHASES.index(key[3]))):
        ours = [one for one in groups[key] if one.side == "ours"]
        null = [one for one in groups[key] if one.side == "null"]
        if ours:
            found.append(
                Row(
                    latency=key[0],
                    numbers=key[1],
                    account=key[2],
                    phase=key[3],
                    repetitions=len(ours),
                    ours=_middle(ours),
                    null=_middle(null) if null else None,
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
