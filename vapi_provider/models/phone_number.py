"""Models of the five kinds of phone numbers: the create, update and read schema of each.

The API calls the kind `provider`; in this code "provider" alone means Pulumi's. One file for all
kinds, because they share base classes that are no schemas of the API.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from vapi_provider.catalogue import declarations
from vapi_provider.models.base import DocumentedDefault, VapiModel, refusal
from vapi_provider.models.constants import UUID
from vapi_provider.models.destination import Destination, check_number, check_number_when_known
from vapi_provider.models.field_traits import ANY_CASE, EMPTY_IS_ABSENT, PHONE, SECRET, URL
from vapi_provider.models.hook import Hook
from vapi_provider.models.server import Server
from vapi_provider.models.sip import SipAuthentication, has_sip_scheme

AreaCode = Annotated[
    str | None,
    Field(
        min_length=3,
        max_length=3,
        description="US area code to buy a number in.",
        validate_default=True,
    ),
]
ImportedNumber = Annotated[
    str, Field(description="The number, E.164, as the carrier has it."), PHONE
]
CredentialId = Annotated[str, Field(description="Credential for the carrier, created in Vapi.")]
TwilioAccountSid = Annotated[str, Field(description="Twilio account that owns the number.")]


class _Common(VapiModel):
    """Fields that all five kinds share."""

    name: Annotated[
        str | None,
        Field(max_length=40, description="Label in the dashboard."),
        EMPTY_IS_ABSENT,
    ] = None
    assistant_id: Annotated[str | None, Field(description="Assistant that answers, a UUID.")] = None
    squad_id: Annotated[str | None, Field(description="Squad that answers.")] = None
    workflow_id: Annotated[
        str | None,
        Field(description="A workflow, which answers nobody since 2026-08-19; kept to clear it."),
    ] = None
    server: Annotated[
        Server | None,
        Field(
            description="Your server: asked who answers when neither assistant_id nor squad_id is "
            "set. Where it answers an error such as 500, an ending hook for "
            "assistant-request-returned-error runs, and the fallback does not."
        ),
    ] = None
    fallback_destination: Annotated[
        Destination | None,
        Field(
            description="Where a call goes when the server does not answer in time; used only "
            "where neither assistant_id nor squad_id is set."
        ),
    ] = None
    hooks: Annotated[
        list[Hook] | None,
        Field(description="What happens as a call rings or ends."),
        EMPTY_IS_ABSENT,
    ] = None

    @field_validator("assistant_id")
    @classmethod
    def _uuid(cls, assistant_id: str | None) -> str | None:
        """Is a UUID. Source: observed answer."""
        if assistant_id is not None and not UUID.fullmatch(assistant_id):
            raise refusal(declarations.NOT_A_UUID)
        return assistant_id


class _Read(VapiModel):
    """Fields that the API adds to every record."""

    id: Annotated[str, Field(description="Id of the record.")]
    org_id: Annotated[str, Field(description="Organization that owns it.")]
    created_at: Annotated[str, Field(description="Creation time, ISO 8601.")]
    updated_at: Annotated[str, Field(description="Time of the last change, ISO 8601.")]
    status: Annotated[
        Literal["active", "activating", "blocked"] | None, Field(description="Whether calls work.")
    ] = None


class _Vapi(_Common):
    sip_uri: Annotated[
        str | None,
        Field(
            description="SIP URI to be reached at: sip:<any name>@<the region's SIP host>. "
            "A number with a SIP URI alone is inbound only."
        ),
        ANY_CASE,
        URL,
    ] = None
    authentication: Annotated[
        SipAuthentication | None,
        Field(description="What a caller of the SIP URI must know; absent: anyone may call it."),
    ] = None

    @field_validator("sip_uri")
    @classmethod
    def _scheme(cls, uri: str | None) -> str | None:
        """Has its scheme, sip: or sips:. Source: API's documented form."""
        return uri if uri is None else has_sip_scheme(uri)


class CreateVapiPhoneNumberDTO(_Vapi):
    """A free number bought by area code, a SIP URI, or both.

    Validated with the context ``{"exists": True}`` it may have neither.
    """

    provider: Literal["vapi"]
    number_desired_area_code: AreaCode = None

    @field_validator("number_desired_area_code")
    @classmethod
    def _required_to_create(cls, area_code: str | None, info: ValidationInfo) -> str | None:
        """Is required without `sip_uri` to create a record. Source: observed answer."""
        exists = bool(info.context and info.context.get("exists"))
        if area_code is None and info.data.get("sip_uri", "") is None and not exists:
            raise refusal(declarations.NEITHER_AREA_CODE_NOR_SIP_URI)
        return area_code


class UpdateVapiPhoneNumberDTO(_Vapi):
    """What can be changed of a `VapiPhoneNumber`."""

    provider: Literal["vapi"] | None = None


