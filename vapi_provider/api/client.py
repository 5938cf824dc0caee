"""The API's phone-number endpoints: one method each, models in and out.

Knows paths, bodies and pages; not retries (transport) nor what a state holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import quote

from vapi_provider.api.answer_bounds import PAGE_BYTES, RECORD_BYTES
from vapi_provider.errors import (
    DeclarationError,
    NotFoundError,
    PagingError,
    RejectedError,
    ServerError,
    UnclearError,
)
from vapi_provider.models.fields import as_list, as_object, schema_named
from vapi_provider.models.ids import is_id
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile import secrecy

if TYPE_CHECKING:
    from vapi_provider.models.base import VapiModel

PAGE = 1000
"""The most records that one answer may hold (API schema)."""

PAGES = 1000
"""The most pages that a listing may have: what has more does not end."""

_FULL = (PAGE, 100)
"""Lengths of a page that another may follow: what was asked for, and the API's default, which is
what a server gives that does not heed the limit."""


class Sender(Protocol):
    """What sends a request and gives back the answer's JSON: `transport.Transport`."""

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        secrets: Collection[str] = (),
        about_to_send: Callable[[], None] = ...,
        most_bytes: int = RECORD_BYTES,
    ) -> Any:
        """Raises from the error tree."""
        ...

    def api_time(self) -> float | None:
        """Return the time by the API's clock in Unix seconds; None where it is not known."""
        ...


