"""Which resource of a run has which record, so that one number never has two owners."""

from __future__ import annotations

import threading
from collections.abc import Collection

from vapi_provider.errors import OwnershipError


class Claims:
    """Which resource of this run has which record: no two may have the same.

    Only what the program declares in this run counts: a refresh, which may run in the same process
    before it, compares under names that the program may just have changed. A rename by `adopt_id`
    makes the new resource and then deletes the old one, both with one id.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._declared: set[str] = set()
        self._owners: dict[str, str] = {}
        self._adopters: dict[str, str] = {}
        self._replaced: set[str] = set()
        self._made: set[str] = set()
        self._taken: set[str] = set()

    def declare(self, declaration: str, adopt_id: str | None = None) -> None:
        """Notes that the program declares a resource, and what it is about to adopt.

        Raises OwnershipError where that is another resource's.
        """
        with self._lock:
            self._declared.add(declaration)
            if adopt_id is not None:
                _only_one(adopt_id, self._owners.get(adopt_id), declaration)
                _only_one(adopt_id, self._adopters.setdefault(adopt_id, declaration), declaration)

    def is_declared(self, declaration: str) -> bool:
        """Return whether the engine has checked this resource in this run."""
        return declaration in self._declared

    @property
    def declared(self) -> int:
        """Return how many resources the engine has checked in this run."""
        return len(self._declared)

    def own(self, id_: str, declaration: str | None) -> None:
        """Notes whose record `id_` is; raises OwnershipError where another one is adopting it."""
        with self._lock:
            if declaration in self._declared:
                _only_one(id_, self._adopters.get(id_), declaration)
                self._owners[id_] = declaration

    def replace(self, id_: str, declaration: str | None) -> None:
        """Notes that another record of the same declaration takes this one's place."""
        self._replaced.add(id_)
        self.release(declaration)

    def make(self, declaration: str) -> None:
        """Notes that a record is about to be made: what the declaration had is not its own.

        Raises OwnershipError the second time: two resources share the name that both are known
        by (children of different components may).
        """
        with self._lock:
            if declaration in self._made:
                raise OwnershipError(
                    f"two resources are called {_resource(declaration)}: give one another name; "
                    "nothing was made for the second"
                )
            self._made.add(declaration)
            left = {id_: owner for id_, owner in self._owners.items() if owner != declaration}
            self._owners = left

    def take(self, id_: str) -> None:
        """Notes that a create took over what an earlier run left.

        After a forced replacement (a taint, ``--target-replace``), of which no diff tells, that may
        be the very record that the engine then deletes as the old one.
        """
        self._taken.add(id_)

    def release(self, declaration: str | None) -> None:
        """Notes that a record of a declaration is gone: another may be made."""
        with self._lock:
            self._made.discard(declaration or "")

    def has_owner(self, id_: str) -> bool:
        """Whether a record is a declared resource's already, or about to be adopted by one."""
        return id_ in self._owners or id_ in self._adopters

    @property
    def replaced(self) -> Collection[str]:
        """Ids that are about to go."""
        return self._replaced

    def has_changed_hands(self, id_: str, declaration: str | None) -> bool:
        """Whether the record that `declaration` gives up belongs to another resource by now."""
        owner = self._owners.get(id_)
        given_up = owner in (None, declaration) and id_ not in self._taken
        return id_ not in self._replaced and not given_up


def _only_one(id_: str, owner: str | None, declaration: str) -> None:
    if owner not in (None, declaration):
        raise OwnershipError(
            f"{id_} is declared twice: as {_resource(owner)} and as {_resource(declaration)}; "
            "remove one of them"
        )


def _resource(declaration: str) -> str:
    return repr(declaration.split("/", 4)[-1])
