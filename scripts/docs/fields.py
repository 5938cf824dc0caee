"""Generator of models/_generated_fields.py, the models' fields as data, for `make docs`.

A unit test fails if the file on disk differs from what this generates.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterator
from inspect import get_annotations
from itertools import chain, count
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from vapi_provider.models import phone_number  # noqa: E402
from vapi_provider.models.base import DocumentedDefault, VapiModel  # noqa: E402
from vapi_provider.models.field_traits import FieldTrait  # noqa: E402

GENERATED_FIELDS = ROOT / "vapi_provider" / "models" / "_generated_fields.py"

_HEAD = '''\
"""Every schema's fields as data, written from the models by `make docs`: change those, not this.

A field: its name, the JSON types of its values, whether it is required, the schemas of its values,
documented defaults, and traits. A schema: the module of its model, its fields, and the literals
that tell it from its neighbours. The fields of a shared base have the name of its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FieldRow = tuple[str, tuple[str, ...], bool, tuple[str, ...], tuple[Any, ...], tuple[str, ...]]
SchemaRow = tuple[str, tuple[FieldRow, ...], Mapping[str, str]]


def _field(
    name: str,
    types: tuple[str, ...],
    required: bool = False,
    schemas: tuple[str, ...] = (),
    defaults: tuple[Any, ...] = (),
    traits: tuple[str, ...] = (),
) -> FieldRow:
    return name, types, required, schemas, defaults, traits


def _schema(module: str, fields: tuple[FieldRow, ...], **literals: str) -> SchemaRow:
    return module, fields, literals


'''


def generated_fields() -> str:
    """Return the text of the generated file, which states each distinct field and base once."""
    names: dict[str, str] = {}
    bases: dict[str, str] = {}
    schemas: list[str] = []
    for model in sorted(_schemas(), key=lambda model: model.__name__):
        fields: list[str] = []
        for base in reversed(model.__mro__):
            own = [name for name in get_annotations(base) if name in model.model_fields]
            rows = [_row(name, model.model_fields[name]) for name in own]
            for name, row in zip(own, rows, strict=True):
                names.setdefault(row, _name(name, names.values()))
            listed = [names[row] for row in rows]
            if listed and base is not model:
                bases[base.__name__] = _tuple(listed)
                listed = [f"*{base.__name__}"]
            fields += listed
        module = model.__module__.rpartition(".")[2]
        literals = "".join(f", {key}={value!r}" for key, value in _literals(model).items())
        schemas.append(f"{model.__name__!r}: _schema({module!r}, {_tuple(fields)}{literals}),")
    constants = [f"{name} = {row}" for row, name in names.items()]
    constants += [f"{name} = {fields}" for name, fields in bases.items()]
    table = "SCHEMAS: Mapping[str, SchemaRow] = {"
    return _formatted("\n".join([_HEAD, *constants, table, *schemas, "}", ""]))


def _tuple(items: list[str]) -> str:
    # A comma after several items would make the formatter put each on a line of its own.
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _formatted(code: str) -> str:
    words = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(GENERATED_FIELDS), "-"]
    done = subprocess.run(  # noqa: S603  our own words
        words, input=code, capture_output=True, encoding="utf-8", check=True, cwd=ROOT
    )
    return done.stdout


def _name(field: str, taken: Collection[str]) -> str:
    """Return the next free name of a field's constant: `_NUMBER`, `_NUMBER_2` and so on."""
    first = f"_{field.upper()}"
    numbered = (f"{first}_{number}" for number in count(2))
    return next(name for name in chain([first], numbered) if name not in taken)


def _schemas() -> list[type[VapiModel]]:
    """Return the kinds' schemas and all nested ones, without shared bases (underscore)."""
    found: list[type[VapiModel]] = []
    waiting: list[type[VapiModel]] = [
        one
        for name, one in vars(phone_number).items()
        if isinstance(one, type) and one.__module__ == phone_number.__name__ and name[0] != "_"
    ]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.append(model)
            for info in model.model_fields.values():
                waiting += _models_in(info.annotation)
    return found


def _row(name: str, info: FieldInfo) -> str:
    """Return the source of a field's row, without what has its default."""
    documented = [item.defaults for item in info.metadata if isinstance(item, DocumentedDefault)]
    parts = {
        "required": info.is_required(),
        "schemas": tuple(dict.fromkeys(model.__name__ for model in _models_in(info.annotation))),
        "defaults": documented[0] if documented else (),
        "traits": tuple(item.value for item in info.metadata if isinstance(item, FieldTrait)),
    }
    types = tuple(sorted(set(_types_in(info.annotation))))
    given = "".join(f", {key}={value!r}" for key, value in parts.items() if value)
    return f"_field({name!r}, {types!r}{given})"


def _models_in(annotation: Any) -> Iterator[type[VapiModel]]:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        if issubclass(annotation, VapiModel):
            yield annotation
        return
    for inner in get_args(annotation):
        yield from _models_in(inner)


_JSON = {str: "text", bool: "flag", float: "number", int: "number", dict: "object"}


def _types_in(annotation: Any) -> Iterator[str]:
    """Yield the names of a field's JSON types, without null, which always means absent."""
    origin = get_origin(annotation) or annotation
    if origin is list:
        yield from (
            f"list of {inner}" for each in get_args(annotation) for inner in _types_in(each)
        )
    elif origin is Literal:
        yield from (_JSON[type(word)] for word in get_args(annotation))
    elif origin in _JSON:
        yield _JSON[origin]
    elif isinstance(origin, type) and issubclass(origin, VapiModel):
        yield "object"
    elif origin is Annotated:
        yield from _types_in(get_args(annotation)[0])
    else:
        for inner in get_args(annotation):
            yield from _types_in(inner)


def _literals(model: type[VapiModel]) -> dict[str, str]:
    allowed = {
        name: get_args(info.annotation)
        for name, info in model.model_fields.items()
        if get_origin(info.annotation) is Literal
        and info.is_required()
        and name in ("type", "on", "key")
    }
    return {name: values[0] for name, values in allowed.items() if len(values) == 1}


if __name__ == "__main__":
    GENERATED_FIELDS.write_text(generated_fields(), encoding="utf-8")
