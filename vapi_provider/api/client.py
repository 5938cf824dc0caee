"""Client of the API's phone-number endpoints: one method per endpoint, bodies in, records out.

`transport` retries requests; this module builds paths and reads pages.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from typing import Any, Protocol, cast
from urllib.parse import quote

from vapi_provider.api.response_bounds import PAGE_BYTES, RECORD_BYTES
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
"""Maximum number of pages of a listing; a longer listing is treated as an endless one."""

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
    """Client of one Vapi account, without state. Methods raise errors of `vapi_provider.errors`.

    `secrets` are texts that no error message about a request may contain. `before_send` is called
    before each try, also before retries; an exception ends the request.
    """

    def __init__(self, transport: Sender) -> None:
        self._transport = transport

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

        Raises UnclearError where the record may have been created although the request failed.
        """
        try:
            response = self._transport.request(
                "POST", "/phone-number", body=body, secrets=secrets, before_send=before_send
            )
            return _record(response, "POST /phone-number")
        except ServerError as error:
            raise UnclearError(error.message, may_still_complete=error.may_still_complete) from None

    def get_phone_number(self, id_: str, secrets: Collection[str] = ()) -> PhoneNumberRecord:
        """Return one record.

        Raises NotFoundError where the record does not exist or belongs to another account.
        """
        path = _path(id_)
        return _record(self._transport.request("GET", path, secrets=secrets), f"GET {path}")

    def update_phone_number(
        self,
        id_: str,
        body: Mapping[str, Any],
        secrets: Collection[str] = (),
        before_send: Callable[[], None] = lambda: None,
    ) -> PhoneNumberRecord:
        """Set the fields of `body`; null clears one."""
        path = _path(id_)
        response = self._transport.request(
            "PATCH", path, body=body, secrets=secrets, before_send=before_send
        )
        return _record(response, f"PATCH {path}")

    def delete_phone_number(
        self,
        id_: str,
        secrets: Collection[str] = (),
        before_send: Callable[[], None] = lambda: None,
    ) -> PhoneNumberRecord | None:
        """Release a record permanently; return it where the response shows it.

        Raises NotFoundError where the record does not exist.
        """
        path = _path(id_)
        response = self._transport.request("DELETE", path, secrets=secrets, before_send=before_send)
        # The record is deleted: a malformed response is no failure.
        with suppress(ValueError):
            return PhoneNumberRecord.read(response)
        return None

    def list_phone_numbers(self, created_at_le: str | None = None) -> list[PhoneNumberRecord]:
        """Return one page, newest first, of at most `PAGE` records.

        Raises RejectedError where the API has no such path.
        """
        params: dict[str, str | int] = {"limit": PAGE}
        if created_at_le is not None:
            params["createdAtLe"] = created_at_le
        what = "GET /phone-number"
        try:
            response = self._transport.request(
                "GET", "/phone-number", params=params, most_bytes=PAGE_BYTES
            )
        except NotFoundError as error:
            # NotFoundError would mean that a record is gone, but only the path is wrong.
            raise RejectedError(error.message, error.status) from None
        if not isinstance(response, list):
            raise ServerError(_fault("the response is not a list"), 200)
        return [_record(item, what) for item in cast(list[Any], response)]

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


def _record(response: Any, what: str) -> PhoneNumberRecord:
    try:
        return PhoneNumberRecord.read(response)
    except ValueError as error:
        raise ServerError(_fault(f"no phone number in the response: {error}", what), 200) from None


def _fault(fault: str, what: str = "GET /phone-number") -> Message:
    """Return the message about a response that Vapi's API cannot have sent."""
    fault = f"{what}: {fault}: something other than Vapi answers here"
    return messages.NOT_THE_API(fault=fault)


def _path(id_: str) -> str:
    # Ids are UUIDs, but users provide some of them (`adopt_id`, `get`, an edited state).
    if not is_id(id_):
        shown = ascii(id_ if len(id_) <= 40 else f"{id_[:40]}…")
        raise DeclarationError(NOT_A_RECORD_ID().about(shown))
    return f"/phone-number/{quote(id_, safe='')}"
