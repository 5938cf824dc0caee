"""Ownership of records in an engine operation, so that no record has two owners."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Collection

from vapi_provider.catalogue import ownership as messages
from vapi_provider.errors import OwnershipError
from vapi_provider.journal.operation import Event, OperationEvents
from vapi_provider.reconcile.resource_key import old_form, resource_of

_ADOPTER, _GAINED, _HELD = "adopter", "gained", "held"
NAMED = "named"
"""Event by which the program announces the id in `adopt_id`, before a plugin checks it."""


class Ownership:
    """Records that the resources of this operation hold, adopt and gain, by case-insensitive id.

    A resource *holds* a record that its `diff` names and that it keeps; it *gains* one that it
    adopts, takes over or creates in this run. Only resources that the program declares count: a
    refresh may run earlier in the same process, under keys that the program may have changed.
    Several resources may share a key, because earlier versions gave children of different
    components the same one; their ids distinguish them.
    """

    def __init__(self, events: OperationEvents | None = None) -> None:
        self._events = events or OperationEvents()
        self._events.subscribe(self._receive)
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
        self._named: dict[str, str] = {}
        self._kept: dict[str, str] = {}
        self._held_elsewhere: dict[str, str] = {}
        self._replaced: set[str] = set()
        self._replaced_since: dict[str, str] = {}
        self._begun: set[str] = set()
        self._by_old_key: defaultdict[str, dict[str, str]] = defaultdict(dict)
        """Ids that are held or gained, with their resources, by the old form of the keys."""
        self._covered: set[str] = set()

    def register_check(
        self, key: str, adopt_id: str | None = None, *, recorded: str | None = None
    ) -> bool:
        """Record that the engine checks a resource, and the id that it is about to adopt.

        `recorded` is the key under which a state holds the resource. Returns whether the engine
        itself replaces the resource: it is then checked with and without its recorded inputs, with
        no `diff` in between. Raises OwnershipError where another resource has or adopts the record.
        """
        with self._lock:
            self._checks += 1
            if recorded is not None:
                self._declared.add(recorded)
                self._recorded.add(recorded)
                self._undecided[key] = recorded
                return False
            self._declared.add(key)
            self._covered.add(old_form(key))
            self._creating[key] += 1
            forced = self._undecided.pop(key, None) is not None
            if forced:
                self._forced.add(key)
            if adopt_id is not None:
                self._adopt(adopt_id, key)
            return forced

    def _adopt(self, adopt_id: str, key: str) -> None:
        id_ = adopt_id.lower()
        _refuse_second_owner(adopt_id, self._owner(id_), key, is_held=True)
        if id_ not in self._adopters:
            self._events.publish(Event(_ADOPTER, id_, key))
        _refuse_second_owner(adopt_id, self._adopters.get(id_), key)

    def is_declared(self, key: str) -> bool:
        """Return whether the engine has checked this resource in this run."""
        return key in self._declared

    def is_covered(self, key: str) -> bool:
        """Return whether a resource of this run has this key, with or without a parent's hash."""
        return key in self._declared or key in self._covered

    def is_recorded(self, key: str) -> bool:
        """Return whether the engine has checked this resource with its recorded inputs."""
        return key in self._recorded

    def is_forced(self, key: str) -> bool:
        """Return whether the engine replaces this resource without a `diff`."""
        return key in self._forced

    @property
    def checks(self) -> int:
        """Number of resource checks in this run."""
        return self._checks

    @property
    def is_creating(self) -> bool:
        """Whether a checked resource still waits for its `create`."""
        return any(count > 0 for count in self._creating.values())

    def hold(self, id_: str, key: str | None) -> str | None:
        """Record that a resource holds a record, as its `diff` says.

        Returns another holder of the record, if any.
        """
        with self._lock:
            if key is None or key not in self._declared:
                return None
            self._events.catch_up()
            id_ = id_.lower()
            owners = self._owners[id_]
            checked = [sent for sent, held in self._undecided.items() if held == key]
            for sent in checked:
                del self._undecided[sent]
            # Two resources may share a key and a record, but each is checked before its diff.
            owners[key] = owners[key] + 1 if checked else max(owners[key], 1)
            self._by_old_key[old_form(key)][id_] = key
            others = owners - Counter([key])
            return next(iter(others), None)

    def keep(self, id_: str, key: str | None) -> None:
        """Record that a resource keeps its record.

        Raises OwnershipError where another resource adopts that record.
        """
        if key in self._declared:
            _refuse_second_owner(id_, self._adopters.get(id_.lower()), key or "")
            self._kept[id_.lower()] = key or ""

    def announce_kept(self) -> None:
        """Publish each record that a resource of this process keeps and another process adopts.

        The other process has not seen the `diff` of that resource.
        """
        self._events.catch_up()
        for id_, adopter in list(self._adopters.items()):
            holder = self._kept.get(id_)
            if holder not in (None, adopter) and id_ not in self._held_elsewhere:
                self._events.publish(Event(_HELD, id_, holder or ""))

    def note_replaced(self, id_: str, key: str | None, created_at: object = None) -> None:
        """Record that a resource replaces its record with another one."""
        with self._lock:
            if isinstance(created_at, str) and key is not None:
                self._replaced_since[key] = created_at
            owners = self._owners[id_.lower()]
            owners[key or ""] -= 1
            if self._owner(id_.lower()) is not None:
                return  # Another resource holds the same record.
            self._replaced |= {id_, id_.lower()}
            if key is not None:
                self._by_old_key[old_form(key)].pop(id_.lower(), None)

    def _owner(self, id_: str) -> str | None:
        owners = self._owners.get(id_)
        return None if owners is None else next((key for key in owners if owners[key] > 0), None)

    def begin_create(self, key: str) -> None:
        """Record that this run creates the record of a resource.

        Raises OwnershipError for a second create under the same key, because two resources then
        share the key.
        """
        with self._lock:
            if key in self._begun:
                raise OwnershipError(messages.SAME_RESOURCE_NAME(resource=repr(resource_of(key))))
            self._begun.add(key)

    def note_create_call(self, key: str) -> None:
        """Record that the engine calls the `create` of a resource."""
        with self._lock:
            self._creating[key] -= 1

    def gain(self, id_: str, key: str) -> None:
        """Record that a resource adopted a record, took it over or created it in this run."""
        self._events.publish(Event(_GAINED, id_.lower(), key))

    def allow_create(self, key: str | None) -> None:
        """Record that a resource's record is gone, so that another one may be created."""
        with self._lock:
            self._begun.discard(key or "")

    def has_owner(self, id_: str) -> bool:
        """Return whether a resource already has a record or is about to adopt it."""
        id_ = id_.lower()
        return self._owner(id_) is not None or id_ in self._adopters or id_ in self._gained

    def holder(self, id_: str) -> str | None:
        """Return the resource that holds and keeps a record, or has gained it in this run."""
        self._events.catch_up()
        id_ = id_.lower()
        return self._gained.get(id_) or self._owner(id_) or self._held_elsewhere.get(id_)

    def announced_adopter(self, id_: str) -> str | None:
        """Return the resource of the program that names a record in `adopt_id`, checked or not."""
        self._events.catch_up()
        return self._named.get(id_.lower())

    def adopter(self, id_: str) -> str | None:
        """Return the checked resource that names a record in `adopt_id`."""
        self._events.catch_up()
        return self._adopters.get(id_.lower())

    def ids_under_key(self, key: str) -> set[str]:
        """Return the ids that resources whose keys have the same old form hold or have gained."""
        self._events.catch_up()
        return set(dict(self._by_old_key.get(old_form(key), {})))

    @property
    def replaced(self) -> Collection[str]:
        """Ids that are about to be released."""
        return self._replaced

    def replaced_since(self, *keys: str) -> str:
        """Return when the record that a resource replaces was created; "" where it replaces none.

        An older record of the resource was replaced earlier, and waits for its deletion.
        """
        return max((self._replaced_since.get(key, "") for key in keys), default="")

    def _receive(self, event: Event) -> None:
        # Do not take the lock: its holder may wait for the operation's lock, which is held here.
        if event.kind == _ADOPTER:
            self._adopters.setdefault(event.id, event.key)
        elif event.kind == NAMED:
            self._named.setdefault(event.id, event.key)
        elif event.kind == _HELD:
            self._held_elsewhere.setdefault(event.id, event.key)
        elif event.kind == _GAINED:
            self._gained[event.id] = event.key
            self._by_old_key[old_form(event.key)][event.id] = event.key


def _refuse_second_owner(id_: str, owner: str | None, key: str, *, is_held: bool = False) -> None:
    if owner is not None and (owner != key or is_held):
        raise OwnershipError(
            messages.DECLARED_TWICE(
                id=id_, first=repr(resource_of(owner)), second=repr(resource_of(key))
            )
        )
