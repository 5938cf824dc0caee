"""Rounds with replacements that are killed in their DELETE or their POST, and redone or undone."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.chaos.backends import KILLS
from tests.chaos.declarations import Declaration, some
from tests.chaos.person import Person, compared
from tests.chaos.stage import Stage
from tests.chaos.ups import Kill

SLOW = 7
REQUEST_SECONDS = 1.0
"""Maximum time between two requests of the plugin for one resource."""


@dataclass(frozen=True)
class Replacing:
    """A change of the area code, delete-first or not, a kill in one of its requests, the rerun."""

    is_delete_first: bool
    method: str
    commits: bool
    """Whether the server executes the faulty request at once."""
    who: tuple[str, ...]
    is_undone: bool
    """Whether the program asks for the old number again before it replaces it once more."""
    recovers: bool
    declarations: tuple[Declaration, ...]
    timeout: float = SLOW + 2

    @classmethod
    def of(cls, draw: random.Random) -> Replacing:
        """Return a round with values drawn from `draw`."""
        numbers = some("line", "entry", "workshop", names=0.5, draw=draw)
        return cls(
            draw.random() < 0.7,
            draw.choice(("DELETE", "POST")),
            draw.random() < 0.7,
            draw.choice(KILLS).who,
            draw.random() < 0.3,
            draw.random() < 0.4,
            tuple(numbers),
        )

    def play(self, stage: Stage) -> list[str]:
        """Make numbers, replace one, kill, rerun; where it was undone, replace it once more."""
        options = "delete_before_replace=True" if self.is_delete_first else ""
        line = replace(self.declarations[0], options=options)
        person = Person(stage, [line, *self.declarations[1:]])
        if person.up() != 0:
            return [f"the first up failed: {stage.ups.said}"]
        before = stage.ids()
        (old,) = [one["id"] for one in stage.account.records() if line.is_made_as(one)]
        known = {"provider": "vapi", "number": "+1212"}
        new = replace(line.having(number_desired_area_code="212"), known=known)
        person.declarations[0] = new
        stage.serve(f"{self.method}:1:{'commit-then-' if self.commits else ''}slow={SLOW}")
        stage.write(person.declarations)
        kill = Kill(self.who, 0.2 if self.commits else REQUEST_SECONDS)
        stage.ups.killed(kill, self._is_due(stage, before, old))
        # What the API has received is carried out, though nobody may wait for the answer.
        stage.ups.wait_since_kill(SLOW + 1)
        stage.serve()
        stage.ups.unlock()
        if self.recovers or self.is_undone:
            stage.ups.recover()
        found = self._undone(stage, person, line, new, old) if self.is_undone else []
        found += person.heal()
        return found + compared(stage, person.declarations)

    def _is_due(self, stage: Stage, before: set[str], old: str) -> Callable[[], bool]:
        """Return what tells that the request that is struck has come, or the one before it."""

        def is_released() -> bool:
            return old not in stage.ids()

        def is_bought() -> bool:
            return bool(stage.ids() - before)

        if self.commits:
            return is_released if self.method == "DELETE" else is_bought
        is_first = self.is_delete_first == (self.method == "DELETE")
        if is_first:
            return stage.is_asked
        return is_released if self.is_delete_first else is_bought

    def _undone(
        self, stage: Stage, person: Person, line: Declaration, new: Declaration, old: str
    ) -> list[str]:
        """Ask for the old number again: it stays where it still was; then for the new one."""
        was_there = old in stage.ids()
        stage.project.pulumi("refresh", "--yes", "--skip-preview")
        person.declarations[0] = line
        found = person.heal(confirmed=False)
        if was_there and old not in stage.ids():
            found.append(f"the replacement was undone, and {old} was released all the same")
        person.declarations[0] = new
        return found

    def __str__(self) -> str:
        order = "delete-first" if self.is_delete_first else "create-first"
        late = "carried out at once" if self.commits else "carried out late"
        undone = ", undone, redone" if self.is_undone else ""
        recovers = ", recover" if self.recovers or self.is_undone else ""
        return f"{order}, kill {'+'.join(self.who)} in {self.method} {late}{recovers}{undone}"
