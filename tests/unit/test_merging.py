"""What a PATCH of a nested field sends: this change, and everything else as the account has it."""

from __future__ import annotations

from typing import Any

import pytest

from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.merge import UNKNOWN, Merge
from vapi_provider.reconcile.merge_warnings import loss_warnings, sends_masked_secret
from vapi_provider.reconcile.placeholders import CHANGED_OUTSIDE
from vapi_provider.reconcile.properties import Desired
from vapi_provider.reconcile.request_body import wire_body

VAPI = KINDS["vapi"].fields


def merge(name: str, base: Any, ours: Any, theirs: Any) -> tuple[Any, list[str], list[str]]:
    """What is sent for a field of a `vapi` number, what is kept and what is lost."""
    desired = Desired.of({"provider": "vapi", name: ours})
    sent = {} if ours is None else wire_body(desired)
    merged = Merge()
    spec = VAPI[name]
    value = merged.value(spec, name, base, ours, sent.get(spec.wire), theirs)
    return value, merged.kept, merged.lost


URL, OTHER = "https://a.example", "https://b.example"
NUMBER, OFF = "+14155552671", {"number_e164_check_enabled": False}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "sent", "kept"),
    [
        # Unknown keys stay at every depth.
        ({"url": URL}, {"url": OTHER}, {"url": URL, "secret": "s", "a b": {"c": [1]}},
         {"url": OTHER, "secret": "s", "a b": {"c": [1]}}, []),
        # What was changed outside stays, and is told.
        ({"url": URL}, {"url": OTHER}, {"url": URL, "timeoutSeconds": 40},
         {"url": OTHER, "timeoutSeconds": 40}, ["server.timeout_seconds"]),
        ({"url": URL, "timeout_seconds": 30}, {"url": OTHER, "timeout_seconds": 30}, {"url": URL},
         {"url": OTHER}, ["server.timeout_seconds"]),
        # A default that the account writes out is no difference.
        ({"url": URL}, {"url": OTHER}, {"url": URL, "timeoutSeconds": 20},
         {"url": OTHER, "timeoutSeconds": 20}, []),
        # What the change removes goes, nulls are absent.
        ({"url": URL, "timeout_seconds": 30}, {"url": URL},
         {"url": URL, "timeoutSeconds": 30, "backoffPlan": None}, {"url": URL}, []),
        # Both changed it: as declared.
        ({"url": URL}, {"url": OTHER}, {"url": "https://c.example"}, {"url": OTHER}, []),
        # The account has none any more, or never had.
        ({"url": URL}, {"url": OTHER}, None, {"url": OTHER}, []),
        (None, {"url": URL}, {"timeoutSeconds": 40}, {"url": URL, "timeoutSeconds": 40},
         ["server.timeout_seconds"]),
    ],
)  # fmt: skip
def test_an_object_is_merged_three_ways(
    base: Any, ours: Any, theirs: Any, sent: Any, kept: list[str]
) -> None:
    """Recorded, declared and the account's value decide field by field."""
    assert merge("server", base, ours, theirs) == (sent, kept, [])


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "sent", "kept"),
    [
        ({"A": "1"}, {"A": "1", "B": "2"}, {"A": "9"}, {"A": "9", "B": "2"}, ["server.headers.A"]),
        ({"A": "1", "B": "2"}, {"A": "1"}, {"A": "1", "B": "2", "C": "3"}, {"A": "1", "C": "3"},
         ["server.headers.C"]),
        # Not echoed: what is declared is sent. Masked: no mask is sent.
        ({"A": "1"}, {"A": "1", "B": "2"}, None, {"A": "1", "B": "2"}, []),
        ({"A": "1"}, {"A": "1", "B": "2"}, {"A": "***"}, {"A": "1", "B": "2"}, []),
        ({"A": "1"}, {"A": "1", "B": "2"}, {"A": "sk-****89"}, {"A": "1", "B": "2"}, []),
        ({"A": "1"}, {"A": "1", "B": "2"}, {"A": "[REDACTED]"}, {"A": "1", "B": "2"}, []),
        ({"A": "ab-12"}, {"A": "ab-12", "B": "2"}, {"A": "ab*12"}, {"A": "ab-12", "B": "2"}, []),
        ({"A": "1"}, {"A": "1", "B": "2"}, {"A": "xxxx89"}, {"A": "1", "B": "2"}, []),
        ({"A": "*/*"}, {"A": "*/*", "B": "2"}, {"A": "*/*"}, {"A": "*/*", "B": "2"}, []),
        ({"A": "1"}, {"A": "1", "B": "2"}, {"A": "a*b"}, {"A": "a*b", "B": "2"},
         ["server.headers.A"]),
        # Known to have been changed outside: nothing new to tell.
        ({"A": CHANGED_OUTSIDE}, {"A": CHANGED_OUTSIDE, "B": "2"}, {"A": "9"},
         {"A": "9", "B": "2"}, []),
        ({"A": "1"}, {"A": "2"}, {"A": "9"}, {"A": "2"}, []),
        # Removed outside.
        ({"A": "1"}, {"A": "1", "B": "2"}, {}, {"B": "2"}, ["server.headers.A"]),
    ],
)  # fmt: skip
def test_headers_are_merged_by_name(
    base: Any, ours: Any, theirs: Any, sent: Any, kept: list[str]
) -> None:
    """A header that does not change is the account's, but never a mask."""
    account = {"url": URL} if theirs is None else {"url": URL, "headers": theirs}
    found = merge("server", {"url": URL, "headers": base}, {"url": URL, "headers": ours}, account)
    assert found == ({"url": URL, "headers": sent}, kept, [])


