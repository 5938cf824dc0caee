"""Rounds about the backend: a rotated password, and files that a killed engine left empty."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.chaos.declarations import BACKEND_PASSWORDS, NIGHT, Declaration, some
from tests.chaos.person import Person, compared, errors_of
from tests.chaos.stage import LOST, Stage
from tests.chaos.ups import Kill
from tests.support.stores import postgres_server, postgresql

KILLS = (Kill(("engine",)), Kill(("plugin",)), Kill(("engine", "plugin")))
SPELLINGS = (
    "postgres://tests:{password}@127.0.0.1:{port}/postgres?sslmode=disable",
    # Pulumi 3.250 takes `postgresql://` for the address of a service.
    "postgres://tests:{password}@localhost:{port}/postgres?sslmode=disable",
    "postgres://tests:{password}@127.0.0.1:{port}/postgres?sslmode=prefer&connect_timeout=20",
    "postgres://other:{password}@127.0.0.1:{port}/postgres?sslmode=disable&application_name=pulumi",
)
OUR_COMMANDS = ("recover --yes", "preview", "drift", "orphans")


@dataclass(frozen=True)
class RotatedPassword:
    """A kill, and a rerun with another password, role and spelling of one PostgreSQL backend."""

    kill: Kill
    fault: str
    spelling: str
    declarations: tuple[Declaration, ...]
    timeout: float = 8

    @classmethod
    def of(cls, draw: random.Random) -> RotatedPassword:
        """Return a round with values drawn from `draw`."""
        numbers = some("line", "entry", "sales", "workshop", names=0.7, draw=draw)
        fault = draw.choice((LOST, "POST:every2:commit-then-slow=6"))
        return cls(draw.choice(KILLS), fault, draw.choice(SPELLINGS), (*numbers, NIGHT))

    def play(self, stage: Stage) -> list[str]:
        """Lose responses, rotate the password, and rerun."""
        old, new = BACKEND_PASSWORDS
        with _database(old) as url:
            stage.project.environment["PULUMI_BACKEND_URL"] = url
            stage.project.init("test")
            try:
                stage.lose(list(self.declarations), self.kill, self.fault)
                stage.ups.unlock()
                rotated = self.spelling.format(password=new, port=urlsplit(url).port)
                stage.project.environment["PULUMI_BACKEND_URL"] = rotated
                person = Person(stage, list(self.declarations))
                return person.heal() + compared(stage, person.declarations)
            finally:
                stage.ups.wait_for_plugins()

    def __str__(self) -> str:
        return f"{self.kill} at {self.fault}, rerun with {self.spelling}"


@dataclass(frozen=True)
class EmptyAttributes:
    """A killed engine that leaves the attributes of its state file empty."""

    kill: Kill
    command: str
    declarations: tuple[Declaration, ...]
    timeout: float = 8

    @classmethod
    def of(cls, draw: random.Random) -> EmptyAttributes:
        """Return a round with values drawn from `draw`."""
        numbers = some("line", "entry", "sales", "workshop", names=0.4, draw=draw)
        command = draw.choice(OUR_COMMANDS)
        return cls(draw.choice((KILLS[0], KILLS[2])), command, (*numbers, NIGHT))

    def play(self, stage: Stage) -> list[str]:
        """Lose responses, empty the file, repair it with our command, and rerun."""
        stage.lose(list(self.declarations), self.kill)
        # A living engine would write it again.
        stacks = stage.folder / "numbers-state" / ".pulumi" / "stacks"
        attributes = next(stacks.rglob("test.json"), stacks / "test.json").with_name(
            "test.json.attrs"
        )
        attributes.write_bytes(b"")
        command, *options = self.command.split()
        said = stage.ups.command(command, "--stack", "test", *options)
        found: list[str] = []
        if "EOF" in said.text or "Traceback" in said.text:
            found.append(f"{command} fails on empty attributes: {said.text}")
        if attributes.exists() and attributes.stat().st_size == 0:
            found.append(f"{command} leaves the attributes empty")
        if ".attrs" not in said.text:
            found.append(f"{command} does not say what it repaired: {said.text}")
        stage.ups.unlock(mend=not attributes.exists() or bool(found))
        person = Person(stage, list(self.declarations))
        found += person.heal()
        if any("EOF" in line for lines in errors_of(stage.ups.said).values() for line in lines):
            found.append("up fails on what a command has repaired")
        return found + compared(stage, person.declarations)

    def __str__(self) -> str:
        return f"{self.kill}, empty attributes, then {self.command}"


@contextmanager
def _database(password: str) -> Iterator[str]:
    """Yield the URL of an empty database with a password, which the server ignores."""
    programs = postgresql()
    if programs is None:
        raise RuntimeError("no PostgreSQL server here: apt-get install postgresql")
    with postgres_server(programs) as url:
        sql = "CREATE ROLE other SUPERUSER LOGIN"
        subprocess.run([programs / "psql", url, "-qc", sql], check=True, timeout=30)
        yield url.replace("tests@", f"tests:{password}@")
