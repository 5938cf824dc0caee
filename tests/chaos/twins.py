"""Rounds in which two machines deploy two stacks with equal explicit names at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from tests.chaos.backends import KILLS
from tests.chaos.declarations import NIGHT, Declaration, some
from tests.chaos.person import Person, compared
from tests.chaos.sharing import FAULTS, LATE, STORES, machines
from tests.chaos.stage import Stage
from tests.chaos.ups import Kill

STACKS = ("test", "other")

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Twins:
    """Two stacks of one backend, each on a machine of its own; either run may be killed."""

    store: str
    kills: tuple[Kill | None, Kill | None]
    """Kill of each run, or None."""
    share: float
    """The share of all records that is waited for before a kill."""
    faults: tuple[str, ...]
    declarations: tuple[Declaration, ...]
    """Declarations of each stack."""
    has_checkpoints: bool = False
    timeout: float = 8

    @classmethod
    def of(cls, draw: random.Random) -> Twins:
        """Return a round with values drawn from `draw`."""
        numbers = [*some("line", names=1.0, draw=draw), *some("pool-0", "pool-1")]
        kills = [draw.choice((None, *KILLS)), draw.choice((None, *KILLS))]
        return cls(
            draw.choice(STORES),
            (kills[0], kills[1]),
            round(draw.random(), 2),
            draw.choice(FAULTS),
            (*numbers, NIGHT),
            draw.random() < 0.2,
        )

    def play(self, stage: Stage) -> list[str]:
        """Deploy both at once, kill, and rerun both at once on two more machines."""
        with machines(
            stage, self.store, has_shared_journal=True, has_checkpoints=self.has_checkpoints
        ) as all_machines:
            stage.stacks[:] = STACKS
            first = [all_machines.add(f"machine-{stack}", stack) for stack in STACKS]
            for there, stack in zip(first, STACKS, strict=True):
                there.project.init(stack)
            stage.serve(*self.faults)
            _both(lambda at: self._deploy(first[at], at))
            again = [
                all_machines.add(f"machine-{stack}-again", stack, like=there)
                for stack, there in zip(STACKS, first, strict=True)
            ]
            if self.faults != LATE:
                stage.serve()
            people = [
                Person(there, self._of(stack), stack=stack)
                for there, stack in zip(again, STACKS, strict=True)
            ]
            found = [line for lines in _both(lambda at: _healed(people[at])) for line in lines]
            # One after the other: what a further up sends is counted.
            found += [line for person in people for line in person.confirm()]
            return found + compared(again[0], [*people[0].declarations, *people[1].declarations])

    def _of(self, stack: str) -> list[Declaration]:
        return [replace(one, stack=stack) for one in self.declarations]

    def _deploy(self, there: Stage, at: int) -> None:
        there.write(self._of(STACKS[at]))
        kill = self.kills[at]
        if kill is None:
            there.ups.run("--parallel", "16")
            return
        needed = max(1, round(self.share * 2 * len(self.declarations)))
        there.ups.killed(kill, lambda: there.count() >= needed, "--parallel", "16")

    def __str__(self) -> str:
        kills = " and ".join(str(kill or "no kill") for kill in self.kills)
        checkpoints = "checkpoints" if self.has_checkpoints else "no checkpoints"
        faults = ", ".join(self.faults) or "no faults"
        return (
            f"{self.store}, two stacks at once, {checkpoints}, {faults}; "
            f"{kills} at {self.share:.0%}"
        )


def _healed(person: Person) -> list[str]:
    person.stage.ups.unlock()
    return person.heal(confirmed=False)


def _both(do: Callable[[int], _Result]) -> list[_Result]:
    """Do something for both machines at once."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(do, range(2)))