@pytest.mark.parametrize(
    ("switch", "sent", "kept"), [({}, "1 415 555 2671", []), (OFF, NUMBER, [])]
)
def test_spellings_of_a_number_differ_without_the_check(
    switch: dict[str, Any], sent: str, kept: list[str]
) -> None:
    """With the E.164 check the account's spelling stays, without it the declared one is sent."""
    base = {"type": "number", "number": "1 415 555 2671", **switch}
    ours = {"type": "number", "number": NUMBER, "extension": "1", **switch}
    theirs = {"type": "number", "number": "1 415 555 2671"}
    theirs = {**theirs, **({"numberE164CheckEnabled": False} if switch else {})}
    value, told, _ = merge("fallback_destination", base, ours, theirs)
    assert (value["number"], told) == (sent, kept)


def test_masked_keys_that_nobody_knows_are_lost_and_named() -> None:
    """A mask is never written into the account; what cannot be sent is told by its path."""
    theirs = {"url": URL, "secret": "****", "deep": {"token": "•••", "a": 1}}
    sent, _, lost = merge("server", {"url": URL}, {"url": OTHER}, theirs)
    assert sent == {"url": OTHER, "deep": {"a": 1}}
    assert lost == ["server.secret", "server.deep.token"]


@pytest.mark.parametrize(
    ("extra", "kept", "gone"),
    [
        ({"tokens": ["a", "****"]}, {}, ["server.tokens"]),
        ({"tokens": [{"value": "••••"}]}, {}, ["server.tokens"]),
        ({"tokens": ["a", ["b"]]}, {"tokens": ["a", ["b"]]}, []),
        ({"isServerUrlSecretSet": True}, {}, ["server.secret"]),
        ({"isServerUrlSecretSet": False}, {}, []),
        ({"isServerUrlSecretSet": True, "secret": "s"}, {"secret": "s"}, []),
    ],
)
def test_what_cannot_be_sent_back_is_not(
    extra: dict[str, Any], kept: dict[str, Any], gone: list[str]
) -> None:
    """A list with a mask in it, and what only answers have; a secret that is not shown is lost."""
    sent, _, lost = merge("server", {"url": URL}, {"url": OTHER}, {"url": URL, **extra})
    assert (sent, lost) == ({"url": OTHER, **kept}, gone)


def say(*words: str) -> list[dict[str, Any]]:
    """Ringing hooks, each of which says a word."""
    return [{"on": "call.ringing", "do": [{"type": "say", "exact": word}]} for word in words]


def known(*words: str) -> list[dict[str, Any]]:
    """The same in the account, each with a key that no model knows."""
    return [{**hook, "key": hook["do"][0]["exact"]} for hook in say(*words)]


