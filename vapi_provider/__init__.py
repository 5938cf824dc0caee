"""Public API of the Vapi phone number provider: resource classes and their argument types.

Names are imported lazily on first access, because the command line and the embedded account are
parts of this package and run without Pulumi.
"""

# Runs before any other import, because a module of the project may shadow a library.
from vapi_provider.shared.search_path import put_libraries_first

put_libraries_first()
del put_libraries_first

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
    module = "args" if name.endswith("Args") else "resources"
    return getattr(import_module(f"{__name__}.{module}"), name)
