"""Rounds in which resources move between components, by each hint that is printed."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from tests.chaos.declarations import Declaration, some
from tests.chaos.person import Person, compared, errors_of
from tests.chaos.stage import Stage

HEAD = """
class Desk(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("shop:desk:Desk", name)

class Office(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("shop:office:Office", name)

desk, office = Desk("desk"), Office("office")
"""
ROOT = "pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)"
MOVES = ("in", "in", "between", "out", "sister")
_ALIAS = re.compile(r"""Alias\(parent=(?:pulumi\.URN\()?["']+(urn:[^"']+)["']""")


@dataclass(frozen=True)
class Moving:
    """Numbers that are moved into, between or out of components, and the hint that is followed."""

    move: str
    hint: str
    """"alias" as it is printed, or "adopt_id" with the id that the error names."""
    elsewhere: bool
    """Whether the program is moved on a machine without the journal: the account's names tell."""
    declarations: tuple[Declaration, ...]
    timeout: float = 8

    @classmethod
    def of(cls, draw: random.Random) -> Moving:
        """Return a round with values drawn from `draw`."""
        move, hint = draw.choice(MOVES), draw.choice(("alias", "adopt_id"))
        elsewhere = move == "in" and draw.random() < 0.4
        # Nothing at the account tells whose a number with an explicit name is.
        names = 0 if elsewhere or move == "sister" else 0.4
        numbers = some("line", "entry", "sales", "workshop", names=names, draw=draw)
        return cls(move, hint, elsewhere, tuple(numbers))

    def play(self, stage: Stage) -> list[str]:
        """Make numbers, move them, follow what is printed: no number is bought or released."""
        parent, other = {
            "in": ("", "desk"),
            "sister": ("desk", "desk"),
            "between": ("desk", "office"),
            "out": ("desk", ""),
        }[self.move]
        person = Person(stage, [_child(one, parent) for one in self.declarations], HEAD)
        if person.up() != 0:
            return [f"the first up failed: {stage.ups.said}"]
        before = stage.ids()
        if self.elsewhere:
            stage.ups.move()
        if self.move == "sister":
            return self._sister(stage, person, before)
        person.declarations = [_child(one, other) for one in self.declarations]
        if self.move == "in":
            found = self._refused(stage, person, before)
            aliases = dict.fromkeys((one.resource for one in self.declarations), ROOT)
        else:
            stage.write(person.declarations, HEAD)
            said = stage.ups.command("preview", "--stack", "test").text
            shown = _ALIAS.findall(said)
            found = [] if shown else [f"preview shows no alias: {said}"]
            aliases = {
                one.resource: f"pulumi.Alias(parent={shown[0]!r})" if shown else ""
                for one in self.declarations
            }
        if self.hint == "alias" or self.move != "in":
            person.declarations = [
                _child(one, other, aliases[one.resource]) for one in self.declarations
            ]
        found += person.heal()
        if stage.ids() != before:
            found.append(f"a move changed the account from {before} to {stage.ids()}")
        return found + compared(stage, person.declarations)

    def _refused(self, stage: Stage, person: Person, before: set[str]) -> list[str]:
        """Run an `up` without a hint: it is refused, and prints the hint."""
        found = [] if person.up() != 0 else ["a move without an alias succeeds"]
        said = errors_of(stage.ups.said)
        if stage.ids() != before:
            found.append(f"a refused move changed the account from {before} to {stage.ids()}")
        for at, one in enumerate(person.declarations):
            errors = " ".join(said.get(one.resource, ()))
            if self.hint == "alias" and "ROOT_STACK_RESOURCE" not in errors:
                found.append(f"the error for {one.resource} shows no alias: {errors}")
            if self.hint == "adopt_id":
                named = [id_ for id_ in before if id_ in errors]
                if len(named) == 1:
                    person.declarations[at] = one.having(adopt_id=named[0])
                else:
                    found.append(f"the error for {one.resource} names no record: {errors}")
        return found

    def _sister(self, stage: Stage, person: Person, before: set[str]) -> list[str]:
        """Add resources of the same names to another component: each gets a number of its own.

        None is offered, nor takes, what its sister holds.
        """
        sisters = [
            _child(one, "office")
            for one in self.declarations
            if one.is_automatic and "number_desired_area_code" in one.fields
        ]
        held = {one["urn"].rpartition("::")[2]: one["id"] for one in stage.state()}
        if self.hint == "adopt_id":
            wrong = [one.having(adopt_id=held[one.resource]) for one in sisters]
            person.declarations += wrong
            found = [] if person.up() != 0 else ["adopt_id of what a sister holds is taken"]
            person.declarations = [one for one in person.declarations if one not in wrong]
        else:
            found = []
        person.declarations += sisters
        # One name in two components: how many there are tells.
        found += person.heal()
        found += [f"{id_} was released" for id_ in before - stage.ids()]
        found += compared(stage, person.declarations)
        for one in sisters:
            person.declarations.remove(one)
        found += person.heal()
        if stage.ids() != before:
            found.append(f"without the sisters the account is {stage.ids()}, before {before}")
        return found

    def __str__(self) -> str:
        where = ", elsewhere" if self.elsewhere else ""
        return f"move {self.move} a component by {self.hint}{where}"


def _child(declaration: Declaration, component: str, alias: str = "") -> Declaration:
    options = [f"parent={component}"] if component else []
    options += [f"aliases=[{alias}]"] if alias else []
    return replace(declaration, options=", ".join(options))
