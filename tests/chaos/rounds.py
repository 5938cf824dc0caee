"""All kinds of rounds: a seed chooses the kind, and the trouble in it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tests.chaos.accounts import OtherOrganization
from tests.chaos.backends import EmptyAttributes, RotatedPassword
from tests.chaos.harness import Outcome, play, run
from tests.chaos.lagging import Lagging
from tests.chaos.moving import Moving
from tests.chaos.outliving import Outliving
from tests.chaos.owning import Owning
from tests.chaos.replacing import Replacing
from tests.chaos.scenario import Scenario
from tests.chaos.sharing import Sharing
from tests.chaos.splitting import StateMove
from tests.chaos.stage import Stage
from tests.chaos.twins import Twins

LATENCY = 0.1


class Round(Protocol):
    """Interface of a round: a request timeout, and the steps on a stage."""

    @property
    def timeout(self) -> float:
        """Seconds after which the package gives up a request."""
        ...

    def play(self, stage: Stage) -> list[str]:
        """Run the round, and return a line for each error."""
        ...


KINDS: Mapping[str, Callable[[random.Random], Round] | None] = {
    "trouble": None,
    "lag": Lagging.of,
    "password": RotatedPassword.of,
    "state-move": StateMove.of,
    "component": Moving.of,
    "attributes": EmptyAttributes.of,
    "replacement": Replacing.of,
    "owner": Owning.of,
    "orphan": Outliving.of,
    "organization": OtherOrganization.of,
    "shared": Sharing.of,
    "twins": Twins.of,
}
"""The kinds in the order in which consecutive seeds take their turns."""


def kind_of(seed: int, kinds: Sequence[str] = tuple(KINDS)) -> str:
    """Return the kind of a seed's round, among those that take turns."""
    return kinds[seed % len(kinds)]


def round_of(kind: str, seed: int) -> Scenario | Round:
    """Return the round of a kind and a seed."""
    make = KINDS[kind]
    return Scenario.of(seed) if make is None else make(random.Random(seed))


def run_round(kind: str, seed: int, folder: Path) -> Outcome:
    """Run a round in an empty folder."""
    chosen = round_of(kind, seed)
    if isinstance(chosen, Scenario):
        return run(chosen, seed, folder)
    return play(chosen.play, seed, folder, LATENCY, chosen.timeout)
