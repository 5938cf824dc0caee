"""Rounds with a key of another organization, and with another spelling of one account's URL."""

from __future__ import annotations

import random
from dataclasses import dataclass

import httpx

from tests.chaos.backends import KILLS
from tests.chaos.declarations import NIGHT, Declaration, some
from tests.chaos.person import Person, compared
from tests.chaos.stage import LOST, Stage
from tests.chaos.ups import Kill


@dataclass(frozen=True)
class OtherOrganization:
    """A rerun, or one more number, with the key of another organization; then with the right one.

    The other organization has a number of its own, or shows nothing at all.
    """

    kill: Kill | None
    fault: str
    is_empty: bool
    is_local: bool
    """Whether the account is called `localhost` at last."""
    declarations: tuple[Declaration, ...]
    timeout: float = 8

    @classmethod
    def of(cls, draw: random.Random) -> OtherOrganization:
        """Return a round with values drawn from `draw`."""
        numbers = some("line", "entry", "sales", "workshop", names=0.5, draw=draw)
        fault = draw.choice((LOST, "POST:every2:commit-then-slow=6"))
        kill = draw.choice((None, *KILLS))
        return cls(kill, fault, draw.random() < 0.3, draw.random() < 0.5, (*numbers, NIGHT))

    def play(self, stage: Stage) -> list[str]:
        """Make numbers, go on with the wrong key, then with the right one."""
        person = Person(stage, list(self.declarations))
        # An account without any record does not say whose it is.
        foreign = {_somebody(stage, "sip:before@sip.vapi.ai")}
        if self.kill:
            stage.lose(person.declarations, self.kill, self.fault)
            stage.ups.unlock()
        elif person.up() != 0:
            return [f"the first up failed: {stage.ups.said}"]
        else:
            person.declarations += some("bookings")
        stage.serve(db="another")
        if not self.is_empty:
            _somebody(stage, "sip:elsewhere@sip.vapi.ai")
        before = stage.account.records()
        found: list[str] = []
        if person.up() == 0:
            found.append("an up with another organization's key succeeds")
        if stage.account.records() != before:
            found.append("an up with another organization's key changes that account")
        stage.ups.unlock()
        stage.serve()
        if self.is_local:
            url = httpx.URL(stage.account.url).copy_with(host="localhost")
            stage.project.environment["VAPI_BASE_URL"] = str(url)
        found += person.heal()
        return found + compared(stage, person.declarations, foreign)

    def __str__(self) -> str:
        what = f"{self.kill} at {self.fault}" if self.kill else "one more number"
        empty = " of nothing" if self.is_empty else ""
        local = ", then localhost" if self.is_local else ""
        return f"{what}, another organization's key{empty}{local}"


def _somebody(stage: Stage, sip_uri: str) -> str:
    """Make a record that no stack declares; return its id."""
    body = {"provider": "vapi", "sipUri": sip_uri}
    return stage.account.http.post("/phone-number", json=body).raise_for_status().json()["id"]