ENDING = {"on": "call.ending", "do": {"type": "say", "exact": "bye"}}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "keys"),
    [
        (say("a", "b"), say("a", "c"), known("a", "b"), ["a", "b"]),
        (say("a", "b"), say("b", "a"), known("a", "b"), ["b", "a"]),
        (say("a", "b", "c"), say("b", "c"), known("a", "b", "c"), ["b", "c"]),
        (say("a", "b"), say("a", "n", "b"), known("a", "b"), ["a", None, "b"]),
        # Added outside: stays; removed outside: stays removed.
        (say("a", "b"), say("a", "c"), known("a", "b", "x"), ["a", "b", "x"]),
        (say("a", "b"), say("c", "b"), known("a"), ["a"]),
        # Reordered outside.
        (say("a", "b"), say("a", "c"), known("b", "a"), ["a", "b"]),
        # The only one of its kind is known wherever it is.
        ([*say("a"), ENDING], [ENDING, *say("z")], [*known("a"), ENDING], [None, "a"]),
        # Ambiguous: not carried.
        (say("a", "b", "c"), say("x", "c"), known("a", "b", "c"), [None, "c"]),
        (None, say("a"), known("a", "x"), ["a", "x"]),
        (say("a"), say("b"), None, [None]),
    ],
)
def test_hooks_are_matched(base: Any, ours: Any, theirs: Any, keys: list[Any]) -> None:
    """An item keeps what the account has in it, by equality, place or being the only one."""
    sent, _, _ = merge("hooks", base, ours, theirs)
    assert [one.get("key") for one in sent] == keys


def test_adopting_keeps_what_is_not_declared() -> None:
    """Without a recorded value each declared leaf is sent and everything else is the account's."""
    theirs = {"url": URL, "timeoutSeconds": 40, "headers": {"A": "1"}, "key": 1}
    sent, kept, _ = merge("server", UNKNOWN, {"timeout_seconds": 20, "headers": {"B": "2"}}, theirs)
    assert sent == {
        "url": URL,
        "timeoutSeconds": 20,
        "headers": {"A": "1", "B": "2"},
        "key": 1,
    }
    assert kept == []


def test_another_kind_of_destination_replaces_the_old_one_and_is_named() -> None:
    """Nothing of a phone number's destination goes into a SIP one, and the preview says so."""
    number = {"type": "number", "number": "+14155550100"}
    sip = {"type": "sip", "sip_uri": "sip:a@b.example"}
    sent, _, _ = merge("fallback_destination", number, sip, {**number, "key": 1})
    assert sent == {"type": "sip", "sipUri": "sip:a@b.example"}
    (line,) = loss_warnings(VAPI["fallback_destination"], "fallback_destination", number, sip)
    assert line.startswith("fallback_destination: TransferDestinationSip takes the place of")


def transfer(number: str, **more: Any) -> dict[str, Any]:
    """Return a hook that transfers the call to a number."""
    destination = {"type": "number", "number": number, **more}
    return {"on": "call.ringing", "do": [{"type": "transfer", "destination": destination}]}


FIRST, LAST = transfer("+14155550100"), transfer("+14155550199")


@pytest.mark.parametrize(
    ("base", "ours", "lines"),
    [
        ([FIRST, LAST], [FIRST, LAST], []),
        ([FIRST], [FIRST, LAST], []),
        ([FIRST, LAST], [LAST], []),
        ([FIRST, LAST], [LAST, FIRST], ["hooks[1]: moved from hooks[0]"]),
        (
            say("a"),
            [FIRST],
            ["hooks[0].do[0]: takes the place of another item"],
        ),
    ],
)
def test_a_preview_names_the_items_that_lose_what_only_the_account_has(
    base: Any, ours: Any, lines: list[str]
) -> None:
    """An item that moves or takes another one's place is named; an added or removed one is not."""
    found = list(loss_warnings(VAPI["hooks"], "hooks", base, ours))
    assert len(found) == len(lines)
    assert all(map(str.startswith, found, lines))


@pytest.mark.parametrize(
    ("base", "ours", "expected"),
    [
        ({"X": CHANGED_OUTSIDE}, {"X": CHANGED_OUTSIDE}, False),
        ({"X": CHANGED_OUTSIDE, "Y": "1"}, {"X": CHANGED_OUTSIDE, "Y": "2"}, False),
        ({"X": "1"}, {"X": CHANGED_OUTSIDE}, True),
        (["1", CHANGED_OUTSIDE], [CHANGED_OUTSIDE, "2"], False),
        (["1"], ["1", CHANGED_OUTSIDE], True),
        (None, CHANGED_OUTSIDE, True),
    ],
)
def test_only_a_changed_value_may_not_be_a_placeholder(
    base: Any, ours: Any, expected: bool
) -> None:
    """An unchanged secret is copied from the account; a changed one would be its placeholder."""
    assert sends_masked_secret(base, ours) is expected
