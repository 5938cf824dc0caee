"""A simulated user who reruns `up` until it succeeds and follows the hints of its errors."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from tests.chaos import findings as find
from tests.chaos.declarations import Declaration
from tests.chaos.stage import Stage

_TAKE = re.compile(r"recover --stack \S+ --take \S+=([0-9a-f-]{36})`")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EMPTY = re.compile(r"VAPI_CONFIRM_EMPTY_ACCOUNT=(\S+)")
_RESOURCE = re.compile(r"^  \S*dynamic/vapi:\w+ \((.+)\):$")
LIST = "GET /phone-number"


@dataclass
class Person:
    """User of a stack, who reruns `up` and follows the hints of errors that name records.

    An error that names unheld records suggests `adopt_id` or `recover --take`. Other errors need a
    rerun, or a step of the round itself.
    """

    stage: Stage
    declarations: list[Declaration]
    head: str = ""
    stack: str = "test"
    tries: int = 4
    followed: list[str] = field(default_factory=list[str])
    """The hints that were followed."""

    def heal(self, *, confirmed: bool = True) -> list[str]:
        """Rerun until an `up` succeeds, and once more if `confirmed`; return the errors."""
        ups, code = self.stage.ups, None
        for _ in range(self.tries):
            code = self.up()
            if code == 0:
                break
            ups.unlock()
            self.follow()
        if code != 0:
            return [f"no up succeeded, the last ended with {code}: {errors_of(ups.said)}"]
        return self.confirm() if confirmed else []

    def up(self, *words: str) -> int | None:
        """Run an `up` of the program; return its exit code."""
        self.stage.write(self.declarations, self.head)
        return self.stage.ups.run("--stack", self.stack, "--parallel", "16", *words)

    def confirm(self) -> list[str]:
        """Remove `adopt_id` from the program; return the changes and requests of a further `up`."""
        self.declarations = [one.having(adopt_id=None) for one in self.declarations]
        # For an hour after a repeated purchase, each run lists the account once for late records.
        expected = [LIST] if find.repeats(self.stage.ups.journal, self.stack) else []
        found: list[str] = []
        before = len(self.stage.account.requests())
        if self.up("--expect-no-changes") != 0:
            found.append(f"a further up changes something: {errors_of(self.stage.ups.said)}")
        sent = self.stage.account.requests()[before:]
        found += [f"a further up sends {', '.join(sent)}"] if sent not in ([], expected) else []
        declared = {one.resource for one in self.declarations}
        left = find.open_intents(self.stage.ups.journal, self.stack)
        if any(key.rpartition("/")[2] not in declared for key in left):
            # The program no longer declares the resource, so `recover` resolves its intent.
            self.stage.ups.recover(self.stack)
            left = find.open_intents(self.stage.ups.journal, self.stack)
        return found + [f"the journal still has {key} ({left[key]})" for key in left]

    def follow(self) -> None:
        """Run `recover` or set `adopt_id` where an error of the last `up` names a free record."""
        confirm_empty(self.stage)
        records = {record["id"]: record for record in self.stage.account.records()}
        taken = {id_ for held in self.stage.held().values() for id_ in held}
        taken |= {one.fields.get("adopt_id") for one in self.declarations}
        for at, one in enumerate(self.declarations):
            if "adopt_id" in one.fields:
                continue
            for error in errors_of(self.stage.ups.said).get(one.resource, ()):
                take = _TAKE.search(error)
                if take is not None and take[1] in records and one.fits(records[take[1]]):
                    choice = f"{one.resource}={take[1]}"
                    words = ("--stack", self.stack, "--yes", "--take", choice)
                    self.stage.ups.command("recover", *words)
                    self.followed.append(f"recover for {one.resource}")
                    break
                named = [id_ for id_ in _ID.findall(error) if id_ not in taken]
                free = [id_ for id_ in named if id_ in records and one.fits(records[id_])]
                if "adopt_id" in error and free:
                    self.followed.append(f"adopt_id for {one.resource}")
                    self.declarations[at] = one.having(adopt_id=free[0])
                    taken.add(free[0])
                    break

    def drop(self, resource: str) -> Declaration:
        """Remove a declaration from the program, and return it."""
        (found,) = [one for one in self.declarations if one.resource == resource]
        self.declarations.remove(found)
        return found

    def change(self, resource: str, **changes: object) -> None:
        """Replace attributes of a declaration."""
        self.declarations = [
            replace(one, **changes) if one.resource == resource else one
            for one in self.declarations
        ]


def errors_of(said: str) -> dict[str, list[str]]:
    """Return the error lines of an `up` by the name of the resource; of the stack, under ""."""
    found: dict[str, list[str]] = {}
    resource = ""
    for line in said.rpartition("Diagnostics:")[2].splitlines():
        header = _RESOURCE.match(line)
        if header:
            resource = header[1]
        elif re.match(r"^  \S.*:$", line):
            resource = ""
        elif line.strip().startswith("error:") and "update failed" not in line:
            found.setdefault(resource, []).append(line.strip())
    return found


def compared(
    stage: Stage, declarations: Iterable[Declaration], foreign: Collection[str] = ()
) -> list[str]:
    """Return where account and states differ from what all programs declare.

    `foreign` are ids that somebody else has in the account.
    """
    held = [id_ for ids in stage.held().values() for id_ in ids]
    ours = [one for one in stage.account.records() if one["id"] not in foreign]
    return find.differences(declarations, held, ours)


def confirm_empty(stage: Stage) -> None:
    """Set the variable that an error of the last command asks for, if the account is empty."""
    confirmed = _EMPTY.search(stage.ups.said)
    if confirmed and stage.count() == 0:
        stage.project.environment["VAPI_CONFIRM_EMPTY_ACCOUNT"] = confirmed[1]
