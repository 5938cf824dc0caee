"""Faults and kills in the first `up` of a stack, as a seed chooses them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from tests.chaos.declarations import STACK, Declaration, program

REQUEST_TIMEOUT = 1.5
LONG_TIMEOUT = 20.0
"""Request timeout where only a kill may lose an answer, however slow the machine is."""

KILLABLE_SECONDS = 3.0

# Methods that a fault applies to, and its effect. Reruns must recover from each of them.
_METHODS = ("POST", "POST", "POST", "LIST", "*")
_FAULTS = (
    "commit-then-drop",
    "commit-then-500",
    "drop",
    "429-after=1",  # A 429 without a wait pauses for a minute: unit tests cover it.
    "502",
    f"commit-then-slow={REQUEST_TIMEOUT + 1}",
    # The client has given up when the server executes this request.
    f"slow={REQUEST_TIMEOUT + 1}",
)


@dataclass(frozen=True)
class Scenario:
    """Faults, kills and timing of a round, all determined by its seed."""

    declarations: tuple[Declaration, ...]
    faults: tuple[str, ...]
    killed: tuple[str, ...]
    """Killed processes, of "engine" and "plugin"; may be empty if there are faults."""
    after: float
    """Seconds from the first request, or from record number `records`, to the kill."""
    records: int
    """Number of records to wait for before the kill."""
    elsewhere: bool
    """Whether the rerun is on another machine, which has no journal."""
    latency: float
    parallel: int
    timeout: float = REQUEST_TIMEOUT
    """Seconds after which the package gives up a request."""
    reruns: int = 4
    """Maximum reruns until one must succeed."""
    late: float = 0.0
    """Seconds after the kill in which the faulty server, then kept, executes all requests."""

    @classmethod
    def of(cls, seed: int) -> Scenario:
        """Return the scenario of a seed."""
        draw = random.Random(seed)
        trouble = draw.choice(("faults", "kill", "kill", "both"))
        faults = [_fault(draw) for _ in range(draw.randint(1, 3))]
        killed = draw.choice((("engine",), ("plugin",), ("engine", "plugin")))
        records = draw.choice((0, draw.randint(1, len(STACK))))
        # Early kills are more likely, because numbers are purchased early.
        after = draw.random() ** 1.5 * (1 if records else KILLABLE_SECONDS)
        named = [
            replace(one, fields={**one.fields, "name": f"Our {one.resource}"})
            if one.is_automatic and draw.random() < 0.5
            else one
            for one in STACK
        ]
        scenario = cls(
            tuple(named),
            tuple(faults) if trouble != "kill" else (),
            killed if trouble != "faults" else (),
            round(after, 2),
            records,
            # After a fault without a kill, only this machine's journal knows the lost record.
            draw.random() < 0.5 and trouble == "kill",
            round(draw.uniform(0.05, 0.7), 2),
            draw.choice((2, 4, 16)),
        )
        return replace(scenario, timeout=LONG_TIMEOUT) if scenario.elsewhere else scenario

    def program(self, *, careless: bool = False) -> str:
        """Return the Pulumi program; with `careless`, of `CarelessPhoneNumber` resources."""
        if careless:
            return "from tests.chaos.careless import CarelessPhoneNumber\n" + "".join(
                f"CarelessPhoneNumber({one.resource!r}, "
                f"**{ ({**one.fields, 'provider': one.known['provider']})!r})\n"
                for one in self.declarations
            )
        return program(self.declarations)

    def __str__(self) -> str:
        names = sum(not one.is_automatic for one in self.declarations)
        kill = f"kill {'+'.join(self.killed)} {self.after} s after " + (
            f"record {self.records}" if self.records else "the first request"
        )
        return (
            f"{', '.join(self.faults) or 'no faults'}; {kill if self.killed else 'no kill'}; "
            f"rerun {'elsewhere' if self.elsewhere else 'here'}; latency {self.latency} s, "
            f"parallel {self.parallel}, {names} explicit names"
        )


def _fault(draw: random.Random) -> str:
    method, nth, what = draw.choice(_METHODS), draw.randint(1, 8), draw.choice(_FAULTS)
    # An up sends few lists.
    return f"{method}:{(nth + 2) // 3 if method == 'LIST' else nth}:{what}"
