"""One connected account and what a run knows of it: everything that a plugin process shares."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from vapi_provider.api.client import VapiClient
from vapi_provider.deployment.facts import StateFacts, facts_of
from vapi_provider.errors import TakenError
from vapi_provider.journal.journal import Journal
from vapi_provider.lifecycle.account_view import Account
from vapi_provider.lifecycle.bulk_read import Reader
from vapi_provider.lifecycle.held_records import LOOK_SECONDS
from vapi_provider.lifecycle.late_records import LateRecords
from vapi_provider.lifecycle.operation import Operation
from vapi_provider.lifecycle.ownership import Claims, Quiet
from vapi_provider.lifecycle.purchaser import Maker
from vapi_provider.lifecycle.release_limit import Releases
from vapi_provider.lifecycle.unique_values import Key, UniqueKeys
from vapi_provider.lifecycle.writers import Writers
from vapi_provider.pulumi_sdk.plugin import (
    engine_address,
    engine_lives,
    engine_operation,
    is_listening,
    require_engine,
    warn,
)
from vapi_provider.pulumi_sdk.workers import waiting
from vapi_provider.reconcile.names import automatic_name
from vapi_provider.reconcile.resource_key import old_form, stack_of
from vapi_provider.settings.config import Settings

if TYPE_CHECKING:
    from vapi_provider.api.transport import Transport


GIVE_UP_WAIT_SECONDS = 120.0
"""How long a resource waits for another to give up a number or SIP URI: a PATCH is soon done."""

GIVE_UP_LOOK_SECONDS = 0.1

COMPARED_SECONDS = 1.0
"""How much later the engine may compare the resource that gives something up."""

T = TypeVar("T")


class Session:
    """Made once in a plugin process, used by all its threads."""

    automatic_name = staticmethod(automatic_name)

    def __init__(
        self,
        settings: Settings,
        client: VapiClient,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        lives: Callable[[], bool] = engine_lives,
        engine: str | None = None,
        listening: Callable[[str], bool] = is_listening,
        facts: StateFacts | None = None,
    ) -> None:
        """`lives` and `listening` ask the engine of this process, and one at an address."""
        self.settings = settings
        self.client = client
        self._sleep = sleep
        self._lives = lives
        self.clock = clock
        self.reader = Reader(client, clock)
        self.account = Account(
            client, settings.confirmed_empty_account, settings.account, self.reader.is_listed
        )
        self.facts = facts or StateFacts()
        for organization in self.facts.organizations:
            self.account.note_recorded(organization)
        operation = Operation(engine_operation())
        self.claims = Claims(operation)
        self.declared_before: dict[str, Mapping[str, Any]] = {}
        """By declaration, the inputs of the run before: `diff` is not told them, `check` is."""
        self.recorded_before: dict[str, Mapping[str, Any]] = {}
        """The same by id, once `diff` has told which id it is."""
        self._holders_before = {id_.lower(): keys for id_, keys in self.facts.holders.items()}
        self._given_up: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.giving_up = threading.Lock()
        """Held while it is decided whether a record is released: two may give up the same one."""
        self._quiet = Quiet(self.claims, clock)
        self._to_replace = set(self.facts.replacing)
        self.ignored: dict[str, Sequence[str]] = {}
        """By declaration, the paths that `ignore_changes` leaves to the dashboard."""
        self.foreseen: Mapping[str, Mapping[str, str]] = {}
        """By declaration, recorded outputs that a preview may show as known."""
        self.unique = UniqueKeys()
        self.releases = Releases(settings.max_releases, operation)
        self.journal = Journal(
            settings.journal, settings.account, settings.backend, operation=engine_operation()
        )
        self.writers = Writers(
            settings.journal,
            settings.backend.identity,
            engine_address() if engine is None else engine,
            listening,
            settings.late_seconds,
            warn,
            waiting,
            self.sleep,
            clock,
        )
        client.before_send = self._before_send
        self.maker = Maker(
            client,
            self.account,
            self.journal,
            self.claims,
            lives,
            settings.late_seconds,
            warn,
            waiting,
            self.sleep,
            clock,
        )
        self.late_records = LateRecords(self.account, self.journal, warn)

    def sleep(self, seconds: float) -> None:
        """Waits, while another call is worked on."""
        with waiting():
            self._sleep(seconds)

    def wait_until_quiet(self, is_settled: Callable[[], bool]) -> None:
        """Wait until the engine has checked no further resource for a while, or `is_settled`.

        Raise AbandonedError where the engine is gone.
        """
        while not is_settled() and not self._quiet.is_over():
            require_engine(self._lives)
            self.sleep(LOOK_SECONDS)

    def holders_before(self, id_: str) -> set[str]:
        """Return the resources that held a record when the run began, as the preflight read it."""
        return set(self._holders_before.get(id_.lower(), ()))

    def still_holding(self, id_: str, key: str | None) -> list[str]:
        """Return which of them still do once `key` has given it up; a key may stand twice."""
        left = Counter(self._holders_before.get(id_.lower(), ()))
        left -= self._given_up[id_.lower()] + Counter([key or ""])
        return sorted(left)

    def give_up(self, id_: str, key: str | None) -> None:
        """Note that a resource does not hold a record any more, which others have."""
        self._given_up[id_.lower()][key or ""] += 1

    def is_to_replace(self, key: str) -> bool:
        """Return whether the state says that the engine replaces this resource; once for each."""
        for form in (key, old_form(key)):
            if form in self._to_replace:
                self._to_replace.discard(form)
                return True
        return False

    def name_late_records(self, declaration: str | None) -> None:
        """Warn of what a repeated purchase of the resource's stack created late."""
        if declaration is not None:
            self.late_records.name(*stack_of(declaration))

    def _before_send(self) -> None:
        require_engine(self._lives)
        self.writers.before_send()

    def wait_until_free(self, keys: Collection[Key]) -> None:
        """Wait while another resource of the run is about to give up a number or SIP URI."""
        until = self.clock() + GIVE_UP_WAIT_SECONDS
        while self.unique.awaits(keys) and self.clock() < until:
            self.sleep(GIVE_UP_LOOK_SECONDS)

    def once_free(self, keys: Collection[Key], work: Callable[[], T]) -> T:
        """Do what needs numbers or SIP URIs, after another resource of the run has given them up.

        The engine may compare that other resource only a moment later: so once more before
        TakenError is raised.
        """
        self.wait_until_free(keys)
        try:
            return work()
        except TakenError:
            if not keys:
                raise
        self.sleep(COMPARED_SECONDS)
        self.wait_until_free(keys)
        return work()

    @classmethod
    @cache
    def open(cls, settings: Settings) -> Session:
        """Connects, once a process; nothing is sent yet.

        The SDK makes a provider for each spelling of its pickle, which changes with Python's
        version: a state's and the program's must know the same of a run.
        """
        for warning in settings.warnings:
            warn(warning)
        client = VapiClient(_WhenNeeded(settings))
        return cls(settings, client, facts=facts_of(os.environ))


class _WhenNeeded:
    """The transport, opened by the first request: most runs send none, and HTTP is dear to load."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._opened: Transport | None = None

    def request(self, method: str, path: str, **more: Any) -> Any:
        """As `Transport.request`."""
        with self._lock:
            if self._opened is None:
                from vapi_provider.api.retry import Retry
                from vapi_provider.api.transport import Transport, open_http

                settings = self._settings
                retry = Retry(say=warn, watch=require_engine)
                self._opened = Transport(open_http(settings), settings.api_key, retry)
            transport = self._opened
        with waiting():
            return transport.request(method, path, **more)

    def api_time(self) -> float | None:
        """As `Transport.api_time`."""
        return self._opened.api_time() if self._opened else None