class VapiPhoneNumber(_Vapi, _Read):
    """A `vapi` record as the API answers it."""

    provider: Literal["vapi"]
    number: Annotated[str | None, Field(description="The digits that were bought.")] = None
    number_desired_area_code: AreaCode = None


class _Imported(_Common):
    """Fields of the kinds whose number a carrier has assigned."""

    @field_validator("number", check_fields=False)
    @classmethod
    def _e164(cls, number: str | None) -> str | None:
        """Is E.164 and a possible number. Source: observed answer."""
        return number if number is None else check_number(number, e164_check_enabled=True)


class _Twilio(_Imported):
    sms_enabled: Annotated[
        bool | None,
        Field(description="Whether Vapi also takes the number's messages."),
        DocumentedDefault(True),
    ] = None
    twilio_auth_token: Annotated[str | None, Field(description="Twilio auth token."), SECRET] = None
    twilio_api_key: Annotated[str | None, Field(description="Twilio API key."), SECRET] = None
    twilio_api_secret: Annotated[
        str | None, Field(description="Twilio API secret.", validate_default=True), SECRET
    ] = None


class CreateTwilioPhoneNumberDTO(_Twilio):
    """A number of a Twilio account."""

    provider: Literal["twilio"]
    number: ImportedNumber
    twilio_account_sid: TwilioAccountSid

    @field_validator("twilio_api_secret")
    @classmethod
    def _credentials(cls, secret: str | None, info: ValidationInfo) -> str | None:
        """Is required, with `twilio_api_key`, without `twilio_auth_token`.

        Source: API schema's description.
        """
        # info.data lacks invalid and unknown fields; without them the rule does not apply.
        token, key = info.data.get("twilio_auth_token", ""), info.data.get("twilio_api_key", "")
        if token is None and (key is None or secret is None):
            raise refusal(declarations.NO_TWILIO_CREDENTIALS)
        return secret


class UpdateTwilioPhoneNumberDTO(_Twilio):
    """What can be changed of a `TwilioPhoneNumber`."""

    provider: Literal["twilio"] | None = None
    number: ImportedNumber | None = None
    twilio_account_sid: TwilioAccountSid | None = None


class TwilioPhoneNumber(_Twilio, _Read):
    """A `twilio` record as the API answers it."""

    provider: Literal["twilio"]
    number: ImportedNumber
    twilio_account_sid: TwilioAccountSid


class _CreateWithCredential(_Imported):
    number: ImportedNumber
    credential_id: CredentialId


class _UpdateWithCredential(_Imported):
    number: ImportedNumber | None = None
    credential_id: CredentialId | None = None


class CreateVonagePhoneNumberDTO(_CreateWithCredential):
    """A number of a Vonage account."""

    provider: Literal["vonage"]


class UpdateVonagePhoneNumberDTO(_UpdateWithCredential):
    """What can be changed of a `VonagePhoneNumber`."""

    provider: Literal["vonage"] | None = None


class VonagePhoneNumber(_CreateWithCredential, _Read):
    """A `vonage` record as the API answers it."""

    provider: Literal["vonage"]


class CreateTelnyxPhoneNumberDTO(_CreateWithCredential):
    """A number of a Telnyx account."""

    provider: Literal["telnyx"]


class UpdateTelnyxPhoneNumberDTO(_UpdateWithCredential):
    """What can be changed of a `TelnyxPhoneNumber`."""

    provider: Literal["telnyx"] | None = None


class TelnyxPhoneNumber(_CreateWithCredential, _Read):
    """A `telnyx` record as the API answers it."""

    provider: Literal["telnyx"]


class _Byo(_Common):
    number_e164_check_enabled: Annotated[
        bool | None,
        Field(description="Whether number must be E.164; off: letters and digits."),
        DocumentedDefault(True),
    ] = None
    number: Annotated[
        str | None,
        Field(min_length=3, max_length=40, description="The number on your trunk."),
        PHONE,
    ] = None

    @field_validator("number")
    @classmethod
    def _e164(cls, number: str | None, info: ValidationInfo) -> str | None:
        """Is E.164 unless `number_e164_check_enabled` is false; then letters and digits.

        Source: API schema's description; observed answer.
        """
        return number if number is None else check_number_when_known(number, info)


class CreateByoPhoneNumberDTO(_Byo):
    """A number on your own SIP trunk or carrier."""

    provider: Literal["byo-phone-number"]
    credential_id: CredentialId


class UpdateByoPhoneNumberDTO(_Byo):
    """What can be changed of a `ByoPhoneNumber`."""

    provider: Literal["byo-phone-number"] | None = None
    credential_id: CredentialId | None = None


class ByoPhoneNumber(_Byo, _Read):
    """A `byo-phone-number` record as the API answers it."""

    provider: Literal["byo-phone-number"]
    credential_id: CredentialId
