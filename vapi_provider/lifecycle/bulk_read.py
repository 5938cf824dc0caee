"""Reading many records cheaply: a few one by one, then pages of the account for all who ask.

Knows no Pulumi and no HTTP, and nothing of whose a record is.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from vapi_provider.api.client import VapiClient
from vapi_provider.errors import PagingError, VapiError
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.headers import shown_headers

SINGLY = 4
"""Records that are read one by one: a small stack never lists a large account."""

KEPT_SECONDS = 30.0
"""How long after its last page a listing still answers."""

PAGE_SECONDS = 1.0
"""How long a page serves those who wait for a number to be known."""


class Listing:
    """The account's records, listed as far as anybody has looked for one of them.

    Shared by threads: one asks for a page, the others wait for it. What failed once fails for all
    who would have to go on, or a fleet would wait for the same error number by number.
    """

    def __init__(self, client: VapiClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._turn = threading.Lock()
        self._pages = client.pages()
        self._found: dict[str, PhoneNumberRecord] = {}
        self._shown_headers: set[str] = set()
        self._failure: VapiError | None = None
        self._incomplete: PagingError | None = None
        self._begun_at = self._paged_at = clock()
        self._writes_before = client.writes
        self.asked: set[str] = set()
        """Ids that somebody was sent here for."""

    @property
    def is_over(self) -> bool:
        """Whether its last page came too long ago."""
        return not self._turn.locked() and self._clock() - self._paged_at > KEPT_SECONDS

    def find(self, id_: str) -> PhoneNumberRecord | None:
        """The record, where the account shows it and this run has not written to it."""
        if id_ not in self._found and id_ not in self._client.written:
            with self._turn:
                while id_ not in self._found and self._go_on():
                    pass
        # Asked last: it may have been written to while the page was under way.
        return None if id_ in self._client.written else _whole(self._found.get(id_))

    def is_fresh_for(self, id_: str) -> bool:
        """Whether it began recently, and after this run's last write to the record."""
        written_before = self._client.written.get(id_, 0) <= self._writes_before
        return written_before and self._clock() - self._begun_at <= KEPT_SECONDS

    def contains(self, id_: str) -> bool:
        """Whether the account shows the record; raises VapiError where it cannot all be listed."""
        with self._turn:
            while id_ not in self._found and self._go_on():
                pass
        if id_ not in self._found and self._incomplete is not None:
            raise self._incomplete
        return id_ in self._found

    def shows_headers(self, field: str) -> bool:
        """Return whether any record of the account shows headers in a field of that name."""
        with self._turn:
            while field not in self._shown_headers and self._go_on():
                pass
        return field in self._shown_headers

    def _go_on(self) -> bool:
        """Takes the next page; False after the last one."""
        if self._failure is not None:
            raise self._failure
        try:
            page = next(self._pages, None)
        except PagingError as error:
            self._incomplete = error
            return False  # What no page shows is read by its id.
        except VapiError as error:
            self._failure, self._paged_at = error, self._clock()
            raise
        if page is None:
            return False
        self._paged_at = self._clock()
        self._found.update((record.id, record) for record in page)
        for record in page:
            if record.kind is not None:
                self._shown_headers.update(shown_headers(record.kind.fields, record.fields))
        return True


class Reader:
    """Looks at records for all calls of a plugin, with as few requests as that takes.

    The first four records are read one by one. From the fifth on a listing answers, page by page,
    only as far as it is needed. No answer is older than this plugin process, which serves a single
    operation of the engine, and a refresh is a look at all records anyway, not at each in its
    own moment: a listing may so be a little older than the call. It is not where that could be
    noticed: whoever asks for a record again gets a new look, what this run has written to is read
    singly, and a listing ends half a minute after its last page.
    """

    def __init__(self, client: VapiClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._singly: set[str] = set()
        self._listing: Listing | None = None
        self._looking = threading.Lock()
        self._watching = 0
        self._page: dict[str, PhoneNumberRecord] = {}
        self._page_at = -math.inf

    def read(self, id_: str) -> PhoneNumberRecord:
        """The record; raises NotFoundError only after the API itself answered 404 for this id."""
        listing = self._listing_for(id_)
        found = listing.find(id_) if listing else None
        return found or self._client.get_phone_number(id_)

    def is_listed(self, id_: str) -> bool:
        """Whether the account's list shows a record that by its id is missing.

        All records that are missing share a listing that is half a minute old at the most. Raises
        VapiError where the account cannot be listed to its end.
        """
        with self._lock:
            listing = self._listing
            if listing is None or not listing.is_fresh_for(id_):
                listing = self._listing = Listing(self._client, self._clock)
        return listing.contains(id_)

    def echoes_headers(self, field: str = "headers") -> bool:
        """Return whether the API shows the headers of a field: whether any record has some."""
        with self._lock:
            listing = self._listing = self._listing or Listing(self._client, self._clock)
        return listing.shows_headers(field)

    @contextmanager
    def watching(self) -> Generator[Callable[[str], PhoneNumberRecord]]:
        """Gives a function that looks at one record as it is now; raises any VapiError.

        Where several workers wait for theirs, one page of the newest serves them all.
        """
        with self._lock:
            self._watching += 1
        try:
            yield self._look
        finally:
            with self._lock:
                self._watching -= 1

    def _listing_for(self, id_: str) -> Listing | None:
        """Where to look for a record; None where it is read singly."""
        with self._lock:
            if id_ in self._singly or len(self._singly) < SINGLY:
                self._singly.add(id_)
                return None
            listing = self._listing
            if listing is None or listing.is_over or id_ in listing.asked:
                listing = self._listing = Listing(self._client, self._clock)
            listing.asked.add(id_)
            return listing

    def _look(self, id_: str) -> PhoneNumberRecord:
        with self._looking:
            fresh = self._clock() - self._page_at < PAGE_SECONDS
            if self._watching > 1 and not fresh:
                try:
                    page = self._client.list_phone_numbers()
                except VapiError:
                    page = []  # Or all who wait would try it, one after the other.
                self._page = {record.id: record for record in page}
                self._page_at, fresh = self._clock(), True
            shown = _whole(self._page.get(id_)) if fresh else None
        return shown or self._client.get_phone_number(id_)


def _whole(record: PhoneNumberRecord | None) -> PhoneNumberRecord | None:
    """The record, where a page shows all of it."""
    return None if record is not None and record.is_masked else record
