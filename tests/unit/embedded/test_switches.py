"""Switches of a command line."""

import dataclasses

import pytest

from vapi_provider.embedded.switches import Switches, describe_switches, parse_switches


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("cleared_as_null=false", "cleared_as_null", False),
        ("cleared-as-null = No", "cleared_as_null", False),
        ("materialise_defaults=1", "materialise_defaults", True),
        ("activation_seconds=0.5", "activation_seconds", 0.5),
        ("number_after_reads=3", "number_after_reads", 3),
        ("free_number_quota=5", "free_number_quota", 5),
        ("free_number_quota=none", "free_number_quota", None),
        ("duplicate_status=409", "duplicate_status", 409),
        ("out_of_stock=415, 628", "out_of_stock", frozenset({"415", "628"})),
        ("out_of_stock=", "out_of_stock", frozenset()),
        ("known_assistants=none", "known_assistants", None),
        ("activation_seconds=none", "activation_seconds", None),
        ("final_status=on-hold", "final_status", "on-hold"),
    ],
)
def test_values(setting, name, value):
    """A switch is parsed by its type: a boolean, a number, a choice, a set, or none."""
    assert parse_switches([setting]) == dataclasses.replace(Switches(), **{name: value})


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("cleared_as_null", "switch cleared_as_null needs a value: cleared_as_null=VALUE"),
        ("cleared_as_null=2", "switch cleared_as_null takes true or false, not '2'"),
        ("duplicate_status=418", "switch duplicate_status takes 400 or 409, not '418'"),
        ("latency_seconds=-1", "switch latency_seconds takes a number, not '-1'"),
        ("latency_seconds=inf", "switch latency_seconds takes a number, not 'inf'"),
        ("latency_seconds=nan", "switch latency_seconds takes a number, not 'nan'"),
        ("activation_seconds=x", "switch activation_seconds takes a number or none, not 'x'"),
        ("final_status=", "switch final_status takes a text, not ''"),
        ("free_number_quota=x", "switch free_number_quota takes a whole number or none, not 'x'"),
    ],
)
def test_wrong_values(setting, said):
    """A wrong value is refused with the valid ones."""
    with pytest.raises(ValueError, match="^switch ") as caught:
        parse_switches([setting])
    assert str(caught.value) == f"{said} [VAPI-SWITCH-VALUE]"


def test_unknown_switch():
    """An unknown switch is refused with the names of all."""
    with pytest.raises(ValueError, match="there is no switch 'speed'") as caught:
        parse_switches(["speed=1"])
    assert all(one.name in str(caught.value) for one in dataclasses.fields(Switches))


def test_every_switch_is_described():
    """Every switch has a description, and its written default parses to its default."""
    described = describe_switches()
    assert all(about for _, _, about in described)
    assert parse_switches(f"{name}={default}" for name, default, _ in described) == Switches()
