"""One connected account and what a run knows of it: everything that a plugin process shares."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from vapi_provider.client import VapiClient
from vapi_provider.identity import (
    Account,
    Claims,
    Journal,
    LateRecords,
    Maker,
    Writers,
    automatic_name,
)
from vapi_provider.identity.facts import StateFacts, facts_of
from vapi_provider.identity.names import stack_of
from vapi_provider.plugin import (
    engine_address,
    engine_lives,
    engine_operation,
    is_listening,
    require_engine,
    warn,
)
from vapi_provider.reading import Reader
from vapi_provider.releases import Releases
from vapi_provider.settings import Settings
from vapi_provider.workers import waiting

if TYPE_CHECKING:
    from vapi_provider.transport import Transport


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
        self.claims = Claims()
        self.declared_before: dict[str, Mapping[str, Any]] = {}
        """By declaration, the inputs of the run before: `diff` is not told them, `check` is."""
        self.releases = Releases(settings.max_releases)
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

    def name_late_records(self, declaration: str | None) -> None:
        """Warn of what a repeated purchase of the resource's stack created late."""
        if declaration is not None:
            self.late_records.name(*stack_of(declaration))

    def _before_send(self) -> None:
        require_engine(self._lives)
        self.writers.before_send()

    @classmethod
    @cache
    def open(cls, settings: Settings) -> Session:
        """Connects, once a process; nothing is sent yet.

        The SDK makes a provider for each spelling of its pickle, which changes with Python's
        version: a state's and the program's must know the same of a run.
        """
        return cls(settings, VapiClient(_WhenNeeded(settings)), facts=facts_of(os.environ))


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
                from vapi_provider.retry import Retry
                from vapi_provider.transport import Transport, open_http

                settings = self._settings
                retry = Retry(say=warn, watch=require_engine)
                self._opened = Transport(open_http(settings), settings.api_key, retry)
            transport = self._opened
        with waiting():
            return transport.request(method, path, **more)

    def api_time(self) -> float | None:
        """As `Transport.api_time`."""
        return self._opened.api_time() if self._opened else None
