"""Model of the SIP credentials (`SipAuthentication`), and validation of SIP URIs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vapi_provider.catalogue import declarations
from vapi_provider.models.base import DocumentedDefault, VapiModel, refusal
from vapi_provider.models.constants import SIP_HOSTS
from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.urls import is_sip_uri, lacks_sip_part


class SipAuthentication(VapiModel):
    """Digest credentials that a caller of the SIP URI must know. Source: API schema."""

    realm: Annotated[
        str | None,
        Field(description="Digest realm; absent: the region's SIP host."),
        DocumentedDefault(*SIP_HOSTS.values()),
    ] = None
    username: Annotated[str, Field(min_length=20, max_length=40, description="Digest user name.")]
    password: Annotated[
        str, Field(min_length=20, max_length=40, description="Digest password."), SECRET
    ]


def has_sip_scheme(uri: str) -> str:
    """Return `uri`, which needs ``sip:`` or ``sips:`` and no empty user or host.

    Raises PydanticCustomError otherwise. Source: the API's documented form ``sip:<user>@<host>``;
    the parts: our own care.
    """
    if not is_sip_uri(uri):
        raise refusal(declarations.NOT_A_SIP_URI)
    if lacks_sip_part(uri):
        raise refusal(declarations.INCOMPLETE_SIP_URI)
    return uri