class VapiClient:
    """A Vapi account's phone numbers. Every method raises from the error tree.

    `organizations` are the owners of all records that were seen: the proof of whose key it is.
    `written` has the ids of all that was made, changed or released, each with the number of the
    last write to it; `writes` is how many writes there were. `hidden` are texts that no error may
    show, beside the secrets of what is sent.
    """

    def __init__(self, transport: Sender) -> None:
        self._transport = transport
        self.before_send: Callable[[], None] = lambda: None
        """Called before each try of a POST, PATCH or DELETE; what it raises ends the request."""
        self.organizations: set[str] = set()
        self.written: dict[str, int] = {}
        self.writes = 0
        self.hidden: set[str] = set()
        self._answers = threading.Condition()
        self._awaited = 0

    def wait_for_an_organization(self) -> None:
        """Returns once an organization was seen, or no other thread awaits an answer any more.

        After a minute at the latest: it need not be in those answers.
        """
        with self._answers:
            self._answers.wait_for(lambda: self.organizations or not self._awaited, timeout=60)

    def api_time(self) -> float | None:
        """Return the time by the API's clock in Unix seconds; None before its first answer."""
        return self._transport.api_time()

    def create_phone_number(
        self, declared: VapiModel, about_to_send: Callable[[], None] = lambda: None
    ) -> PhoneNumberRecord:
        """Makes a record, and buys a number where an area code is declared.

        `about_to_send` is called before each try, also those of one call; what it raises ends them.
        Raises UnclearError where one may have been made all the same.
        """
        try:
            with self._answer():
                wire = declared.to_wire()
                answer = self._send("POST", "/phone-number", declared, wire, about_to_send)
                record = self._record(answer, "POST /phone-number")
        except ServerError as error:
            raise UnclearError(str(error), may_come_later=error.may_come_later) from None
        self._note_write(record.id)
        return record

    def get_phone_number(self, id_: str) -> PhoneNumberRecord:
        """One record. Raises NotFoundError also where the key belongs to another account."""
        path = _path(id_)
        with self._answer():
            return self._record(self._transport.request("GET", path), f"GET {path}")

    def update_phone_number(
        self,
        id_: str,
        kind: Kind,
        declared: VapiModel,
        changed: Collection[str],
        merged: Mapping[str, Any] | None = None,
    ) -> PhoneNumberRecord:
        """Set the `changed` fields as `declared` has them; clear those that it does not have.

        `merged` are fields in the API's spelling that are sent instead: with what the account has.
        """
        path = _path(id_)
        wire = {**declared.to_wire(), **(merged or {})}
        names = [kind.fields[name].wire for name in kind.fields if name in changed]
        body = {"provider": kind.provider, **{name: wire.get(name) for name in names}}
        try:
            with self._answer():
                # What is taken from the account may hold secrets that nobody declared.
                hidden = {*_texts(merged or {})} - {*_texts(declared.to_wire())}
                answer = self._send("PATCH", path, declared, body, secrets=hidden)
                return self._record(answer, f"PATCH {path}")
        finally:
            self._note_write(id_)

    def delete_phone_number(self, id_: str) -> None:
        """Releases a record for good."""
        path = _path(id_)
        may_have_changed = True
        try:
            with self._answer():
                answer = self._transport.request("DELETE", path, about_to_send=self.before_send)
                # The record is gone; what the answer looks like changes nothing.
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
        """One page, the newest first, at most `limit` (0 to 1,000) records."""
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
                # No path, rather than no record: a caller must not take a record to be gone.
                raise RejectedError(str(error), error.status) from None
            if not isinstance(answer, list):
                raise ServerError(f"{what}: the answer is not a list", 200)
            return [self._record(item, what) for item in cast(list[Any], answer)]

    def all_phone_numbers(self) -> Iterator[PhoneNumberRecord]:
        """Every record of the account, page by page, each once."""
        return chain.from_iterable(self.pages())

    def pages(self) -> Iterator[list[PhoneNumberRecord]]:
        """The account's pages, the newest first, without what an earlier page has shown.

        A page starts at the time of the last record before it, not after it: several records may
        share one time. Raises PagingError where more of them do than a page holds, and after
        `PAGES` pages.
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
                    return  # The account has just so many, all of one time.
                raise PagingError("GET /phone-number: the pages do not advance", 200)
            seen.update(record.id for record in fresh)
            before = min(record.created_at for record in page)
        raise PagingError(
            f"GET /phone-number: the list does not end after {PAGES:,} pages: something other "
            "than Vapi answers here",
            200,
        )

    @contextmanager
    def _answer(self) -> Generator[None]:
        """Around a request, until its answer has been read."""
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
        declared: VapiModel,
        body: Mapping[str, Any],
        about_to_send: Callable[[], None] = lambda: None,
        secrets: Collection[str] = (),
    ) -> Any:
        def before_each_try() -> None:
            self.before_send()
            about_to_send()

        secrets = [*secrets_in(declared), *secrets, *tuple(self.hidden)]
        return self._transport.request(
            method, path, body=body, secrets=secrets, about_to_send=before_each_try
        )

    def _note_write(self, id_: str) -> None:
        with self._answers:
            self.writes += 1
            self.written[id_] = self.writes

    def _record(self, answer: Any, what: str) -> PhoneNumberRecord:
        try:
            record = PhoneNumberRecord.read(answer)
        except ValueError as error:
            raise ServerError(f"{what}: no phone number in the answer: {error}", 200) from None
        self.organizations.add(record.org_id)
        return record


def secrets_in(declared: VapiModel) -> Iterator[str]:
    """Yield all secret texts of a declaration."""
    bag = declared.model_dump(exclude_unset=True)
    return secrecy.secrets_in(schema_named(type(declared).__name__).fields, bag)


def _texts(value: Any) -> Iterator[str]:
    """List the longer texts in a value that no schema describes."""
    if isinstance(value, Mapping):
        for item in as_object(cast(Any, value)).values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in as_list(cast(Any, value)):
            yield from _texts(item)
    elif isinstance(value, str) and len(value) >= 8:
        yield value


def _path(id_: str) -> str:
    # Ids are UUIDs, but they may come from a person (`adopt_id`, `get`) or an edited state.
    if not is_id(id_):
        shown = ascii(id_ if len(id_) <= 40 else f"{id_[:40]}…")
        raise DeclarationError(f"{shown} is not the id of a phone number: nothing was sent")
    return f"/phone-number/{quote(id_, safe='')}"
