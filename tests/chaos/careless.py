"""The provider as it would be without its care: every create is a POST, and nothing else.

It shows that the harness would see what the journal and the matching prevent.
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
    """Makes what it is asked for: no journal, no look at the account."""

    def __init__(self, client: ObservedClient) -> None:
        self._client = client

    def purchase(self, purchase: Purchase) -> PurchaseResult:
        code = purchase.fields.get("number_desired_area_code")
        return PurchaseResult(
            self._client.create_phone_number(purchase.body), code, is_resumed=False
        )


class CarelessProvider(PhoneNumberProvider):
    """Ours in everything but the making of a record."""

    def attach_session(self, session: Session) -> None:
        session.purchaser = cast(Purchaser, _PlainPost(session.client))
        super().attach_session(session)


class CarelessPhoneNumber(dynamic.Resource, module="vapi", name="CarelessPhoneNumber"):
    """A number of any kind that the careless provider makes."""

    def __init__(self, resource_name: str, **props: Any) -> None:
        props["declaration"] = f"organization/numbers/test/PhoneNumber/{resource_name}"
        super().__init__(CarelessProvider(), resource_name, props)
