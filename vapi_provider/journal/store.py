"""What a store of the journal does. The file of a machine and the shared log are the two ways.

The log lies in PostgreSQL or in an object store (`blobs.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Store(Protocol):
    """Every method raises ConfigurationError where the store cannot be used."""

    @property
    def own(self) -> str:
        """The owner under which this process writes intents."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other machines see the journal: then each look at it is a request."""
        ...

    def exists(self) -> bool:
        """Return whether anything was ever written; asking creates nothing."""
        ...

    def may_have_unfinished(self) -> bool:
        """Return whether there may be unfinished intents, or some that were sent again.

        As cheaply as it can be said: each run asks.
        """
        ...

    def run(self, statement: str, *values: str | None, **named: str | None) -> list[Any]:
        """Return the rows that a statement finds."""
        ...

    def submit(self, command: str, **arguments: Any) -> Any:
        """Run a command and return its result; it is durable then. Together with others' commands.

        See `commands.py`.
        """
        ...

    def post(self, command: str, **arguments: Any) -> None:
        """Run a command soon, with the next one that is submitted or a little later.

        For what a later run finds out again if this process is killed.
        """
        ...

    def finish(self, backend: str, records: Collection[str], *, of_earlier_runs: bool) -> None:
        """Finish the intents of this backend that created `records`, as far as there are any.

        A shared store does it beside the work. With `of_earlier_runs` what this run creates is of
        no interest: it looks once.
        """
        ...

    def close(self) -> None:
        """Write what was posted, and free what is open. Called again, do nothing."""
        ...

    def hold_owner(self) -> None:
        """Show the others that this process lives, until `let_go_owner` was called as often."""
        ...

    def let_go_owner(self) -> None:
        """Take that back with the last holder."""
        ...

    def require_lease(self) -> None:
        """Raise where others may think that this process is dead: it must not send a POST."""
        ...

    def lives(self, owner: str) -> bool:
        """Return whether another process, with that owner, still works."""
        ...

    def is_of_this_operation(self, owner: str) -> bool:
        """Return whether an owner is this process, or another one of the same engine operation."""
        ...

    def turn(self, wait: Callable[[], None], *keys: str) -> AbstractContextManager[None]:
        """Hold exclusive locks by key among threads, processes and, where shared, machines.

        `wait` is called, and may raise, while another process has one of them.
        """
        ...

    def take_turn(self) -> None:
        """Take the turn that this thread is in, where it is taken with the intent only."""
        ...

    def turns(self) -> tuple[tuple[str, ...], int]:
        """Return the turns that this thread's next intent takes, and up to where it has looked."""
        ...

    def age_of(self, boot: str) -> float | None:
        """Return how long ago an intent of that `boot` was written; None where it cannot say."""
        ...
