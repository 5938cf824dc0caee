"""A listing of the account, requested page by page and shared by the threads of a plugin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from vapi_provider.errors import PagingError, VapiError
from vapi_provider.lifecycle.observed_client import ObservedClient
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.removed_headers import shown_headers

FRESH_SECONDS = 30.0
"""Lifetime of a listing after its last page."""


class Listing:
    """The account's records, listed lazily up to the last record that was looked up.

    Thread-safe: one thread requests a page while the others wait. A failure is kept for all later
    callers, so that a fleet does not wait for the same error again for each number.
    """

    def __init__(self, client: ObservedClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._paging = threading.Lock()
        self._pages = client.pages()
        self._found: dict[str, PhoneNumberRecord] = {}
        self._shown_headers: set[str] = set()
        self._failure: BaseException | None = None
        self._incomplete: PagingError | None = None
        self._begun_at = self._paged_at = clock()
        self._writes_before = client.writes
        self.asked: set[str] = set()
        """Ids that callers have looked up here."""

    def is_expired(self, seconds: float = FRESH_SECONDS) -> bool:
        """Return whether the last page is `seconds` old or more and no page is being requested."""
        return not self._paging.locked() and self._clock() - self._paged_at >= seconds

    def is_fresh_for(self, id_: str) -> bool:
        """Return whether the listing is recent and began after the last write to the record."""
        written_before = self._client.written.get(id_, 0) <= self._writes_before
        return written_before and self._clock() - self._begun_at <= FRESH_SECONDS

    def find(self, id_: str) -> PhoneNumberRecord | None:
        """Return the record; None where the account does not show it or this run wrote to it."""
        if id_ not in self._found and id_ not in self._client.written:
            self._page_until(lambda: id_ in self._found)
        # Check this last: another thread may write to the record while the page is in flight.
        return None if id_ in self._client.written else _unless_masked(self._found.get(id_))

    def find_among_newest(self, id_: str) -> PhoneNumberRecord | None:
        """Return the record if the first page shows it; None also where the page failed."""
        with suppress(VapiError):
            self._page_until(lambda: bool(self._found))
        return _unless_masked(self._found.get(id_))

    def contains(self, id_: str) -> bool:
        """Return whether the account shows the record; raise VapiError if the listing fails."""
        self._page_until(lambda: id_ in self._found)
        if id_ not in self._found and self._incomplete is not None:
            raise self._incomplete
        return id_ in self._found

    def shows_headers(self, field: str) -> bool:
        """Return whether any record of the account shows headers in a field of that name."""
        self._page_until(lambda: field in self._shown_headers)
        return field in self._shown_headers

    def records(self) -> Mapping[str, PhoneNumberRecord]:
        """Return all records by id; raise VapiError if the account cannot be listed completely."""
        self._page_until(lambda: False)
        if self._incomplete is not None:
            raise self._incomplete
        return self._found

    def _page_until(self, is_enough: Callable[[], bool]) -> None:
        """Request pages until there are enough or no more; raise VapiError where one fails."""
        with self._paging:
            while not is_enough() and self._request_page():
                pass

    def _request_page(self) -> bool:
        """Request the next page; return False after the last one."""
        if self._failure is not None:
            raise self._failure
        try:
            page = next(self._pages, None)
        except PagingError as error:
            self._incomplete = error
            return False  # The caller reads a record that no page shows by its id.
        except BaseException as error:
            # Also an unexpected error: without it, the next caller would see the end of the pages.
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


def _unless_masked(record: PhoneNumberRecord | None) -> PhoneNumberRecord | None:
    """Return the record; None where the list masks its number."""
    return None if record is not None and record.is_masked else record
