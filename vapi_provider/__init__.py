"""Vapi phone numbers as Pulumi resources: the public face, and nothing else.

Names are loaded when they are first asked for: the command line and the embedded account live here
too, and need no Pulumi.
"""

# Before anything else is imported: a project's own module may be called like a library.
from vapi_provider.shared.search_path import arrange

arrange()
del arrange

# isort: split
from importlib import import_module  # noqa: E402
from typing import TYPE_CHECKING, Any  # noqa: E402

if TYPE_CHECKING:
    from vapi_provider.args import (
        BackoffPlanArgs,
        ByoPhoneNumberArgs,
        ContextEngineeringPlanAllArgs,
        ContextEngineeringPlanLastNMessagesArgs,
        ContextEngineeringPlanNoneArgs,
        CustomMessageArgs,
        PhoneNumberCallEndingHookFilterArgs,
        PhoneNumberCallRingingHookFilterArgs,
        PhoneNumberHookCallEndingArgs,
        PhoneNumberHookCallRingingArgs,
        SayPhoneNumberHookActionArgs,
        ServerArgs,
        SipAuthenticationArgs,
        SummaryPlanArgs,
        TelnyxPhoneNumberArgs,
        TextContentArgs,
        TransferDestinationNumberArgs,
        TransferDestinationSipArgs,
        TransferFallbackPlanArgs,
        TransferPhoneNumberHookActionArgs,
        TransferPlanArgs,
        TwilioPhoneNumberArgs,
        VapiPhoneNumberArgs,
        VonagePhoneNumberArgs,
    )
    from vapi_provider.resources import (
        ByoPhoneNumber,
        TelnyxPhoneNumber,
        TwilioPhoneNumber,
        VapiPhoneNumber,
        VonagePhoneNumber,
    )

__all__ = [
    "BackoffPlanArgs",
    "ByoPhoneNumber",
    "ByoPhoneNumberArgs",
    "ContextEngineeringPlanAllArgs",
    "ContextEngineeringPlanLastNMessagesArgs",
    "ContextEngineeringPlanNoneArgs",
    "CustomMessageArgs",
    "PhoneNumberCallEndingHookFilterArgs",
    "PhoneNumberCallRingingHookFilterArgs",
    "PhoneNumberHookCallEndingArgs",
    "PhoneNumberHookCallRingingArgs",
    "SayPhoneNumberHookActionArgs",
    "ServerArgs",
    "SipAuthenticationArgs",
    "SummaryPlanArgs",
    "TelnyxPhoneNumber",
    "TelnyxPhoneNumberArgs",
    "TextContentArgs",
    "TransferDestinationNumberArgs",
    "TransferDestinationSipArgs",
    "TransferFallbackPlanArgs",
    "TransferPhoneNumberHookActionArgs",
    "TransferPlanArgs",
    "TwilioPhoneNumber",
    "TwilioPhoneNumberArgs",
    "VapiPhoneNumber",
    "VapiPhoneNumberArgs",
    "VonagePhoneNumber",
    "VonagePhoneNumberArgs",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = "args" if name.endswith("Args") else "resources"
    return getattr(import_module(f"{__name__}.{room}"), name)
