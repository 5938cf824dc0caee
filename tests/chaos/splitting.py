"""Rounds with `pulumi state move` between a kill, or an `up`, and the rerun."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from tests.chaos.backends import KILLS
from tests.chaos.declarations import NIGHT, Declaration, some
from tests.chaos.person import Person, compared, errors_of
from tests.chaos.stage import Stage
from tests.chaos.ups import Kill

OTHER = "other"


@dataclass(frozen=True)
class StateMove:
    """Move of numbers to another stack with `pulumi state move`, and a rerun of the source."""

    kill: Kill | None
    declarations: tuple[Declaration, ...]
    has_checkpoints: bool = True
    finished_by: str = ""
    """Without checkpoints: what tells the journal that a state holds the numbers; "" for none."""
    timeout: float = 8

    @classmethod
    def of(cls, draw: random.Random) -> StateMove:
        """Return a round with values drawn from `draw`."""
        numbers = some("line", "entry", "sales", "workshop", names=0.5, draw=draw)
        kill = draw.choice((None, None, *KILLS))
        has_checkpoints = kill is not None or draw.random() >= 0.4
        finished_by = "" if has_checkpoints else draw.choice(("up", "recover", ""))
        return cls(kill, (*numbers, NIGHT), has_checkpoints, finished_by)

    def play(self, stage: Stage) -> list[str]:
        """Make numbers, some without an answer; move what the state holds; rerun the source."""
        person = Person(stage, list(self.declarations))
        if self.kill:
            fault = "POST:every2:commit-then-slow=6"
            stage.lose(person.declarations, self.kill, fault, recorded=1)
            stage.ups.unlock()
        else:
            if not self.has_checkpoints:
                skip = {"PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "true"}
                stage.project.environment |= skip
            if person.up() != 0:
                return [f"the first up failed: {stage.ups.said}"]
            if self.finished_by == "up" and person.up() != 0:
                return [f"the second up failed: {stage.ups.said}"]
        stage.add_stack(OTHER)
        # First what the account would sell once more: of the others a number is taken.
        order = ("night", "line", "sales", "entry", "workshop")
        urns = dict(sorted(stage.urns().items(), key=lambda one: order.index(one[0]))[:2])
        held = stage.held()["test"]
        if not urns:
            return ["the state holds nothing to move"]
        words = ("--source", "test", "--dest", OTHER, "--yes")
        moved = stage.project.pulumi("state", "move", *words, *urns.values())
        if moved.code != 0:
            return [f"state move failed: {moved.text}"]
        if self.finished_by == "recover":
            stage.ups.recover()
        before = {one["id"] for one in stage.account.records()}
        person.up()
        stage.ups.unlock()
        found = self._doubled(stage, before, set(held))
        errors = errors_of(stage.ups.said)
        found += [f"{name} was not refused: {errors}" for name in urns if name not in errors]
        # The hint says: the stack that holds it. There it is declared from now on.
        moving = [person.drop(name) for name in urns]
        found += person.heal()
        theirs = Person(stage, [replace(one, stack=OTHER) for one in moving], stack=OTHER)
        found += theirs.heal()
        return found + compared(stage, [*person.declarations, *theirs.declarations])

    def _doubled(self, stage: Stage, before: set[str], moved: set[str]) -> list[str]:
        """Return errors after the source's rerun: records purchased again or held twice."""
        found = [
            f"the source's rerun bought {one['id']} ({one['name']})"
            for one in stage.account.records()
            if one["id"] not in before
        ]
        both = set(stage.held()["test"]) & set(stage.held()[OTHER])
        found += [f"two stacks hold {id_}" for id_ in sorted(both)]
        there = {one["id"] for one in stage.account.records()}
        return found + [f"{id_} was released" for id_ in sorted(moved - there)]

    def __str__(self) -> str:
        what = str(self.kill or "no kill")
        finished = f", finished by {self.finished_by or 'nothing'}"
        unchecked = "" if self.has_checkpoints else f", no checkpoints{finished}"
        return f"{what}{unchecked}, then state move"
