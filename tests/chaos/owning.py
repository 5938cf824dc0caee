"""Rounds in which a user claims a lost record between the kill and the rerun."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from tests.chaos.backends import KILLS
from tests.chaos.declarations import NIGHT, Declaration, some
from tests.chaos.person import Person, compared, errors_of
from tests.chaos.stage import LOST, Stage
from tests.chaos.ups import Kill

WAYS = ("get", "adopt beside", "adopt renamed", "import", "adopt in another stack", "rename")
OTHER = "other"


@dataclass(frozen=True)
class Owning:
    """Purchase whose response was lost, and a user's claim of its record before the rerun."""

    way: str
    kill: Kill
    fault: str
    declarations: tuple[Declaration, ...]
    timeout: float = 8

    @classmethod
    def of(cls, draw: random.Random) -> Owning:
        """Return a round with values drawn from `draw`."""
        numbers = some("line", "entry", "workshop", names=0.4, draw=draw)
        fault = draw.choice((LOST, "POST:every2:commit-then-slow=6"))
        return cls(draw.choice(WAYS), draw.choice(KILLS), fault, (*numbers, NIGHT))

    def play(self, stage: Stage) -> list[str]:
        """Lose responses, claim a record in this round's way, and rerun."""
        stage.lose(list(self.declarations), self.kill, self.fault)
        stage.ups.unlock()
        held = stage.held()["test"]
        lost = [one for one in stage.account.records() if one["id"] not in held]
        if not lost:
            return ["nothing was lost"]
        record = lost[0]
        (owner,) = [one for one in self.declarations if one.is_made_as(record)]
        person = Person(stage, list(self.declarations))
        others = self._name(stage, person, owner, record)
        found = person.heal()
        if found:
            found = _settled(person, owner, found)
        if record["id"] not in {one["id"] for one in stage.account.records()}:
            found.append(f"the lost record {record['id']} was released")
        return found + compared(stage, [*person.declarations, *others])

    def _name(
        self, stage: Stage, person: Person, owner: Declaration, record: dict[str, str]
    ) -> list[Declaration]:
        """Do what this round is about; return what is declared outside of the person's program."""
        adopting = replace(owner.having(adopt_id=record["id"]), resource=OTHER)
        match self.way:
            case "get":
                person.head = f"{owner.kind}PhoneNumber.get('seen', {record['id']!r})\n"
                person.up()
                stage.ups.unlock()
                person.head = ""
            case "rename":
                # The key leaves the program; an error says how the record is taken over.
                person.drop(owner.resource)
                person.declarations.append(replace(owner, resource=OTHER))
            case "adopt renamed":
                person.drop(owner.resource)
                person.declarations.append(adopting)
            case "adopt beside":
                person.declarations.append(adopting)
            case "import":
                return _imported(stage, person, owner, record)
            case _:
                stage.add_stack(OTHER)
                elsewhere = replace(adopting, stack=OTHER)
                somebody = Person(stage, [elsewhere], stack=OTHER)
                if somebody.up() == 0:
                    return [elsewhere]
        return []

    def __str__(self) -> str:
        return f"{self.kill} at {self.fault}, then {self.way}"


def _imported(
    stage: Stage, person: Person, owner: Declaration, record: dict[str, str]
) -> list[Declaration]:
    """Bring the record into the state by our command, as a resource of its own."""
    words = ("--stack", "test", "--out", "imported.py", "--yes")
    done = stage.ups.command("import", record["id"], *words)
    module = stage.project.folder / "imported.py"
    if done.code != 0 or not module.exists():
        return []
    for key in re.findall(r"pulumi config set --secret (\S+)", done.text):
        secret = "visibly-fake-sip-password"
        stage.project.pulumi("config", "set", "--secret", key, secret, "--stack", "test")
    person.head = "import imported\n"
    text = module.read_text(encoding="utf-8")
    if f'"{owner.resource}"' in text or f"'{owner.resource}'" in text:
        person.drop(owner.resource)  # The import has given it the same name.
    return [owner.having(name=record["name"])]


def _settled(person: Person, owner: Declaration, found: list[str]) -> list[str]:
    """Remove the resource whose claim was refused from the program, and rerun."""
    refused = errors_of(person.stage.ups.said)
    names = [one.resource for one in person.declarations]
    if OTHER in names and owner.resource not in names and OTHER in refused:
        # Renamed without a record that could be named: the error says to undo that.
        person.drop(OTHER)
        person.declarations.append(owner)
        return person.heal()
    for resource in (OTHER, owner.resource):
        if resource in refused and resource in names:
            person.drop(resource)
            return person.heal()
    return found
