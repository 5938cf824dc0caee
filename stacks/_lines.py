"""Phone lines that all environments share; a stack passes only what differs."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from vapi_provider import (
    PhoneNumberHookCallRingingArgs,
    SayPhoneNumberHookActionArgs,
    ServerArgs,
    SipAuthenticationArgs,
    TransferDestinationNumberArgs,
    TransferDestinationSipArgs,
    TransferPlanArgs,
    VapiPhoneNumber,
)

Reached = dict[str, pulumi.Output[str | None]]
"""What a stack exports: how each line is reached, by the line's name."""


def support_line(
    area_code: str,
    desk: str,
    blocked_prefixes: Sequence[str] = (),
    opts: pulumi.ResourceOptions | None = None,
) -> Reached:
    """Declare a number whose calls fall back to `desk`, a phone number.

    A caller whose number begins with one of `blocked_prefixes` hears that the line is not open.
    """
    refused = PhoneNumberHookCallRingingArgs(
        on="call.ringing",
        filters=[{"type": "startsWith", "key": "number", "starts_with": list(blocked_prefixes)}],
        do=[SayPhoneNumberHookActionArgs(type="say", exact="This line is not open to you.")],
    )
    line = VapiPhoneNumber(
        "support",
        number_desired_area_code=area_code,
        hooks=[refused] if blocked_prefixes else None,
        fallback_destination=TransferDestinationNumberArgs(
            type="number",
            number=desk,
            message="Connecting you to our support desk.",
            transfer_plan=TransferPlanArgs(mode="blind-transfer"),
        ),
        opts=opts,
    )
    return {"support": line.number}


def sip_entry(sip_uri: str, desk: str, opts: pulumi.ResourceOptions | None = None) -> Reached:
    """Declare a SIP URI whose callers need a password; its calls fall back to `desk`, a SIP URI."""
    secrets = pulumi.Config()
    entry = VapiPhoneNumber(
        "switchboard",
        sip_uri=sip_uri,
        authentication=SipAuthenticationArgs(
            username="switchboard-of-the-team",
            password=secrets.require_secret("sipPassword"),
        ),
        fallback_destination=TransferDestinationSipArgs(
            type="sip",
            sip_uri=desk,
            message="",
            sip_headers={"X-Reason": "fallback", "X-Stack": pulumi.get_stack()},
        ),
        opts=opts,
    )
    return {"switchboard": entry.sip_uri}


def own_server_line(
    area_code: str,
    url: str,
    desk: str | None = None,
    opts: pulumi.ResourceOptions | None = None,
) -> Reached:
    """Declare a number whose calls our own server handles; it authenticates Vapi by a token.

    With a `desk`, that phone number is called if the server does not answer in time.
    """
    secrets = pulumi.Config()
    token = secrets.require_secret("serverToken")
    line = VapiPhoneNumber(
        "front-desk",
        number_desired_area_code=area_code,
        server=ServerArgs(
            url=url,
            timeout_seconds=10,
            headers={"Authorization": pulumi.Output.concat("Bearer ", token)},
            backoff_plan={"type": "exponential", "max_retries": 3, "base_delay_seconds": 1},
        ),
        fallback_destination=TransferDestinationNumberArgs(type="number", number=desk)
        if desk
        else None,
        opts=opts,
    )
    return {"front-desk": line.number}
