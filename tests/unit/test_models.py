"""The API's vocabulary: every bound at, under and over it; strictness; the way to the wire."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.builders import FULL, MINIMAL, UUID
from vapi_provider.models.base import VapiModel
from vapi_provider.models.kinds import KINDS

Path = tuple[str | int, ...]

PLAN: Path = ("fallback_destination", "transfer_plan")
SERVER: Path = ("server",)
BACKOFF: Path = ("server", "backoff_plan")
NUMBER: Path = ("hooks", 0, "do", 1, "destination")
AUTHENTICATION: Path = ("authentication",)
STARTS_WITH: Path = ("hooks", 0, "filters", 0, "starts_with")


def declared(kind: str, **fields: Any) -> VapiModel:
    """The create schema of `kind`, from what a program writes."""
    return KINDS[kind].create.model.model_validate(
        {"provider": kind, **fields}, by_name=True, by_alias=False
    )


def with_value(path: Path, value: Any) -> dict[str, Any]:
    """`FULL` with the value at `path` replaced."""
    fields = copy.deepcopy(FULL)
    found: Any = fields
    for step in path[:-1]:
        found = found[step]
    found[path[-1]] = value
    return fields


def refusals(path: Path, value: Any) -> list[str]:
    """What is wrong with `FULL` when `path` holds `value`: locations without the unions' tags."""
    try:
        declared("vapi", **with_value(path, value))
    except ValidationError as refused:
        return [
            ".".join(str(step) for step in error["loc"] if not str(step).startswith("<"))
            for error in refused.errors()
        ]
    return []


LENGTHS = [
    (("name",), 0, 40),
    (("number_desired_area_code",), 3, 3),
    ((*AUTHENTICATION, "username"), 20, 40),
    ((*AUTHENTICATION, "password"), 20, 40),
    ((*NUMBER, "number"), 3, 40),
    ((*NUMBER, "extension"), 1, 10),
    ((*NUMBER, "caller_id"), 0, 40),
    (("fallback_destination", "caller_id"), 0, 40),
    (("fallback_destination", "message", "content"), 0, 1000),
    ((*PLAN, "twiml"), 0, 4096),
    ((*PLAN, "fallback_plan", "message", "content"), 0, 1000),
    ((*STARTS_WITH, 0), 0, 20),
    (("hooks", 0, "do", 0, "exact"), 0, 4000),
    (("hooks", 1, "do", "exact"), 0, 4000),
]

RANGES = [
    ((*SERVER, "timeout_seconds"), 1, 300),
    ((*BACKOFF, "max_retries"), 0, 10),
    ((*BACKOFF, "base_delay_seconds"), 0, 10),
    ((*PLAN, "timeout"), 1, 600),
    ((*PLAN, "dial_timeout"), 1, 600),
    ((*PLAN, "summary_plan", "timeout_seconds"), 1, 60),
    ((*PLAN, "context_engineering_plan", "max_messages"), 0, None),
]


def dotted(path: Any) -> str | None:
    """A path as a test's name."""
    return ".".join(str(step) for step in path) if isinstance(path, tuple) else None


@pytest.mark.parametrize(("path", "least", "most"), LENGTHS, ids=dotted)
def test_texts_have_their_bounds(path: Path, least: int, most: int) -> None:
    """A text is taken at both of its bounds and refused just beyond them."""
    assert refusals(path, "a" * least) == []
    assert refusals(path, "a" * most) == []
    assert refusals(path, "a" * (most + 1)) == [dotted(path)]
    if least:
        assert refusals(path, "a" * (least - 1)) == [dotted(path)]


@pytest.mark.parametrize(("path", "least", "most"), RANGES, ids=dotted)
def test_numbers_have_their_bounds(path: Path, least: int, most: int | None) -> None:
    """A number is taken at both of its bounds and refused just beyond them."""
    assert refusals(path, least) == []
    assert refusals(path, least - 0.001) == [dotted(path)]
    assert refusals(path, 10**6 if most is None else most) == []
    if most is not None:
        assert refusals(path, most + 0.001) == [dotted(path)]


