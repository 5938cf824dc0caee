"""`SipAuthentication` and what is known about SIP URIs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_core import PydanticCustomError

from vapi_provider.models.base import Documented, VapiModel
from vapi_provider.models.facts import SIP_HOSTS
from vapi_provider.models.marks import SECRET


class SipAuthentication(VapiModel):
    """Digest credentials that a caller of the SIP URI must know. Source: API schema."""

    realm: Annotated[
        str | None,
        Field(description="Digest realm; absent: the region's SIP host."),
        Documented(*SIP_HOSTS.values()),
    ] = None
    username: Annotated[str, Field(min_length=20, max_length=40, description="Digest user name.")]
    password: Annotated[
        str, Field(min_length=20, max_length=40, description="Digest password."), SECRET
    ]


def has_sip_scheme(uri: str) -> str:
    """Returns `uri`; refuses one without ``sip:`` or ``sips:`` and something behind it.

    Source: the API's documented form ``sip:<user>@<host>``.
    """
    scheme, separator, rest = uri.partition(":")
    if scheme.lower() not in ("sip", "sips") or not separator or not rest.strip() or " " in uri:
        raise PydanticCustomError("sip_uri", "must be a SIP URI such as sip:support@sip.vapi.ai")
    return uri
