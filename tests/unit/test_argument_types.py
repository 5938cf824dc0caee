"""The types of a program's arguments: they agree with the models."""

from __future__ import annotations

import ast
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
from vapi_provider.models.fields import Schema
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import READ_ONLY

ARGS = {name: cls for name, cls in vars(args).items() if is_typeddict(cls) and name[0] != "_"}


def models() -> Iterator[tuple[str, Schema]]:
    """Every model below the five create schemas with the name of its Args."""
    waiting: list[tuple[str, Schema]] = [
        (f"{kind.class_name}Args", kind.create) for kind in KINDS.values()
    ]
    seen: set[str] = set()
    while waiting:
        name, model = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name, model
            for spec in model.fields.values():
                waiting.extend((f"{inner.name}Args", inner) for inner in spec.schemas)


PAIRS = sorted(models(), key=lambda pair: pair[0])


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


@pytest.mark.parametrize(("name", "schema"), PAIRS, ids=[name for name, _ in PAIRS])
def test_args_have_the_models_fields(name: str, schema: Schema) -> None:
    """The keys, and which of them must be given, are the model's; `provider` is the class's."""
    fields = {key: spec for key, spec in schema.fields.items() if key != "provider"}
    assert required(ARGS[name]) == {key: spec.required for key, spec in fields.items()}


@pytest.mark.parametrize(("name", "schema"), PAIRS, ids=[name for name, _ in PAIRS])
def test_args_have_the_models_types(name: str, schema: Schema) -> None:
    """Each key takes what its field takes, at any depth also as an Output, and no other."""
    hints = hints_of(ARGS[name])
    for key, hint in hints.items():
        assert written(hint) == taken(schema.model.model_fields[key].annotation), key


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_optional_fields_of_a_resource_may_be_none(kind: Any) -> None:
    """A program may pass None for what it does not want to declare, and only for that."""
    hints = hints_of(ARGS[f"{kind.class_name}Args"])
    may_be_none = {key for key, hint in hints.items() if type(None) in set(members(hint))}
    assert may_be_none == {key for key, spec in kind.fields.items() if not spec.required}


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_resource_takes_its_args_and_gives_its_fields(kind: Any) -> None:
    """To checkers the constructor's keywords are the Args, and every field is an Output."""
    code = ast.parse(inspect.getsource(resources))
    classes = {one.name: one for one in code.body if isinstance(one, ast.ClassDef)}
    (init,) = (
        one
        for one in ast.walk(classes[kind.class_name])
        if isinstance(one, ast.FunctionDef) and one.name == "__init__"
    )
    assert init.args.kwarg is not None
    assert init.args.kwarg.annotation is not None
    assert ast.unparse(init.args.kwarg.annotation) == f"Unpack[{kind.class_name}Args]"
    outputs = {
        one.target.id: ast.unparse(one.annotation)
        for name in ("_PhoneNumber", kind.class_name)
        for one in ast.walk(classes[name])
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    }
    for name in {*kind.fields, *READ_ONLY}:
        assert outputs[name].startswith("pulumi.Output["), name


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_at_run_time_a_resource_has_no_annotations(kind: Any) -> None:
    """The SDK would evaluate those of outputs anew for each number."""
    made = getattr(resources, kind.class_name)
    ours = made.__mro__[: made.__mro__.index(pulumi.dynamic.Resource)]
    found = {name for base in ours for name in inspect.get_annotations(base)}
    assert found == {"provider_value", "_refused"}
