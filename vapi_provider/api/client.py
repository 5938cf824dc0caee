"""Client of the API's phone-number endpoints: one method per endpoint, bodies in, records out.

`transport` retries requests; this module builds paths and reads pages.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, Protocol, cast
from urllib.parse import quote

from vapi_provider.api.answer_bounds import PAGE_BYTES, RECORD_BYTES
from vapi_provider.catalogue import api as messages
from vapi_provider.catalogue.declarations import NOT_A_RECORD_ID
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import (
    DeclarationError,
    NotFoundError,
    PagingError,
    RejectedError,
    ServerError,
    UnclearError,
)
from vapi_provider.models.ids import is_id
from vapi_provider.models.record import PhoneNumberRecord

PAGE = 1000
"""Maximum number of records in one page (API schema)."""

PAGES = 1000
"""Maximum number of pages of a listing; a longer listing is taken to be endless."""

_FULL = (PAGE, 100)
"""Page lengths after which another page may follow.

Either the requested length, or the API's default, which a server that ignores `limit` returns.
"""


class Sender(Protocol):
    """Interface that sends a request and returns the response's JSON; see `transport.Transport`."""

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        secrets: Collection[str] = (),
        before_send: Callable[[], None] = ...,
        most_bytes: int = RECORD_BYTES,
    ) -> Any:
        """Send a request and return the JSON; raise an error of `vapi_provider.errors`."""
        ...

    def api_time(self) -> float | None:
        """Return the API clock's time in Unix seconds; None where it is not known."""
        ...


