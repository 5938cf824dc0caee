"""Generator of models/_generated_fields.py, the models' fields as data, for `make docs`.

A unit test fails if the file on disk differs from what this generates.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterator
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

A field: its name, whether it is required, the schemas of its values, documented defaults, traits,
and the JSON types of its values. A schema: the module of its model, the literals that tell it from
its neighbours, and its fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FieldRow = tuple[str, bool, tuple[str, ...], tuple[Any, ...], tuple[str, ...], tuple[str, ...]]
'''


def generated_fields() -> str:
    """Return the text of the generated file, in which each distinct field is stated once."""
    names: dict[str, str] = {}
    schemas: list[str] = []
    for model in sorted(_schemas(), key=lambda model: model.__name__):
        rows = [repr(_row(name, info)) for name, info in model.model_fields.items()]
        for name, row in zip(model.model_fields, rows, strict=True):
            names.setdefault(row, _name(name, names.values()))
        module, fields = model.__module__.rpartition(".")[2], ", ".join(names[row] for row in rows)
        schemas.append(f"{model.__name__!r}: ({module!r}, {_literals(model)}, ({fields},)),")
    constants = [f"{name} = {row}" for row, name in names.items()]
    table = "SCHEMAS: Mapping[str, tuple[str, Mapping[str, str], tuple[FieldRow, ...]]] = {"
    return _formatted("\n".join([_HEAD, *constants, table, *schemas, "}", ""]))


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


def _row(name: str, info: FieldInfo) -> tuple[Any, ...]:
    documented = [item.defaults for item in info.metadata if isinstance(item, DocumentedDefault)]
    schemas = dict.fromkeys(model.__name__ for model in _models_in(info.annotation))
    traits = [item.value for item in info.metadata if isinstance(item, FieldTrait)]
    defaults = documented[0] if documented else ()
    types = tuple(sorted(set(_types_in(info.annotation))))
    return name, info.is_required(), tuple(schemas), defaults, tuple(traits), types


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
        if get_origin(info.annotation) is Literal and info.is_required() and name in ("type", "on")
    }
    return {name: values[0] for name, values in allowed.items() if len(values) == 1}


if __name__ == "__main__":
    GENERATED_FIELDS.write_text(generated_fields(), encoding="utf-8")