def test_prefixes_have_their_bound() -> None:
    """A ringing filter takes twenty beginnings, not twenty-one."""
    assert refusals(STARTS_WITH, ["1"] * 20) == []
    assert refusals(STARTS_WITH, ["1"] * 21) == [dotted(STARTS_WITH)]


CHOICES = [
    ((*BACKOFF, "type"), ["fixed", "exponential"]),
    (
        (*PLAN, "mode"),
        [
            "blind-transfer",
            "blind-transfer-add-summary-to-sip-header",
            "warm-transfer-say-message",
            "warm-transfer-say-summary",
            "warm-transfer-twiml",
            "warm-transfer-wait-for-operator-to-speak-first-and-then-say-message",
            "warm-transfer-wait-for-operator-to-speak-first-and-then-say-summary",
            "warm-transfer-experimental",
        ],
    ),
    ((*PLAN, "sip_verb"), ["refer", "bye", "dial"]),
    (
        ("hooks", 1, "filters", 0, "one_of", 0),
        [
            "assistant-request-failed",
            "assistant-request-returned-error",
            "assistant-request-returned-unspeakable-error",
            "assistant-request-returned-invalid-assistant",
            "assistant-request-returned-no-assistant",
            "assistant-request-returned-forwarding-phone-number",
        ],
    ),
    (("hooks", 0, "filters", 0, "key"), ["number"]),
    (("hooks", 0, "filters", 0, "type"), ["startsWith"]),
    (("hooks", 1, "filters", 0, "key"), ["call.endedReason"]),
    (("hooks", 1, "filters", 0, "type"), ["oneOf"]),
    (("fallback_destination", "message", "contents", 0, "language"), ["en", "yue", "zu"]),
    (("fallback_destination", "message", "type"), ["custom-message"]),
]


@pytest.mark.parametrize(("path", "allowed"), CHOICES, ids=dotted)
def test_choices_are_closed(path: Path, allowed: list[str]) -> None:
    """Each word that the API lists is taken, in its exact spelling only."""
    for word in allowed:
        assert refusals(path, word) == []
        assert refusals(path, word.swapcase()) == [dotted(path)]


SHAPES = [
    (
        ("sip_uri",),
        ["sip:a@b", "SIPS:a@b"],
        [
            "a@sip.vapi.ai",
            "sip:",
            "sip: ",
            "sip:a b@c",
            "tel:1",
            "sip:@sip.vapi.ai",
            "sip:a@",
            "sip:a@.vapi.ai",
            "sip:a@pbx..com",
            "sip:a@[]",
            "sip:a@-.com",
        ],
    ),
    (("assistant_id",), [UUID, UUID.upper()], ["", "support", UUID[:-1], UUID + "0"]),
    (
        (*SERVER, "url"),
        ["https://a", "HTTPS://a/b?c"],
        [
            "http://a",
            "https://",
            "https:///b",
            "a",
            "https://a b",
            "https://:443/b",
            "https://?a",
            "https://.a.com/b",
            "https://a..com",
            "https://-a.com",
            "https://a-.com",
            "https://a:b/",
        ],
    ),
    (
        ("fallback_destination", "sip_uri"),
        [
            "sip:desk@pbx.example.com",
            "sip:pbx.example.com:5060;transport=tls",
            "sips:a:b@c?x=1",
            "sip:a@[::1]:5060",
            "sip:a@pbx.example.com.",
        ],
        ["desk@pbx.example.com", "", "sip:@pbx.example.com", "sip:desk@:5060", "sip:a@;x=y"],
    ),
    ((*NUMBER, "number"), ["+14155550100", "desk12"], ["+1 415", "a-b", "++1234"]),
]


@pytest.mark.parametrize(("path", "good", "bad"), SHAPES, ids=dotted)
def test_texts_have_their_shape(path: Path, good: list[str], bad: list[str]) -> None:
    """URIs, URLs, ids and unchecked numbers are taken in their form only."""
    assert [value for value in good if refusals(path, value)] == []
    assert [value for value in bad if refusals(path, value) != [dotted(path)]] == []


