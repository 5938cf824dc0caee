"""Test cases for each constraint of Vapi's schema: values at, below and above its bound.

Each is tried at every place where the schema stands below a kind, in the smallest declaration that
holds it. Derived from the file alone; nothing here asks a model what it allows.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_snake

from scripts.docs.generate import Counts
from tests.support.builders import MINIMAL, UUID
from tests.support.official import ROOTS, Schema, choices, named, properties, schemas

Steps = tuple[str | int, ...]
Value = tuple[str, tuple[int, ...], Any, bool]
"""A constraint, the index of the item it is about, a value, and whether that is taken."""

MISSING = object()

# What a text must look like beyond the file's bounds, where our rules say so.
_EXAMPLES = {
    "number": "+14155550100",
    "sipUri": "sip:desk@pbx.example.com",
    "url": "https://voice.example.com",
    "assistantId": UUID,
    "numberDesiredAreaCode": "415",
}
_WRONG: dict[str, list[Any]] = {
    "string": [7.0, True, [], {}],
    "number": ["7", True, [], {}],
    "boolean": ["true", 1.0, [], {}],
    "array": ["x", 7.0, True, {}],
    "object": ["x", 7.0, True, []],
}


@dataclass(frozen=True)
class Place:
    """Where a schema's object stands below a kind; the smallest declaration that holds it."""

    kind: str
    schema: str
    steps: Steps
    fields: dict[str, Any]

    def having(self, steps: Steps, value: Any) -> dict[str, Any]:
        """Return the declaration with the value at `steps` below the object set or removed."""
        fields = copy.deepcopy(self.fields)
        holder: Any = fields
        *way, last = (*self.steps, *steps)
        for step in way:
            holder = holder[step]
        if value is MISSING:
            del holder[last]
        elif isinstance(last, int):
            holder[:] = [*holder[:last], value]
        else:
            holder[last] = value
        return fields


@dataclass(frozen=True)
class Case:
    """A declaration and the path at which it is refused; None: it is taken."""

    constraint: str
    fields: dict[str, Any]
    refused_at: str | None


def spelled(steps: Steps) -> str:
    """Return a path in the form of messages, such as ``hooks[0].do[1].exact``."""
    texts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return "".join(texts).removeprefix(".")


def places(kind: str) -> Iterator[Place]:
    """The kind's own create schema, and every nested one at each place where it may stand."""
    root = ROOTS["create"][kind]
    yield from _below(Place(kind, root, (), {"provider": kind, **MINIMAL[kind]}))


def _below(place: Place) -> Iterator[Place]:
    yield place
    for wire, schema in schemas()[place.schema]["properties"].items():
        listed = schema.get("type") == "array"
        members = choices(schema["items"] if listed else schema)
        for name in (named(member["$ref"]) for member in members if "$ref" in member):
            steps = (to_snake(wire), 0) if listed else (to_snake(wire),)
            value = least(name)
            held = place.having(steps[:1], [value] if listed else value)
            yield from _below(Place(place.kind, name, (*place.steps, *steps), held))


def least(name: str) -> dict[str, Any]:
    """The smallest object of a schema, in snake_case."""
    schema = schemas()[name]
    required = schema.get("required", ())
    return {to_snake(wire): _example(wire, schema["properties"][wire]) for wire in required}


def _example(wire: str, schema: Schema) -> Any:
    chosen = choices(schema)[0]
    if "$ref" in chosen:
        return least(named(chosen["$ref"]))
    if "enum" in chosen:
        return chosen["enum"][0]
    return {
        "string": _EXAMPLES.get(wire, "a" * chosen.get("minLength", 1)),
        "number": float(chosen.get("minimum", 1)),
        "boolean": True,
        "array": [],
        "object": {},
    }[chosen["type"]]


