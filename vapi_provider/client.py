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

from vapi_provider.errors import (
    NotFoundError,
    PagingError,
    RejectedError,
    ServerError,
    UnclearError,
)
from vapi_provider.models.fields import FieldShape, as_list, as_object, schema_named
from vapi_provider.models.kinds import Kind
from vapi_provider.models.marks import SECRET
from vapi_provider.models.record import PhoneNumberRecord

if TYPE_CHECKING:
    from vapi_provider.models.base import VapiModel

PAGE = 1000
"""The most records that one answer may hold (API schema)."""

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
    last write to it; `writes` is how many writes there were.
    """

    def __init__(self, transport: Sender) -> None:
        self._transport = transport
        self.before_send: Callable[[], None] = lambda: None
        """Called before each try of a POST, PATCH or DELETE; what it raises ends the request."""
        self.organizations: set[str] = set()
        self.written: dict[str, int] = {}
        self.writes = 0
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
        self, id_: str, kind: Kind, declared: VapiModel, changed: Collection[str]
    ) -> PhoneNumberRecord:
        """Sets the `changed` fields as `declared` has them; those it does not have are cleared."""
        path = _path(id_)
        wire = declared.to_wire()
        names = [kind.fields[name].wire for name in kind.fields if name in changed]
        body = {"provider": kind.provider, **{name: wire.get(name) for name in names}}
        try:
            with self._answer():
                return self._record(self._send("PATCH", path, declared, body), f"PATCH {path}")
        finally:
            self._note_write(id_)

    def delete_phone_number(self, id_: str) -> None:
        """Releases a record for good."""
        may_have_changed = True
        try:
            with self._answer():
                answer = self._transport.request(
                    "DELETE", _path(id_), about_to_send=self.before_send
                )
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
                answer = self._transport.request("GET", "/phone-number", params=params)
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
        share one time. Raises PagingError where more of them do than a page holds.
        """
        seen: set[str] = set()
        before: str | None = None
        while True:
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
    ) -> Any:
        def before_each_try() -> None:
            self.before_send()
            about_to_send()

        secrets = list(secrets_in(declared))
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
    """All secret texts of a declaration."""
    bag = declared.model_dump(exclude_unset=True)
    for name, shape in schema_named(type(declared).__name__).fields.items():
        yield from _secrets(shape, bag.get(name), SECRET in shape.marks)


def _secrets(shape: FieldShape, value: Any, marked: bool) -> Iterator[str]:
    if isinstance(value, Mapping):
        bag, inner = as_object(cast(Any, value)), shape.schema_of(value)
        for name, item in bag.items():
            below = inner.fields[name] if inner else shape
            yield from _secrets(below, item, marked or SECRET in below.marks)
    elif isinstance(value, list):
        for item in as_list(cast(Any, value)):
            yield from _secrets(shape, item, marked)
    elif marked and isinstance(value, str):
        yield value


def _path(id_: str) -> str:
    # Ids are UUIDs, but they may come from a person (`adopt_id`, `get`).
    return f"/phone-number/{quote(id_, safe='')}"
