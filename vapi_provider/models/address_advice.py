"""Warnings about the URLs and phone numbers of any object, shared by the other warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vapi_provider.catalogue import advice as texts
from vapi_provider.catalogue.message import Message
from vapi_provider.models.e164 import e164_problem, is_assigned
from vapi_provider.shared.addresses import contains_user_information

Object = Mapping[str, Any]
Advice = Iterator[tuple[str, Message]]
"""Field ("" for the object itself) and warning, which may start with the declared value."""


def of_url(name: str, holder: Object) -> Advice:
    """Yield a warning about credentials in a URL. Source: our own care."""
    url = holder.get(name)
    if isinstance(url, str) and contains_user_information(url):
        yield name, texts.CREDENTIAL_IN_URL()


def of_unassigned_number(name: str, holder: Object) -> Advice:
    """Yield a warning about a number in no assigned range, which the API accepts.

    Source: the phonenumbers library.
    """
    number = holder.get(name)
    if isinstance(number, str) and not e164_problem(number) and not is_assigned(number):
        yield name, texts.UNASSIGNED_NUMBER(number=number)
