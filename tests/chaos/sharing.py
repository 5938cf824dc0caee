"""Rounds on shared state: runs killed on some machines, and the rerun on one more.

The machines share the backend and the account, and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tests.chaos.backends import KILLS
from tests.chaos.declarations import NIGHT, Declaration, some
from tests.chaos.person import Person, compared, confirm_empty
from tests.chaos.stage import LOST, Stage
from tests.chaos.ups import Kill
from tests.support.stores import S3_KEYS, postgres_server, postgresql, s3_server
from vapi_provider.settings.journal_location import journal_beside

STORES = ("s3", "postgres")
ACTS = ("create", "create", "update", "replacement", "destroy", "mixed", "undone")
LATE_SECONDS = 7.0
SECOND_KILL_SECONDS = 8.0
"""The longest time from a rerun's first request to its kill."""
WITHOUT_CHECKPOINTS = {"PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "1"}
LATE = tuple(f"{method}:every2:slow=5" for method in ("POST", "PATCH", "DELETE"))
"""Requests that are carried out after the kill, while the rerun is looking."""
FAULTS: tuple[tuple[str, ...], ...] = (
    (),
    (LOST,),
    ("*:every2:commit-then-slow=6",),
    ("*:every2:commit-then-drop",),
    ("*:every3:commit-then-500",),
    LATE,
)


@dataclass(frozen=True)
class Machines:
    """The machines of a round: what their state lies on, and how they run."""

    stage: Stage
    url: str
    has_shared_journal: bool
    has_checkpoints: bool

    def add(self, name: str, stack: str = "test", like: Stage | None = None) -> Stage:
        """Return a new machine, with a clone like that of `like`."""
        journal = journal_beside(self.url) if self.has_shared_journal else None
        skipping = {} if self.has_checkpoints else WITHOUT_CHECKPOINTS
        variables = {
            **S3_KEYS,
            **skipping,
            "PULUMI_BACKEND_URL": self.url,
            "PULUMI_STACK": stack,
        }
        return (like or self.stage).machine(name, journal, **variables)


@contextmanager
def machines(
    stage: Stage, store: str, *, has_shared_journal: bool, has_checkpoints: bool
) -> Iterator[Machines]:
    """Yield the machines that share a new store; the plugins of all end before the store does."""
    if store == "s3":
        server = s3_server(stage.folder / "s3.log")
    else:
        programs = postgresql()
        if programs is None:
            raise RuntimeError("no PostgreSQL server here: apt-get install postgresql")
        server = postgres_server(programs)
    with server as url:
        try:
            yield Machines(stage, url, has_shared_journal, has_checkpoints)
        finally:
            stage.wait_for_plugins()


@dataclass(frozen=True)
class Sharing:
    """A change whose runs are killed on one machine after another, and the rerun on the last."""

    store: str
    act: str
    kills: tuple[Kill, ...]
    share: float
    """The share of the changes that is waited for before the first kill."""
    faults: tuple[str, ...]
    declarations: tuple[Declaration, ...]
    is_delete_first: bool = False
    has_checkpoints: bool = False
    recovers: bool = False
    """Whether `recover` runs before the rerun, as with make."""
    has_shared_journal: bool = True
    timeout: float = 8

    @classmethod
    def of(cls, draw: random.Random) -> Sharing:
        """Return a round with values drawn from `draw`."""
        store = draw.choice(STORES)
        numbers = some("line", "entry", "sales", "workshop", "pool-0", "pool-1", draw=draw)
        names = draw.choice((0.0, 0.5, 1.0))
        named = [
            one.having(name=f"Our {one.resource}")
            if one.is_automatic and draw.random() < names
            else one
            for one in numbers
        ]
        kills = [
            replace(draw.choice(KILLS), after=round(draw.random() ** 4, 2))
            for _ in range(draw.choice((1, 1, 2)))
        ]
        return cls(
            store,
            draw.choice(ACTS),
            tuple(kills),
            round(draw.random(), 2),
            draw.choice(FAULTS),
            (*named, NIGHT),
            draw.random() < 0.5,
            draw.random() < 0.2,
            draw.random() < 0.5,
        )

    def play(self, stage: Stage) -> list[str]:
        """Make numbers on one machine; kill the change on others; repeat it on the last."""
        with machines(
            stage,
            self.store,
            has_shared_journal=self.has_shared_journal,
            has_checkpoints=self.has_checkpoints,
        ) as all_machines:
            there = all_machines.add("machine-0")
            there.project.init("test")
            if self.act != "create":
                person = Person(there, list(self.declarations))
                if person.up() != 0:
                    return [f"the first up failed: {there.ups.said}"]
                # Another up: without checkpoints no program has seen the ids yet.
                if person.up() != 0:
                    return [f"the second up failed: {there.ups.said}"]
            before = stage.versions()
            needed = max(1, round(self.share * self._changes()))
            for at, kill in enumerate(self.kills, 1):
                there = all_machines.add(f"machine-{at}", like=there)
                stage.serve(*self.faults)
                there.ups.unlock()
                there.write(self._wanted())
                # A rerun may find everything done: it is killed some time after its first request.
                is_first = at == 1
                there.ups.killed(
                    kill if is_first else replace(kill, after=kill.after * SECOND_KILL_SECONDS),
                    (lambda: stage.changed_since(before) >= needed) if is_first else stage.is_asked,
                    "--parallel",
                    "16",
                    verb="destroy" if self.act == "destroy" else "up",
                )
            there = all_machines.add("machine-last", like=there)
            if self.faults != LATE:
                stage.serve()
            return self._heal(there)

    def _changes(self) -> int:
        """Return how many records of the account the program creates, changes or deletes."""
        changes = {"update": 3, "replacement": 4, "mixed": 6, "undone": 3}
        return changes.get(self.act, len(self.declarations))

    def _wanted(self) -> list[Declaration]:
        """Return what the killed runs declare; before a destroy nothing changes."""
        if self.act in ("create", "destroy"):
            return list(self.declarations)
        line, entry, sales, workshop, *pool, night = self.declarations
        renamed = entry.having(name="Our new entry")
        options = "delete_before_replace=True" if self.is_delete_first else ""
        new_line, new_night = (
            replace(
                one.having(number_desired_area_code="212"),
                known={"provider": "vapi", "number": "+1212"},
                options=options,
            )
            for one in (line, night)
        )
        if self.act == "update":
            changed = [one.having(name=f"Our new {one.resource}") for one in (line, night)]
            return [changed[0], renamed, sales, workshop, *pool, changed[1]]
        if self.act == "undone":
            return [line.having(name="Our new line"), renamed, workshop, *pool, night]
        if self.act == "replacement":
            return [new_line, entry, sales, workshop, *pool, new_night]
        return [new_line, renamed, workshop, *pool, night, *some("bookings", "reception")]

    def _heal(self, there: Stage) -> list[str]:
        there.ups.unlock()
        if self.recovers:
            there.ups.recover()
        if self.act == "undone":
            # What is still on its way would change the account after it was read.
            there.wait_since_kill(LATE_SECONDS)
            there.project.pulumi("refresh", "--yes", "--skip-preview")
            there.ups.unlock()
        person = Person(there, list(self.declarations) if self.act == "undone" else self._wanted())
        if self.act != "destroy":
            return person.heal() + compared(there, person.declarations)
        found = _destroyed(there) + compared(there, [])
        # What was released is bought again, once.
        return found + person.heal() + compared(there, person.declarations)

    def __str__(self) -> str:
        kills = ", ".join(f"{kill} on machine {at}" for at, kill in enumerate(self.kills, 1))
        names = sum(not one.is_automatic for one in self.declarations)
        replaces = self.act in ("replacement", "mixed")
        order = "delete-first, " if replaces and self.is_delete_first else ""
        checkpoints = "checkpoints" if self.has_checkpoints else "no checkpoints"
        recovers = "recover, " if self.recovers else ""
        faults = ", ".join(self.faults) or "no faults"
        journal = "" if self.has_shared_journal else "a journal of each machine, "
        return (
            f"{self.store}, {self.act}, {order}{checkpoints}, {faults}; {kills} "
            f"at {self.share:.0%}; {journal}{recovers}rerun on one more, {names} explicit names"
        )


def _destroyed(there: Stage) -> list[str]:
    """Run `destroy` until it succeeds; return what was wrong with that."""
    ups, code = there.ups, None
    for _ in range(4):
        there.write([])
        code = ups.run("--parallel", "16", verb="destroy")
        if code == 0:
            return []
        ups.unlock()
        confirm_empty(there)
    return [f"no destroy succeeded, the last ended with {code}: {ups.said}"]
