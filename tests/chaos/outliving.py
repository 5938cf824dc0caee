"""Rounds with a plugin that outlives its engine while a change is delayed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.chaos.declarations import Declaration, some
from tests.chaos.person import Person, compared
from tests.chaos.stage import Stage
from tests.chaos.ups import Kill

SLOW = 6
_PUT_OFF = ("503-after=5", "429-after=5", "slow=5", "commit-then-slow=5", "drop", "503")


@dataclass(frozen=True)
class Outliving:
    """Delayed DELETE or PATCH, a kill of the engine, and a rerun with the change reverted."""

    method: str
    what: str
    after: float
    declarations: tuple[Declaration, ...]
    timeout: float = 12

    @classmethod
    def of(cls, draw: random.Random) -> Outliving:
        """Return a round with values drawn from `draw`."""
        numbers = some("line", "entry", "workshop", names=0.3, draw=draw)
        method = draw.choice(("DELETE", "PATCH"))
        return cls(method, draw.choice(_PUT_OFF), round(draw.random(), 2), tuple(numbers))

    def play(self, stage: Stage) -> list[str]:
        """Make numbers, remove or change one, kill the engine, undo it, rerun."""
        person = Person(stage, list(self.declarations))
        if person.up() != 0:
            return [f"the first up failed: {stage.ups.said}"]
        before = {one["id"]: one["name"] for one in stage.account.records()}
        stage.serve(f"{self.method}:*:{self.what}")
        changed = list(self.declarations)
        if self.method == "DELETE":
            del changed[-1]
        else:
            changed[-1] = changed[-1].having(name="Our change")
        stage.write(changed)
        kill = Kill(("engine",), self.after)
        stage.ups.killed(kill, stage.is_asked)
        stage.ups.unlock()
        may_come_late = "slow" in self.what
        if not may_come_late:
            # From now on the API has no faults: it would execute the orphan's requests.
            stage.serve()
        found = person.heal(confirmed=False)
        stage.ups.wait_for_plugins()
        stage.ups.wait_since_kill(SLOW)
        # What is slow is logged once it is carried out.
        found += person.confirm()
        kept = {one["id"]: one["name"] for one in stage.account.records()}
        if not may_come_late and kept != before:
            found.append(f"the account was {before}, the orphan left {kept}")
        return found + compared(stage, person.declarations)

    def __str__(self) -> str:
        return f"{self.method} put off by {self.what}, kill engine, undone"
