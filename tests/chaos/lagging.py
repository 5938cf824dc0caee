"""Rounds with a list that lags behind purchases whose responses are lost."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from tests.chaos.declarations import NIGHT, Declaration, some
from tests.chaos.person import Person, compared
from tests.chaos.stage import Stage
from tests.chaos.ups import Kill

LAGS = (3, 8, 20)
_FAULTS = ("commit-then-drop", "commit-then-500", "commit-then-504")


@dataclass(frozen=True)
class Lagging:
    """Lost responses, with or without a kill, while lists show new records with a lag."""

    lag: int
    faults: tuple[str, ...]
    kill: Kill | None
    declarations: tuple[Declaration, ...]

    @classmethod
    def of(cls, draw: random.Random) -> Lagging:
        """Return a round with values drawn from `draw`."""
        what = draw.choice(_FAULTS)
        when = draw.choice(("*", "every2", f"{draw.randint(1, 3)}", "2-3"))
        who = draw.choice((None, None, ("engine",), ("plugin",), ("engine", "plugin")))
        numbers = some("line", "entry", "sales", "workshop", names=0.4, draw=draw)
        return cls(
            draw.choice(LAGS),
            (f"POST:{when}:{what}",),
            Kill(who, draw.random()) if who else None,
            (*numbers, NIGHT),
        )

    @property
    def timeout(self) -> float:
        """The request timeout, longer than the lag."""
        return self.lag + 5

    def play(self, stage: Stage) -> list[str]:
        """Purchase, rerun while the list lags, and compare after the lag."""
        lagging = (f"new_record_unlisted_seconds={self.lag}",)
        stage.serve(*self.faults, switches=lagging)
        person = Person(stage, list(self.declarations))
        stage.write(person.declarations)
        if self.kill:
            code = stage.kill_at(self.kill, len(person.declarations))
        else:
            code = stage.ups.run("--parallel", "16")
        stage.serve(switches=lagging)
        if code != 0:
            stage.ups.unlock()
            person.follow()
        found = person.heal() if code != 0 else person.confirm()
        time.sleep(self.lag)
        return found + compared(stage, person.declarations)

    def __str__(self) -> str:
        kill = f", {self.kill}" if self.kill else ""
        return f"list {self.lag} s late, {' '.join(self.faults)}{kill}, {_names(self.declarations)}"


def _names(declarations: tuple[Declaration, ...]) -> str:
    return f"{sum(not one.is_automatic for one in declarations)} explicit names"
