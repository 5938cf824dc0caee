"""Models of the webhook server (`Server`) and its retry policy (`BackoffPlan`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from vapi_provider.catalogue import declarations
from vapi_provider.models.base import DocumentedDefault, Number, VapiModel, refusal
from vapi_provider.models.field_traits import EMPTY_IS_ABSENT, REPAIRED, SECRET, UNORDERED, URL
from vapi_provider.models.urls import is_https, lacks_credential


def _has_credential(value: str) -> str:
    """Has a credential after its scheme, if it begins with one (`Bearer`). Source: our own care."""
    if lacks_credential(value):
        raise refusal(declarations.INCOMPLETE_CREDENTIAL)
    return value


class BackoffPlan(VapiModel):
    """Retry policy for failed webhook requests. Source: API schema, `type` and codes repaired."""

    type: Annotated[
        Literal["fixed", "exponential"],
        Field(description="How the delay grows between retries."),
        REPAIRED,
    ]
    max_retries: Annotated[Number, Field(ge=0, le=10, description="Maximum number of retries.")]
    base_delay_seconds: Annotated[
        Number, Field(ge=0, le=10, description="Seconds before the first retry.")
    ]
    excluded_status_codes: Annotated[
        list[Number] | None,
        Field(description="HTTP statuses that are not retried; absent: all but 2xx are."),
        EMPTY_IS_ABSENT,
        UNORDERED,
        REPAIRED,
    ] = None


class Server(VapiModel):
    """Your server, which Vapi asks what to do with a call. Source: API schema."""

    url: Annotated[
        str | None, Field(description="Where Vapi posts its messages; https only."), URL
    ] = None
    timeout_seconds: Annotated[
        Number | None,
        Field(
            ge=1,
            le=300,
            description="Seconds Vapi waits for an answer (not for the 7.5 s of "
            "an assistant-request).",
        ),
        DocumentedDefault(20),
    ] = None
    credential_id: Annotated[
        str | None, Field(description="Credential that authenticates Vapi to the server.")
    ] = None
    headers: Annotated[
        dict[str, Annotated[str, AfterValidator(_has_credential)]] | None,
        Field(description="HTTP headers to send; an Authorization header replaces credential_id."),
        EMPTY_IS_ABSENT,
        SECRET,
    ] = None
    static_ip_addresses_enabled: Annotated[
        bool | None,
        Field(description="Whether requests come from Vapi's fixed address range."),
        DocumentedDefault(False),
    ] = None
    encrypted_paths: Annotated[
        list[str] | None,
        Field(description="Paths in the body to encrypt with the credential's key."),
        EMPTY_IS_ABSENT,
        UNORDERED,
    ] = None
    backoff_plan: Annotated[
        BackoffPlan | None,
        Field(description="Retry policy for failed requests; absent: no retries."),
    ] = None

    @field_validator("url")
    @classmethod
    def _https(cls, url: str | None) -> str | None:
        """Is an https:// URL. Source: observed for assistants' servers; refused by our choice."""
        if url is not None and not is_https(url):
            raise refusal(declarations.NOT_HTTPS, found=url)
        return url