def cases(place: Place) -> Iterator[Case]:
    """Every constraint of the schema at this place, at, under and over its bound."""
    schema = schemas()[place.schema]
    path = spelled(place.steps)
    yield Case("unknown key", place.having(("zzz",), None), f"{path}.zzz".removeprefix("."))
    for wire, definition in schema["properties"].items():
        field = to_snake(wire)
        at = spelled((*place.steps, field))
        if field != wire:
            spelling = f"{path}.{wire}".removeprefix(".")
            yield Case(f"unknown key {wire}", place.having((wire,), None), spelling)
        if wire in schema.get("required", ()):
            yield Case(f"{wire} required", place.having((field,), MISSING), at)
        for constraint, index, value, good in _values(wire, definition):
            holder = place
            if wire == "number" and "Length" in constraint:
                # Letters and digits of any length are possible only without the E.164 check.
                switched = place.having(("number_e164_check_enabled",), False)
                holder = Place(place.kind, place.schema, place.steps, switched)
            refused = None if good else spelled((*place.steps, field, *index))
            yield Case(f"{wire} {constraint}", holder.having((field,), value), refused)


def _values(wire: str, schema: Schema) -> Iterator[Value]:
    members = choices(schema)
    plain = [member for member in members if "$ref" not in member]
    objects = [named(member["$ref"]) for member in members if "$ref" in member]
    kinds = {member["type"] for member in plain} | ({"object"} if objects else set())
    for name in objects:
        yield "type", (), least(name), True
    for wrong in _wrong_of(kinds):
        yield "type", (), wrong, False
    for member in plain:
        yield "type", (), _example(wire, member), True
        yield from _bounds(member)
        if "items" in member:
            yield from _items(wire, member["items"])


def _bounds(schema: Schema) -> Iterator[Value]:
    if "enum" in schema:
        words = schema["enum"]
        for word in words:
            yield "enum", (), word, True
            if word.swapcase() not in words:
                yield "enum", (), word.swapcase(), False
        yield "enum", (), "", False
        if "maxLength" in schema:  # No listed word reaches it: only beyond it is there a case.
            yield "maxLength", (), "a" * (schema["maxLength"] + 1), False
        return
    fill: Callable[[int], Any] = ["1"].__mul__ if schema["type"] == "array" else "4".__mul__
    if "minLength" in schema:
        yield "minLength", (), fill(schema["minLength"]), True
        yield "minLength", (), fill(schema["minLength"] - 1), False
    if "maxLength" in schema:
        yield "maxLength", (), fill(schema["maxLength"]), True
        yield "maxLength", (), fill(schema["maxLength"] + 1), False
        if not schema.get("minLength"):
            yield "maxLength", (), fill(0), True
    for bound, step in (("minimum", -1.0), ("maximum", 1.0)):
        if bound in schema:
            yield bound, (), float(schema[bound]), True
            for beyond in (step, step / 1000):
                yield bound, (), schema[bound] + beyond, False


def _items(wire: str, schema: Schema) -> Iterator[Value]:
    """The constraints of an array's items, with a good item before the one that is judged."""
    members = choices(schema)
    for member in members:
        yield "items type", (), [_example(wire, member)] * 2, True
    good = _example(wire, members[0])
    for wrong in _wrong_of({member.get("type", "object") for member in members}):
        yield "items type", (1,), [good, wrong], False
    for member in members:
        if "$ref" not in member:
            for constraint, _, value, taken in _bounds(member):
                yield f"items {constraint}", (1,), [good, value], taken


def _wrong_of(kinds: set[str]) -> list[Any]:
    """Values that are of none of these types."""
    some, *others = (_WRONG[kind] for kind in kinds)
    return [value for value in some if all(repr(value) in map(repr, other) for other in others)]


def counted() -> Counts:
    """Schemas and properties of the models' closure; constraints of what can be declared."""
    everywhere = [place for kind in ROOTS["create"] for place in places(kind)]
    tried = [(place, case) for place in everywhere for case in cases(place)]
    stated = {
        (place.schema, case.constraint)
        for place, case in tried
        if not case.constraint.startswith("unknown key ")
    }
    everything = list(properties())
    return Counts(len({name for name, *_ in everything}), len(everything), len(stated), len(tried))
