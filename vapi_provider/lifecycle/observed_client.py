"""Client of a run that records organizations and writes from responses; shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any

from vapi_provider.api.client import VapiClient
from vapi_provider.errors import NotFoundError
from vapi_provider.models.record import PhoneNumberRecord


class ObservedClient:
    """Client of one account for one run. Methods raise the same errors as `VapiClient`'s.

    `organizations` are the owners of all records seen, which show the account that the key belongs
    to. `written` maps the id of each record that was created, changed or released to the number of
    the last write; `writes` counts the writes. `hidden` are texts that no error message may
    contain, in addition to the secrets of the request. `before_send` is called before each try of a
    POST, PATCH or DELETE; an exception ends the request.
    """

    def __init__(self, client: VapiClient, before_send: Callable[[], None] = lambda: None) -> None:
        self._client = client
        self._before_send = before_send
        self.api_time = client.api_time
        self.organizations: set[str] = set()
        self.written: dict[str, int] = {}
        self.writes = 0
        self.hidden: set[str] = set()
        self._responses = threading.Condition()
        self._in_flight = 0

    def wait_for_an_organization(self) -> None:
        """Wait until an organization was seen, or until no request is in flight.

        The wait ends after 60 seconds, because a response need not name an organization.
        """
        with self._responses:
            self._responses.wait_for(lambda: self.organizations or not self._in_flight, timeout=60)

    def create_phone_number(
        self,
        body: Mapping[str, Any],
        secrets: Collection[str] = (),
        before_send: Callable[[], None] = lambda: None,
    ) -> PhoneNumberRecord:
        """Create a record; `before_send` is called before each try, like the client's own."""

        def before_each_try() -> None:
            self._before_send()
            before_send()

        with self._request():
            record = self._client.create_phone_number(body, self._hide(secrets), before_each_try)
            self._note_write(record.id)
            return self._observe(record)

    def get_phone_number(self, id_: str, secrets: Collection[str] = ()) -> PhoneNumberRecord:
        """Return one record."""
        with self._request():
            return self._observe(self._client.get_phone_number(id_, self._hide(secrets)))

    def update_phone_number(
        self, id_: str, body: Mapping[str, Any], secrets: Collection[str] = ()
    ) -> PhoneNumberRecord:
        """Set the fields of `body`; null clears one."""
        with self._request():
            try:
                return self._observe(
                    self._client.update_phone_number(
                        id_, body, self._hide(secrets), self._before_send
                    )
                )
            finally:
                self._note_write(id_)

    def delete_phone_number(self, id_: str, secrets: Collection[str] = ()) -> None:
        """Release a record permanently."""
        may_have_changed = True
        with self._request():
            try:
                deleted = self._client.delete_phone_number(
                    id_, self._hide(secrets), self._before_send
                )
                if deleted is not None:
                    self._observe(deleted)
            except NotFoundError as missing:
                may_have_changed = missing.after_unclear_try
                raise
            finally:
                if may_have_changed:
                    self._note_write(id_)

    def pages(self) -> Iterator[list[PhoneNumberRecord]]:
        """Yield the account's pages, newest first, without records of earlier pages."""
        pages = self._client.pages()
        while True:
            with self._request():
                page = next(pages, None)
                for record in page or ():
                    self._observe(record)
            if page is None:
                return
            yield page

    def all_phone_numbers(self) -> Iterator[PhoneNumberRecord]:
        """Return an iterator over every record of the account, each once."""
        return chain.from_iterable(self.pages())

    @contextmanager
    def _request(self) -> Generator[None]:
        """Count a request as in flight until its response has been read."""
        with self._responses:
            self._in_flight += 1
        try:
            yield
        finally:
            with self._responses:
                self._in_flight -= 1
                self._responses.notify_all()

    def _hide(self, secrets: Collection[str]) -> list[str]:
        """Return the texts that no error about a request may contain."""
        return [*secrets, *tuple(self.hidden)]

    def _observe(self, record: PhoneNumberRecord) -> PhoneNumberRecord:
        self.organizations.add(record.org_id)
        return record

    def _note_write(self, id_: str) -> None:
        with self._responses:
            self.writes += 1
            self.written[id_] = self.writes
