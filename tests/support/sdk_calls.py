"""Calls of Vapi's own Python client, by chapter, with the results as JSON on stdout.

Run by `test_sdk.py` in the client's venv, as ``sdk_calls.py CHAPTER URL``. It only does what a
user of that client does; what the results must be is said there.
"""
# The client is not in the development environment: it wants another pydantic than our pins.
# pyright: reportMissingImports=false

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from vapi import Vapi
from vapi.core.api_error import ApiError
from vapi.phone_numbers import (
    CreatePhoneNumbersRequest_ByoPhoneNumber,
    CreatePhoneNumbersRequest_Telnyx,
    CreatePhoneNumbersRequest_Twilio,
    CreatePhoneNumbersRequest_Vapi,
    CreatePhoneNumbersRequest_Vonage,
    UpdatePhoneNumbersRequestBody_Vapi,
)
from vapi.types import Server, SipAuthentication

ID = "7c0a1c3a-6e4f-4a6e-9b57-0d5c6f6f2b11"
NUMBER = "+14155552671"
REQUESTS = [
    CreatePhoneNumbersRequest_Vapi(
        name="bought",
        number_desired_area_code="415",
        server=Server(url="https://example.com/hook", timeout_seconds=5),
    ),
    CreatePhoneNumbersRequest_Vapi(
        name="sip",
        sip_uri="sip:desk@sip.vapi.ai",
        authentication=SipAuthentication(username="u" * 20, password="p" * 20),
    ),
    CreatePhoneNumbersRequest_Twilio(
        name="twilio", number=NUMBER, twilio_account_sid="AC1", twilio_auth_token="t"
    ),
    CreatePhoneNumbersRequest_Vonage(name="vonage", number=NUMBER, credential_id=ID),
    CreatePhoneNumbersRequest_Telnyx(name="telnyx", number=NUMBER, credential_id=ID),
    CreatePhoneNumbersRequest_ByoPhoneNumber(name="byo", credential_id=ID),
]


def plain(response: Any) -> Any:
    """What the client made of an answer, under the API's names; its type shows what it knew."""
    return {"type": type(response).__name__, **response.model_dump(mode="json", by_alias=True)}


def failure(call: Callable[[], Any]) -> Any:
    """Status and body of the error that a call ends with."""
    try:
        call()
    except ApiError as error:
        return {"type": type(error).__name__, "status": error.status_code, "body": error.body}
    return None


def lifecycle(client: Vapi) -> Any:
    """Every kind: made, read, changed, released."""
    numbers = client.phone_numbers
    told: list[Any] = []
    for request in REQUESTS:
        made = numbers.create(request=request)
        read = numbers.get(made.id)
        changed = numbers.update(
            made.id, request={"provider": request.provider, "name": f"{request.name} 2"}
        )
        deleted = numbers.delete(made.id)
        gone = failure(lambda: numbers.get(made.id))  # noqa: B023 - called at once
        told.append([*map(plain, (made, read, changed, deleted)), gone])
    return told


def clearing(client: Vapi) -> Any:
    """A typed update, then nulls, which only a plain dict can say."""
    numbers = client.phone_numbers
    made = numbers.create(request=REQUESTS[0])
    typed = UpdatePhoneNumbersRequestBody_Vapi(assistant_id=ID, server=Server(url="https://b.com"))
    changed = numbers.update(made.id, request=typed)
    nulls = {"provider": "vapi", "assistantId": None, "server": None, "hooks": []}
    return [plain(changed), plain(numbers.update(made.id, request=nulls))]


def naming(client: Vapi) -> Any:
    """Destinations with a name: made, read and changed."""

    def fields(name: str) -> dict[str, Any]:
        sip = {"type": "sip", "sipUri": "sip:a@b.example", "name": name}
        return {
            "provider": "vapi",
            "fallbackDestination": {"type": "number", "number": NUMBER, "name": name},
            "hooks": [{"on": "call.ringing", "do": [{"type": "transfer", "destination": sip}]}],
        }

    numbers = client.phone_numbers
    request: Any = {**fields("Front desk"), "numberDesiredAreaCode": "415"}
    made = numbers.create(request=request)
    read = numbers.get(made.id)
    changed: Any = fields("Night desk")
    return [plain(one) for one in (made, read, numbers.update(made.id, request=changed))]


def listing(client: Vapi) -> Any:
    """The plain list and pages, with limits and times as the client writes them."""
    numbers = client.phone_numbers
    for request in REQUESTS:
        numbers.create(request=request)
        time.sleep(0.002)
    everything = numbers.list()
    middle = everything[2].created_at.astimezone(timezone(timedelta(hours=2)))
    pages = [
        numbers.phone_number_controller_find_all_paginated(
            page=page, limit=4, sort_order="ASC", sort_by="createdAt"
        )
        for page in (1, 2, 3)
    ]
    found = numbers.phone_number_controller_find_all_paginated(search="TWIL")
    return {
        "all": [plain(one) for one in everything],
        "limited": [one.name for one in numbers.list(limit=2)],
        "from the third": [one.name for one in numbers.list(created_at_ge=middle)],
        "before the third": [one.name for one in numbers.list(created_at_lt=middle)],
        "long ago": numbers.list(created_at_lt=datetime(2020, 1, 1, tzinfo=timezone.utc)),
        "pages": [[one.name for one in page.results] for page in pages],
        "metadata": [page.metadata.model_dump(mode="json", by_alias=True) for page in pages],
        "found": [one.name for one in found.results],
    }


def errors(client: Vapi) -> Any:
    """A key, an id, a body and a query that are not good."""
    numbers = client.phone_numbers
    stranger = Vapi(token="another", base_url=sys.argv[2])
    return {
        "key": failure(lambda: stranger.phone_numbers.list()),
        "no such id": failure(lambda: numbers.get(ID)),
        "no id": failure(lambda: numbers.get("desk")),
        "deleted": failure(lambda: numbers.delete(ID)),
        "changed": failure(lambda: numbers.update(ID, request={"provider": "vapi"})),
        "nothing to buy": failure(
            lambda: numbers.create(request=CreatePhoneNumbersRequest_Vapi(name="n" * 41))
        ),
        "sold out": failure(
            lambda: numbers.create(
                request=CreatePhoneNumbersRequest_Vapi(number_desired_area_code="999")
            )
        ),
        "page": failure(lambda: numbers.list(limit=1001)),
    }


def repeating(client: Vapi) -> Any:
    """What the client repeats by itself."""
    numbers = client.phone_numbers
    read = numbers.list()
    bought = numbers.create(request=REQUESTS[0])
    unrepeated = failure(lambda: numbers.list(request_options={"max_retries": 0}))
    return {
        "read": read,
        "bought": bought.id,
        "held": [one.id for one in numbers.list()],
        "unrepeated": unrepeated,
    }


if __name__ == "__main__":
    chapter, url = sys.argv[1:]
    told = globals()[chapter](Vapi(token="right", base_url=url))
    json.dump(told, sys.stdout)