class VapiClient:
    """Client of one Vapi account. Every method raises errors of `vapi_provider.errors`.

    `organizations` are the owners of all records seen, which show the account that the key belongs
    to. `written` maps the id of each record that was created, changed or released to the number of
    the last write; `writes` counts the writes. `hidden` are texts that no error message may
    contain, in addition to the secrets of the request.
    """

    def __init__(self, transport: Sender) -> None:
        self._transport = transport
        self.before_send: Callable[[], None] = lambda: None
        """Called before each try of a POST, PATCH or DELETE; an exception ends the request."""
        self.organizations: set[str] = set()
        self.written: dict[str, int] = {}
        self.writes = 0
        self.hidden: set[str] = set()
        self._answers = threading.Condition()
        self._awaited = 0

    def wait_for_an_organization(self) -> None:
        """Wait until an organization was seen, or until no request is in flight.

        The wait ends after 60 seconds, because a response need not name an organization.
        """
        with self._answers:
            self._answers.wait_for(lambda: self.organizations or not self._awaited, timeout=60)

    def api_time(self) -> float | None:
        """Return the API clock's time in Unix seconds; None before the first response."""
        return self._transport.api_time()

    def create_phone_number(
        self,
        body: Mapping[str, Any],
        secrets: Collection[str] = (),
        before_send: Callable[[], None] = lambda: None,
    ) -> PhoneNumberRecord:
        """Create a record; the API purchases a number where `body` has an area code.

        `secrets` are texts that no error message may contain. `before_send` is called before each
        try, also before retries; an exception ends the request. Raises UnclearError where the
        record may have been created although the request failed.
        """
        try:
            with self._answer():
                answer = self._send("POST", "/phone-number", body, secrets, before_send)
                record = self._record(answer, "POST /phone-number")
        except ServerError as error:
            raise UnclearError(str(error), may_still_complete=error.may_still_complete) from None
        self._note_write(record.id)
        return record

    def get_phone_number(self, id_: str, secrets: Collection[str] = ()) -> PhoneNumberRecord:
        """Return one record.

        `secrets` are the record's known secrets, which no error message may contain. Raises
        NotFoundError where the record does not exist or belongs to another account.
        """
        path = _path(id_)
        with self._answer():
            answer = self._transport.request("GET", path, secrets=self._hiding(secrets))
            return self._record(answer, f"GET {path}")

    def update_phone_number(
        self,
        id_: str,
        body: Mapping[str, Any],
        secrets: Collection[str] = (),
    ) -> PhoneNumberRecord:
        """Set the fields of `body`; null clears one.

        `secrets` are texts that no error message may contain: those of the body and of the previous
        record.
        """
        path = _path(id_)
        try:
            with self._answer():
                answer = self._send("PATCH", path, body, secrets)
                return self._record(answer, f"PATCH {path}")
        finally:
            self._note_write(id_)

    def delete_phone_number(self, id_: str, secrets: Collection[str] = ()) -> None:
        """Release a record permanently.

        `secrets` are the record's known secrets, which no error message may contain. Raises
        NotFoundError where the record does not exist.
        """
        path = _path(id_)
        may_have_changed = True
        try:
            with self._answer():
                answer = self._transport.request(
                    "DELETE",
                    path,
                    secrets=self._hiding(secrets),
                    before_send=self.before_send,
                )
                # The record is deleted: a malformed response is no failure.
                with suppress(ValueError):
                    self.organizations.add(PhoneNumberRecord.read(answer).org_id)
        except NotFoundError as missing:
            may_have_changed = missing.after_unclear_try
            raise
        finally:
            if may_have_changed:
                self._note_write(id_)

    def list_phone_numbers(
        self, limit: int = PAGE, created_at_le: str | None = None
    ) -> list[PhoneNumberRecord]:
        """Return one page, newest first, with at most `limit` (0 to 1,000) records.

        Raises RejectedError where the API has no such path.
        """
        params: dict[str, str | int] = {"limit": limit}
        if created_at_le is not None:
            params["createdAtLe"] = created_at_le
        what = "GET /phone-number"
        with self._answer():
            try:
                answer = self._transport.request(
                    "GET", "/phone-number", params=params, most_bytes=PAGE_BYTES
                )
            except NotFoundError as error:
                # NotFoundError would mean that a record is gone, but only the path is wrong.
                raise RejectedError(str(error), error.status) from None
            if not isinstance(answer, list):
                raise ServerError(_fault("the answer is not a list"), 200)
            return [self._record(item, what) for item in cast(list[Any], answer)]

    def all_phone_numbers(self) -> Iterator[PhoneNumberRecord]:
        """Return an iterator over every record of the account, each once.

        Raises PagingError where the listing does not advance or does not end.
        """
        return chain.from_iterable(self.pages())

    def pages(self) -> Iterator[list[PhoneNumberRecord]]:
        """Yield the account's pages, newest first, without records of earlier pages.

        A page starts at the creation time of the previous page's last record, because several
        records may share one time. Raises PagingError where more records share a time than fit into
        a page, and after `PAGES` pages.
        """
        seen: set[str] = set()
        before: str | None = None
        for _ in range(PAGES):
            page = self.list_phone_numbers(created_at_le=before)
            fresh = [record for record in page if record.id not in seen]
            yield fresh
            if len(page) not in _FULL:
                return
            if not fresh:
                if len(page) < PAGE and len(page) == len(seen):
                    return  # All records of the account share one creation time.
                raise PagingError(_fault("the pages do not advance"), 200)
            seen.update(record.id for record in fresh)
            before = min(record.created_at for record in page)
        raise PagingError(_fault(f"the list does not end after {PAGES:,} pages"), 200)

    @contextmanager
    def _answer(self) -> Generator[None]:
        """Count a request as in flight until its response has been read."""
        with self._answers:
            self._awaited += 1
        try:
            yield
        finally:
            with self._answers:
                self._awaited -= 1
                self._answers.notify_all()

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        secrets: Collection[str],
        before_send: Callable[[], None] = lambda: None,
    ) -> Any:
        def before_each_try() -> None:
            self.before_send()
            before_send()

        return self._transport.request(
            method,
            path,
            body=body,
            secrets=self._hiding(secrets),
            before_send=before_each_try,
        )

    def _hiding(self, secrets: Collection[str]) -> list[str]:
        """Return the texts that no error about a request may contain."""
        return [*secrets, *tuple(self.hidden)]

    def _note_write(self, id_: str) -> None:
        with self._answers:
            self.writes += 1
            self.written[id_] = self.writes

    def _record(self, answer: Any, what: str) -> PhoneNumberRecord:
        try:
            record = PhoneNumberRecord.read(answer)
        except ValueError as error:
            fault = f"no phone number in the answer: {error}"
            raise ServerError(_fault(fault, what), 200) from None
        self.organizations.add(record.org_id)
        return record


def _fault(fault: str, what: str = "GET /phone-number") -> Message:
    """Return the message about a response that Vapi's API cannot have sent."""
    fault = f"{what}: {fault}: something other than Vapi answers here"
    return messages.NOT_THE_API(fault=fault)


def _path(id_: str) -> str:
    # Ids are UUIDs, but users provide some of them (`adopt_id`, `get`, an edited state).
    if not is_id(id_):
        shown = ascii(id_ if len(id_) <= 40 else f"{id_[:40]}…")
        raise DeclarationError(f"{shown}: {NOT_A_RECORD_ID()}")
    return f"/phone-number/{quote(id_, safe='')}"