@pytest.mark.parametrize(
    "value", ["Bearer ", "bearer", "Basic", " Token ", "Bearer: ", 'Bearer ""', "Basic Og=="]
)
def test_a_header_without_its_credential_is_refused(value: str) -> None:
    """A scheme with nothing behind it is refused under the header's path; no value is shown."""
    path = (*SERVER, "headers", "Authorization")
    assert refusals(path, value) == [dotted(path)]
    assert refusals(path, f"{value.strip()} abc") == []
    assert refusals((*SERVER, "headers", "X-Empty"), "") == []


@pytest.mark.parametrize(
    ("kind", "number", "named"),
    [
        ("byo-phone-number", "4155552671", True),
        ("byo-phone-number", "ext-12", False),
        ("twilio", "4155552671", False),
    ],
)
def test_a_refused_number_names_the_switch(kind: str, number: str, named: bool) -> None:
    """The refusal names `number_e164_check_enabled` where the number is taken without the check."""
    with pytest.raises(ValidationError, match="E.164") as raised:
        declared(kind, **{**MINIMAL[kind], "number": number})
    assert ("number_e164_check_enabled=False" in str(raised.value)) == named


@pytest.mark.parametrize("kind", ["twilio", "vonage", "telnyx", "byo-phone-number"])
@pytest.mark.parametrize(
    "number", ["4155552671", "+1 4155552671", "+1415", "+999999999999", "+14155552671x"]
)
def test_a_carrier_number_is_e164(kind: str, number: str) -> None:
    """What is no E.164 number is refused for every carrier's kind."""
    with pytest.raises(ValidationError, match="E.164"):
        declared(kind, **{**MINIMAL[kind], "number": number})


@pytest.mark.parametrize(
    ("enabled", "number", "good"),
    [(False, "ext4512", True), (False, "a-b", False), (True, "ext4512", False)]
    + [(False, "12", False), (False, "a" * 40, True), (False, "a" * 41, False)],
)
def test_a_byo_number_follows_its_own_check(enabled: bool, number: str, good: bool) -> None:
    """`number_e164_check_enabled` decides between E.164 and 3 to 40 letters and digits."""
    fields = {"credential_id": UUID, "number_e164_check_enabled": enabled, "number": number}
    if good:
        assert declared("byo-phone-number", **fields)
    else:
        with pytest.raises(ValidationError):
            declared("byo-phone-number", **fields)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*SERVER, "timeout_seconds"), "20"),
        ((*SERVER, "timeout_seconds"), True),
        ((*SERVER, "timeout_seconds"), float("nan")),
        ((*PLAN, "context_engineering_plan", "max_messages"), float("inf")),
        ((*SERVER, "static_ip_addresses_enabled"), 1),
        ((*SERVER, "static_ip_addresses_enabled"), "true"),
        ((*SERVER, "headers"), {"X": 1}),
        ((*SERVER, "encrypted_paths"), "a.b"),
        ((*PLAN, "summary_plan", "messages"), ["text"]),
        (("name",), 7),
        (("number_desired_area_code",), 415),
        (("hooks",), {}),
        (("server",), "https://voice.example.com"),
        (("fallback_destination", "sip_headers"), "X: y"),
    ],
    ids=str,
)
def test_nothing_is_converted(path: Path, value: Any) -> None:
    """A value of another type is refused, also where it could be read as the right one."""
    assert refusals(path, value) != []


@pytest.mark.parametrize(
    "path",
    [("nme",), (*SERVER, "timeoutSeconds"), (*NUMBER, "transferPlan"), ("hooks", 1, "dos")],
    ids=dotted,
)
def test_unknown_keys_are_refused(path: Path) -> None:
    """A key that the schema does not have is refused at every depth, camelCase ones too."""
    assert refusals(path, None) == [dotted(path)]
