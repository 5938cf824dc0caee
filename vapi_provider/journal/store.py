"""The interface of the journal's stores: the file of one machine, and the shared log.

The log is stored in PostgreSQL or in an object store (`blobs.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Store(Protocol):
    """A store of the journal. Every method raises ConfigurationError if it cannot be used."""

    @property
    def own(self) -> str:
        """The owner under which this process writes intents."""
        ...

    @property
    def shown(self) -> str:
        """The store's location for messages, without credentials."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other machines see the journal, so that each read of it is a request."""
        ...

    def exists(self) -> bool:
        """Return whether anything was ever written; this creates nothing."""
        ...

    def may_have_unfinished(self) -> bool:
        """Return whether there may be unfinished or repeated intents.

        This must be cheap, because each run calls it.
        """
        ...

    def run(self, statement: str, *values: str | None, **named: str | None) -> list[Any]:
        """Return the rows that a statement finds."""
        ...

    def submit(self, command: str, **arguments: Any) -> Any:
        """Run a command of `commands.py` and return its result; it is durable when this returns.

        Commands of several threads may be batched.
        """
        ...

    def post(self, command: str, **arguments: Any) -> None:
        """Run a command soon, together with the next submitted one or shortly afterwards.

        Use it only for what a later run finds out again if this process is killed.
        """
        ...

    def finish(self, backend: str, records: Collection[str], *, of_earlier_runs: bool) -> None:
        """Finish the intents of this backend that created any of `records`.

        A shared store does it in the background. With `of_earlier_runs` only the intents of earlier
        runs matter, so it reads the log once.
        """
        ...

    def close(self) -> None:
        """Write the posted commands and close the connections; a second call is a no-op."""
        ...

    def hold_owner(self) -> None:
        """Show other processes that this one runs, until `let_go_owner` was called as often."""
        ...

    def let_go_owner(self) -> None:
        """Undo one call of `hold_owner`; the last call releases the lock file or lease."""
        ...

    def require_lease(self) -> None:
        """Raise OwnershipError if others may consider this process dead, before it sends a POST."""
        ...

    def is_alive(self, owner: str) -> bool:
        """Return whether the owner is another process that is still running."""
        ...

    def is_of_this_operation(self, owner: str) -> bool:
        """Return whether an owner is a process of this engine operation, such as this process."""
        ...

    def turn(self, wait: Callable[[], None], *keys: str) -> AbstractContextManager[None]:
        """Hold exclusive locks by key among threads, processes and, if shared, machines.

        `wait` is called, and may raise, while another process holds one of them.
        """
        ...

    def take_turn(self) -> None:
        """Take this thread's turn now, if the store otherwise takes it with the intent."""
        ...

    def turns(self) -> tuple[tuple[str, ...], int]:
        """Return the turns that this thread's next intent takes, and the position it has read."""
        ...

    def age_of(self, boot: str) -> float | None:
        """Return the age of an intent with that `boot`; None if the store does not know it."""
        ...
