"""One switch for each behavior of the API that is not known for certain.

The default is the likely behavior, or the one that is harder for a client.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from vapi_provider.catalogue.embedded import SWITCH_UNKNOWN, SWITCH_VALUE

T = TypeVar("T")

_NOTHING: frozenset[str] = frozenset()
_FALSE = ("false", "no", "off", "0")
_TRUE = ("true", "yes", "on", "1")


def _switch(default: T, about: str) -> T:
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class Switches:
    """The behavior of an embedded account where the API's behavior is uncertain."""

    # What may be created
    at_least_one_as_list: bool = _switch(
        True, "the message about a missing area code and SIP URI comes as a list, else as text"
    )
    out_of_stock: frozenset[str] = _switch(
        frozenset({"000", "999"}),
        "area codes without numbers, on top of those that cannot exist (0xx, 1xx, N11, letters)",
    )
    free_number_quota: int | None = _switch(
        None, "how many numbers of Vapi's own the account may hold (documented: 5); none: any"
    )
    quota_status: Literal[400, 402] = _switch(400, "status of a purchase beyond the quota")
    duplicate_status: Literal[400, 409] = _switch(400, "status where something must be unique")
    unique_carrier_numbers: bool = _switch(
        False, "refuse a carrier's number that the account already has under the same kind"
    )
    http_server_url: bool = _switch(False, "take http:// for a server's url")
    legacy_server_url: bool = _switch(False, "take serverUrl and serverUrlSecret, as older docs do")
    server_secret: bool = _switch(True, "take server.secret, drop it and only say that one is set")
    nested_keys_taken: frozenset[str] = _switch(
        _NOTHING,
        "keys that no schema has and that nested objects may hold: kept and shown; secret among "
        "them beats server_secret",
    )
    twilio_credentials_required: bool = _switch(
        True, "refuse a Twilio number with neither an auth token nor an API key and secret"
    )
    known_assistants: frozenset[str] | None = _switch(
        None, "the only assistant ids that exist; none: any"
    )
    known_credentials: frozenset[str] | None = _switch(
        None, "the only credential ids that exist; none: any"
    )
    missing_carrier_numbers: frozenset[str] = _switch(
        _NOTHING, "numbers that Twilio or Telnyx do not have"
    )

    # How a number comes to life
    activation_seconds: float | None = _switch(
        1.0, "how long a bought number is activating; none: for ever"
    )
    final_status: str = _switch(
        "active", "the status that follows: active, blocked, or one that no schema has"
    )
    activation_bumps_updated_at: bool = _switch(True, "becoming active changes updatedAt")
    number_after_seconds: float | None = _switch(
        0.0, "how long a bought number's digits are absent; none: for ever"
    )
    number_after_reads: int = _switch(0, "how many reads do not show a bought number's digits")
    billing_failure: bool = _switch(False, "a purchase leaves an active record without digits")
    new_record_missing_reads: int = _switch(
        0, "how many reads of a new record by its id answer 404, in the process that made it"
    )
    new_record_unlisted_seconds: float = _switch(0.0, "how long lists do not show a new record")

    # What an answer shows
    echo_area_code: bool = _switch(False, "show numberDesiredAreaCode")
    echo_sip_password: bool = _switch(False, "show authentication.password")
    echo_twilio_secrets: bool = _switch(True, "show twilioAuthToken, twilioApiKey, twilioApiSecret")
    echo_server_headers: bool = _switch(True, "show server.headers")
    materialise_defaults: bool = _switch(False, "show documented defaults of absent fields")
    cleared_as_null: bool = _switch(True, "show a cleared field as null, else not at all")
    provider_resource_id: bool = _switch(True, "show providerResourceId, which no schema has")
    absent_as_null: bool = _switch(False, "show each absent field as null")
    sip_host_upper: bool = _switch(False, "show the host of a sipUri in capitals")
    unknown_fields: bool = _switch(False, "show fields that no schema has, at every depth")
    mask_listed_numbers: bool = _switch(False, "hide the middle of numbers in lists")

    # How requests are taken
    malformed_id_status: Literal[400, 404] = _switch(400, "status for an id that is no UUID")
    unknown_query_refused: bool = _switch(True, "refuse query parameters that no schema has")
    sorted_pages_refused: bool = _switch(False, "refuse sortBy and sortOrder on /v2/phone-number")
    noop_bumps_updated_at: bool = _switch(True, "a PATCH that changes nothing changes updatedAt")
    latency_seconds: float = _switch(0.0, "how long every answer takes at least")
    requests_per_minute: int | None = _switch(
        None, "how many requests of a UTC minute are carried out, the rest answer 429; none: any"
    )


def describe_switches() -> list[tuple[str, str, str]]:
    """Return each switch's name, default in the command line's form, and description."""
    return [
        (switch.name, _format_default(switch.default), switch.metadata["about"])
        for switch in fields(Switches)
    ]


def parse_switches(settings: Iterable[str]) -> Switches:
    """Return the switches of ``NAME=VALUE`` texts; the last one of a name wins.

    A set is written with commas, and None as ``none``.

    Raises:
        ValueError: One line with the switch and the values it takes, or with all switches.
    """
    hints = get_type_hints(Switches)
    chosen: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip().replace("-", "_")
        if name not in hints:
            raise ValueError(SWITCH_UNKNOWN(name=name, names=", ".join(hints)))
        if not equals:
            raise ValueError(SWITCH_VALUE(name=name, reason=f"needs a value: {name}=VALUE"))
        try:
            chosen[name] = _parse_value(hints[name], text.strip())
        except ValueError:
            reason = f"takes {_describe_type(hints[name])}, not {text.strip()!r}"
            raise ValueError(SWITCH_VALUE(name=name, reason=reason)) from None
    return Switches(**chosen)


def _parse_value(hint: Any, text: str) -> Any:
    if get_origin(hint) is UnionType:
        if text.lower() == "none":
            return None
        hint = next(member for member in get_args(hint) if member is not NoneType)
    if hint is bool:
        if text.lower() not in _TRUE + _FALSE:
            raise ValueError(text)
        return text.lower() in _TRUE
    if get_origin(hint) is Literal:
        number = int(text)
        if number not in get_args(hint):
            raise ValueError(text)
        return number
    if get_origin(hint) is frozenset:
        return frozenset(part.strip() for part in text.split(",") if part.strip())
    if hint is str:
        if not text:
            raise ValueError(text)
        return text
    number = hint(text)
    if not 0 <= number < float("inf"):
        raise ValueError(text)
    return number


def _describe_type(hint: Any) -> str:
    if get_origin(hint) is UnionType:
        return " or ".join(_describe_type(member) for member in get_args(hint))
    if get_origin(hint) is Literal:
        return " or ".join(str(literal) for literal in get_args(hint))
    if get_origin(hint) is frozenset:
        return "values with commas"
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    return words.get(hint, "none")


def _format_default(value: Any) -> str:
    if isinstance(value, frozenset):
        return ",".join(sorted(str(item) for item in value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return str(value).lower()
