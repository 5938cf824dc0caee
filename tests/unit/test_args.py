"""What a program's types say is what the models take: neither can change without the other."""

from __future__ import annotations

import inspect
import types
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import pulumi
import pytest
from typing_extensions import (
    NotRequired,
    Required,
    get_original_bases,
    get_type_hints,
    is_typeddict,
)

import vapi_provider
from vapi_provider import args, resources
from vapi_provider.models.base import VapiModel
from vapi_provider.models.fields import fields_of
from vapi_provider.models.phone_number import KINDS

ARGS = {name: cls for name, cls in vars(args).items() if is_typeddict(cls) and name[0] != "_"}


def models() -> Iterator[tuple[str, type[VapiModel]]]:
    """Every model below the five create schemas with the name of its Args."""
    waiting: list[tuple[str, type[VapiModel]]] = [
        (f"{kind.class_name}Args", kind.create) for kind in KINDS.values()
    ]
    seen: set[str] = set()
    while waiting:
        name, model = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name, model
            for shape in fields_of(model).values():
                waiting.extend((f"{inner.__name__}Args", inner) for inner in shape.models)


PAIRS = sorted(models())


T = TypeVar("T")


def hints_of(cls: Any) -> dict[str, Any]:
    """The types of a TypedDict's keys; `pulumi.Input` names `Output[T]` in a text, T for good."""
    return get_type_hints(cls, None, {"Output": pulumi.Output, "T": T}, include_extras=True)


def required(cls: Any) -> dict[str, bool]:
    """Whether each key of a TypedDict must be given, by its own totality and its bases'."""
    found: dict[str, bool] = {}
    for base in get_original_bases(cls):
        if is_typeddict(base):
            found |= required(base)
    for key, hint in hints_of(cls).items():
        if key not in found:
            marked = {NotRequired: False, Required: True}
            found[key] = marked.get(get_origin(hint), bool(cls.__total__))
    return found


def members(hint: Any) -> Iterator[Any]:
    """What a type may be: unions and their aliases taken apart."""
    if get_origin(hint) in (Union, types.UnionType):
        for member in get_args(hint):
            yield from members(member)
    elif get_origin(hint) in (Annotated, NotRequired):
        yield from members(get_args(hint)[0])
    else:
        yield hint


def written(hint: Any) -> frozenset[Any]:
    """A type of a program's without what stands for later, which must be allowed of each."""
    now: set[Any] = set()
    awaited: set[Any] = set()
    outputs = False
    for member in members(hint):
        if get_origin(member) is pulumi.Output:
            outputs = True
        elif get_origin(member) is Awaitable:
            awaited |= {_form(inner, written) for inner in members(get_args(member)[0])}
        else:
            now.add(_form(member, written))
    now -= {"none"}
    # What is free-form takes everything anyway.
    assert (awaited == now and outputs) or now == {"anything"}, hint
    return frozenset(now)


def taken(hint: Any) -> frozenset[Any]:
    """A model's type in the same form."""
    return frozenset(_form(member, taken) for member in members(hint)) - {"none"}


def _form(member: Any, inside: Any) -> Any:
    origin, inner = get_origin(member), get_args(member)
    if member is type(None):
        return "none"
    if member is Any:
        return "anything"
    if origin is Literal:
        return ("one of", frozenset(inner))
    if origin in (list, Sequence):
        return ("list", inside(inner[0]))
    if origin in (dict, Mapping):
        return ("object", inside(inner[1]))
    if is_typeddict(member):
        return member.__name__
    if isinstance(member, type) and issubclass(member, VapiModel):
        return f"{member.__name__}Args"
    return member


def test_every_model_has_its_args() -> None:
    """Each schema that a declaration may hold has its TypedDict, public, and none is left over."""
    assert {name for name, _ in PAIRS} == set(ARGS)
    assert set(ARGS) <= set(vapi_provider.__all__)


@pytest.mark.parametrize(("name", "model"), PAIRS, ids=[name for name, _ in PAIRS])
def test_args_have_the_models_fields(name: str, model: type[VapiModel]) -> None:
    """The keys, and which of them must be given, are the model's; `provider` is the class's."""
    fields = {key: shape for key, shape in fields_of(model).items() if key != "provider"}
    assert required(ARGS[name]) == {key: shape.required for key, shape in fields.items()}


@pytest.mark.parametrize(("name", "model"), PAIRS, ids=[name for name, _ in PAIRS])
def test_args_have_the_models_types(name: str, model: type[VapiModel]) -> None:
    """Each key takes what its field takes, at any depth also as an Output, and no other."""
    hints = hints_of(ARGS[name])
    for key, hint in hints.items():
        assert written(hint) == taken(model.model_fields[key].annotation), key


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_optional_fields_of_a_resource_may_be_none(kind: Any) -> None:
    """A program may pass None for what it does not want to declare, and only for that."""
    hints = hints_of(ARGS[f"{kind.class_name}Args"])
    may_be_none = {key for key, hint in hints.items() if type(None) in set(members(hint))}
    assert may_be_none == {key for key, shape in kind.fields.items() if not shape.required}


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_resource_takes_its_args_and_gives_its_fields(kind: Any) -> None:
    """The constructor's keywords are the Args; every field is an attribute with an Output type."""
    cls = getattr(resources, kind.class_name)
    taken = cls.__init__.__annotations__["fields"]
    assert taken == f"Unpack[{kind.class_name}Args]"
    outputs = {name for base in cls.__mro__ for name in inspect.get_annotations(base)}
    assert set(kind.fields) <= outputs
