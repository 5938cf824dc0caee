"""Which resource of an engine operation has which record, so that no number has two owners."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection

from vapi_provider.errors import OwnershipError
from vapi_provider.lifecycle.operation import Event, Operation
from vapi_provider.reconcile.resource_key import old_form, resource_of

QUIET_SECONDS = 1.0
"""Once the engine has checked no resource for this long, the program declares no more for now."""

_ADOPTER, _GAINED = "adopter", "gained"


class Claims:
    """The records that the resources of this operation hold, adopt and gain; by id, in any case.

    A resource *holds* a record that its `diff` came with and keeps it; it *gains* one that it
    adopts, takes over or creates in this run. Only resources that the program declares count: a
    refresh, which may run in the same process before it, compares under keys that the program may
    have changed. Several resources may share a key, which earlier versions gave to children of
    different components: they are told apart by id.
    """

    def __init__(self, operation: Operation | None = None) -> None:
        self._operation = operation or Operation()
        self._operation.listen(self._hear)
        self._lock = threading.RLock()
        self._declared: set[str] = set()
        self._recorded: set[str] = set()
        self._checks = 0
        self._undecided: dict[str, str] = {}
        self._creating: Counter[str] = Counter()
        self._forced: set[str] = set()
        self._owners: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._adopters: dict[str, str] = {}
        self._gained: dict[str, str] = {}
        self._replaced: set[str] = set()
        self._made: set[str] = set()
        self._alike: defaultdict[str, dict[str, str]] = defaultdict(dict)
        """Ids that are held or gained, with their resources, by the old form of these' keys."""
        self._covered: set[str] = set()

    def declare(
        self, declaration: str, adopt_id: str | None = None, *, recorded: str | None = None
    ) -> bool:
        """Note that the engine checks a resource, and what it is about to adopt.

        `recorded` is the key under which a state holds it. Return whether the engine replaces it of
        its own accord: it is checked with its recorded inputs, then without, and no `diff` comes
        between. Raise OwnershipError where another resource has or adopts the record.
        """
        with self._lock:
            self._checks += 1
            if recorded is not None:
                self._declared.add(recorded)
                self._recorded.add(recorded)
                self._undecided[declaration] = recorded
                return False
            self._declared.add(declaration)
            self._covered.add(old_form(declaration))
            self._creating[declaration] += 1
            forced = self._undecided.pop(declaration, None) is not None
            if forced:
                self._forced.add(declaration)
            if adopt_id is not None:
                self._adopt(adopt_id, declaration)
            return forced

    def _adopt(self, adopt_id: str, declaration: str) -> None:
        id_ = adopt_id.lower()
        _only_one(adopt_id, self._owner(id_), declaration, is_held=True)
        if id_ not in self._adopters:
            self._operation.tell(Event(_ADOPTER, id_, declaration))
        _only_one(adopt_id, self._adopters.get(id_), declaration)

    def is_declared(self, declaration: str) -> bool:
        """Return whether the engine has checked this resource in this run."""
        return declaration in self._declared

    def is_covered(self, key: str) -> bool:
        """Return whether a resource of this run goes by this key, or by a child's form of it."""
        return key in self._declared or key in self._covered

    def is_recorded(self, declaration: str) -> bool:
        """Return whether the engine has checked this resource together with what is recorded."""
        return declaration in self._recorded

    def is_forced(self, declaration: str) -> bool:
        """Return whether the engine replaces this resource of its own accord."""
        return declaration in self._forced

    @property
    def declared(self) -> int:
        """Return how many checks of resources this run has seen."""
        return self._checks

    @property
    def is_creating(self) -> bool:
        """Return whether a resource was checked whose `create` has not come yet."""
        return any(count > 0 for count in self._creating.values())

    def own(self, id_: str, declaration: str | None) -> str | None:
        """Note that a resource holds a record, as its `diff` says.

        Return another resource that holds it, too.
        """
        with self._lock:
            if declaration is None or declaration not in self._declared:
                return None
            self._operation.catch_up()
            key, owners = id_.lower(), self._owners[id_.lower()]
            checked = [raw for raw, held in self._undecided.items() if held == declaration]
            for raw in checked:
                del self._undecided[raw]
            # Two resources may share a key and a record: each is checked before its diff.
            owners[declaration] = (
                owners[declaration] + 1 if checked else max(owners[declaration], 1)
            )
            self._alike[old_form(declaration)][key] = declaration
            others = owners - Counter([declaration])
            return next(iter(others), None)

    def keep(self, id_: str, declaration: str | None) -> None:
        """Raise OwnershipError where another resource adopts the record that this one keeps."""
        if declaration in self._declared:
            _only_one(id_, self._adopters.get(id_.lower()), declaration or "")

    def replace(self, id_: str, declaration: str | None) -> None:
        """Note that another record takes this one's place in a resource."""
        with self._lock:
            owners = self._owners[id_.lower()]
            owners[declaration or ""] -= 1
            if self._owner(id_.lower()) is not None:
                return  # Another resource holds the same one.
            self._replaced |= {id_, id_.lower()}
            if declaration is not None:
                self._alike[old_form(declaration)].pop(id_.lower(), None)

    def _owner(self, key: str) -> str | None:
        owners = self._owners.get(key)
        return None if owners is None else next((one for one in owners if owners[one] > 0), None)

    def make(self, declaration: str) -> None:
        """Note that the engine asks for the record of a resource.

        Raise OwnershipError the second time: two resources share the key by which both are known.
        """
        with self._lock:
            if declaration in self._made:
                raise OwnershipError(
                    f"two resources are called {resource_of(declaration)!r}: give one another "
                    "name; nothing was made for the second"
                )
            self._made.add(declaration)

    def asked(self, declaration: str) -> None:
        """Note that the engine calls the `create` of a resource."""
        with self._lock:
            self._creating[declaration] -= 1

    def gain(self, id_: str, declaration: str) -> None:
        """Note that a resource adopted a record, took it over or created it in this run."""
        self._operation.tell(Event(_GAINED, id_.lower(), declaration))

    def release(self, declaration: str | None) -> None:
        """Note that a record of a resource is gone: another may be made."""
        with self._lock:
            self._made.discard(declaration or "")

    def has_owner(self, id_: str) -> bool:
        """Return whether a resource has a record already, or is about to adopt it."""
        key = id_.lower()
        return self._owner(key) is not None or key in self._adopters or key in self._gained

    def holder(self, id_: str) -> str | None:
        """Return the resource that holds a record and keeps it, or has gained it in this run."""
        self._operation.catch_up()
        key = id_.lower()
        return self._gained.get(key) or self._owner(key)

    def adopter(self, id_: str) -> str | None:
        """Return the resource that names a record in `adopt_id` in this run."""
        self._operation.catch_up()
        return self._adopters.get(id_.lower())

    def held_alike(self, declaration: str) -> set[str]:
        """Return the ids that resources hold or have gained which share this one's old key."""
        self._operation.catch_up()
        return set(dict(self._alike.get(old_form(declaration), {})))

    @property
    def replaced(self) -> Collection[str]:
        """Return the ids that are about to go."""
        return self._replaced

    def _hear(self, event: Event) -> None:
        # Without the lock: who holds it may wait for the operation's, which is held here.
        if event.kind == _ADOPTER:
            self._adopters.setdefault(event.id, event.declaration)
        elif event.kind == _GAINED:
            self._gained[event.id] = event.declaration
            self._alike[old_form(event.declaration)][event.id] = event.declaration


class Quiet:
    """Whether the engine has stopped checking resources, which it does one after the other."""

    def __init__(self, claims: Claims, clock: Callable[[], float]) -> None:
        self._claims = claims
        self._clock = clock
        self._count, self._since = claims.declared, clock()

    def is_over(self) -> bool:
        """Return whether no resource was checked for a while."""
        if self._claims.declared != self._count:
            self._count, self._since = self._claims.declared, self._clock()
        return self._clock() - self._since >= QUIET_SECONDS


def _only_one(id_: str, owner: str | None, declaration: str, *, is_held: bool = False) -> None:
    if owner is not None and (owner != declaration or is_held):
        raise OwnershipError(
            f"{id_} is declared twice: as {resource_of(owner)!r} and as "
            f"{resource_of(declaration)!r}; remove one of them"
        )
