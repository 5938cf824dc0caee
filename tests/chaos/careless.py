"""A provider without the journal and the search: each create only sends a POST.

It proves that the harness detects the double purchases that the journal and the search prevent.
"""

from __future__ import annotations

from typing import Any, cast

from pulumi import dynamic

from vapi_provider.lifecycle.observed_client import ObservedClient
from vapi_provider.lifecycle.purchase import Purchase, PurchaseResult
from vapi_provider.lifecycle.purchaser import Purchaser
from vapi_provider.lifecycle.session import Session
from vapi_provider.provider import PhoneNumberProvider


class _PlainPost:
    """Purchaser that sends a POST without the journal or a search of the account."""

    def __init__(self, client: ObservedClient) -> None:
        self._client = client

    def purchase(self, purchase: Purchase) -> PurchaseResult:
        code = purchase.fields.get("number_desired_area_code")
        return PurchaseResult(
            self._client.create_phone_number(purchase.body), code, is_resumed=False
        )


class CarelessProvider(PhoneNumberProvider):
    """Our provider with `_PlainPost` as its purchaser."""

    def attach_session(self, session: Session) -> None:
        session.purchaser = cast(Purchaser, _PlainPost(session.client))
        super().attach_session(session)


class CarelessPhoneNumber(dynamic.Resource, module="vapi", name="CarelessPhoneNumber"):
    """Phone number of any kind, managed by the careless provider."""

    def __init__(self, resource_name: str, **props: Any) -> None:
        props["declaration"] = f"organization/numbers/test/PhoneNumber/{resource_name}"
        super().__init__(CarelessProvider(), resource_name, props)
