"""Faults and kills in the first `up` of a stack, as a seed chooses them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from tests.chaos.declarations import STACK, Declaration, program

REQUEST_TIMEOUT = 1.5
LONG_TIMEOUT = 20.0
"""Request timeout where only a kill may lose an answer, however slow the machine is."""

KILLABLE_SECONDS = 3.0

# Where a fault strikes, and what it does: an up must survive each of them in the end.
_METHODS = ("POST", "POST", "POST", "LIST", "*")
_FAULTS = (
    "commit-then-drop",
    "commit-then-500",
    "drop",
    "429-after=1",  # One that does not say how long costs a minute each: unit tests have it.
    "502",
    f"commit-then-slow={REQUEST_TIMEOUT + 1}",
    # Nobody waits for the answer any more when this one is carried out.
    f"slow={REQUEST_TIMEOUT + 1}",
)


@dataclass(frozen=True)
class Scenario:
    """What happens in a run: nothing but the seed decides it."""

    declarations: tuple[Declaration, ...]
    faults: tuple[str, ...]
    killed: tuple[str, ...]
    """Of "engine" and "plugin"; may be none where there are faults."""
    after: float
    """Seconds from the first request, or from the record that is waited for, to the kill."""
    records: int
    """How many records are waited for before the kill."""
    elsewhere: bool
    """Whether the rerun is on another machine, which has no journal."""
    latency: float
    parallel: int
    timeout: float = REQUEST_TIMEOUT
    """Seconds after which the package gives up a request."""
    reruns: int = 4
    """How many may be needed until one succeeds."""
    late: float = 0.0
    """Seconds after the kill until the faulty server, which then stays, has carried out all."""

    @classmethod
    def of(cls, seed: int) -> Scenario:
        """The scenario of a seed."""
        draw = random.Random(seed)
        trouble = draw.choice(("faults", "kill", "kill", "both"))
        faults = [_fault(draw) for _ in range(draw.randint(1, 3))]
        killed = draw.choice((("engine",), ("plugin",), ("engine", "plugin")))
        records = draw.choice((0, draw.randint(1, len(STACK))))
        # More often early: that is when numbers are bought.
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
            # What a fault alone has lost is known to the journal and to nothing else.
            draw.random() < 0.5 and trouble == "kill",
            round(draw.uniform(0.05, 0.7), 2),
            draw.choice((2, 4, 16)),
        )
        return replace(scenario, timeout=LONG_TIMEOUT) if scenario.elsewhere else scenario

    def program(self, *, careless: bool = False) -> str:
        """The Pulumi program; with `careless` of numbers that are made without care."""
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
