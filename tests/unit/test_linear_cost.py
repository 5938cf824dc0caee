"""The cost of long texts and large fleets: it grows linearly."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import wire_record
from vapi_provider.importing.layout import exempt_long_lines, quote
from vapi_provider.importing.module_source import list_mentioned, text_before
from vapi_provider.importing.naming import resource_names
from vapi_provider.journal.journal import AccountWatermark, Journal
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.settings.backend import Backend
from vapi_provider.summary.events import join_lines, read_events


def calls(work: Callable[[], Any]) -> int:
    """Count the calls that `work` performs: a cost that is equal on any machine."""
    counted = [0]

    def count(_frame: Any, event: str, _argument: Any) -> None:
        counted[0] += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted[0]


@pytest.mark.parametrize("piece", ["x", "\x00", "é", "'\"", "a word ", "\u96fb", "\\"], ids=ascii)
def test_laying_out_a_long_word_costs_its_length(piece: str) -> None:
    """Rendering a text costs linear time, and the text parses back unchanged."""
    short, long = (layout_of(piece * count) for count in (2000, 4000))
    assert calls(long) < 2.2 * calls(short)
    assert ast.literal_eval(long().removeprefix("exact=").partition(",  # ")[0]) == piece * 4000


def layout_of(text: str) -> Callable[[], str]:
    """Return a function that renders the text."""
    return lambda: exempt_long_lines(f"exact={quote(text)},")


def test_names_of_numbers_with_one_label_cost_their_count() -> None:
    """Naming a fleet with one label costs linear time."""

    def naming(count: int) -> Callable[[], Any]:
        records = [
            PhoneNumberRecord.read(wire_record(id_=f"id-{at}", name="support"))
            for at in range(count)
        ]
        return lambda: resource_names(records)

    few, many = naming(200), naming(400)
    assert calls(many) < 2.2 * calls(few)
    assert list(many().values())[:3] == ["support", "support-2", "support-3"]


def test_a_module_is_looked_through_once_for_all_ids() -> None:
    """Looking for ids in a module costs linear time."""
    text = "".join(f"# +1415555{at:04}, id-{at}, made 2026\nx = 1\n" for at in range(1000))

    def looking(count: int) -> Callable[[], Any]:
        ids = [f"no-{at}" for at in range(count)]
        return lambda: (text_before(text, ids), list_mentioned(text, ids))

    assert calls(looking(2000)) < 1.2 * calls(looking(1000)) + 3 * 1000
    assert text_before(text, ["no", "id-2"]).endswith("id-1, made 2026\nx = 1\n")
    assert list_mentioned(text, ["id-1", "no", "id-999", "id-1, made"]) == [
        "id-1",
        "id-999",
        "id-1, made",
    ]


# A pattern that tries each place of a word to its end would need hours for these.
@pytest.mark.parametrize(
    "message",
    [
        "x" * 4_000_000,
        "x resource '" * 300_000,
        "error: " * 500_000,
        "program exited with non-zero exit code: 1" * 100_000,
        " " * 4_000_000 + "x",
    ],
    ids=lambda it: it[:12],
)
def test_a_long_message_of_the_engine_is_read(message: str) -> None:
    """A long message of the engine is parsed in linear time."""
    event = {"diagnosticEvent": {"severity": "error", "message": message}}
    assert len(read_events([event]).errors) == 1


def test_a_message_loses_what_stands_before_it() -> None:
    """A message loses the engine's prefix that names the resource."""
    said = "error: pulumi-python:dynamic/vapi:VapiPhoneNumber resource 'a' has a problem: name: no"
    assert join_lines(said) == "error: name: no"
    assert join_lines(said.removeprefix("error: ")) == "name: no"


def test_unfinished_purchases_cost_their_count(tmp_path: Path) -> None:
    """Reading the purchases that a run without checkpoints left costs linear time."""

    def reading(count: int) -> Callable[[], Any]:
        journal = Journal(tmp_path / f"{count}.sqlite", "account", Backend("b", is_named=True))
        for at in range(count):
            key = f"acme/shop/dev/VapiPhoneNumber/n{at}"
            journal.write_intent(key, {"digests": {}}, AccountWatermark("", frozenset()), 0)
            journal.record_id(key, f"id-{at}")
        return lambda: journal.unfinished("shop", "dev")

    few, many = reading(40), reading(80)
    assert calls(many) < 2.2 * calls(few)
