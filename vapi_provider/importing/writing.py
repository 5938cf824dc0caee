"""The module that an import writes, and what a later one adds to it. Pure.

It is the reader's from then on: what stands there is never rewritten.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from vapi_provider.errors import ConfigurationError
from vapi_provider.importing.declaring import Declaration, LeftOut
from vapi_provider.importing.layout import WIDTH, Call, layout, quoted
from vapi_provider.importing.naming import variable
from vapi_provider.importing.secrets import Secret
from vapi_provider.models.fields import FieldShape, as_list, as_object

_HEAD = '''"""Numbers that `python -m vapi_provider import` found in the account: yours to edit.

A later import adds to the end and changes nothing. `protect` keeps a number from being released:
take it away from one that may go.
"""

import pulumi

# isort: split
import vapi_provider as vapi

reached: dict[str, pulumi.Output[str | None]] = {}
'''


_WORD = re.compile(r"[\w.:-]+")

_NEEDED = ("pulumi", "vapi", "reached")


def written(
    declarations: Collection[Declaration],
    before: str | None = None,
    only_read: Collection[LeftOut] = (),
) -> str:
    """The module's text: that of `before`, or a new one's head, and the declarations behind it.

    Those that are only read come first: where an import was killed, what follows is written again.
    """
    blocks = [*map(_reading, only_read), *map(_block, declarations)]
    text = _HEAD if before is None else before.rstrip("\n") + "\n" if before.strip() else _HEAD
    return "\n".join([text, *blocks]) if blocks else text


def is_read_in(source: str, id_: str) -> bool:
    """Return whether a module reads the record by a `get` that an import wrote."""
    return re.search(rf"\.get\(\s*\S+,\s*{re.escape(quoted(id_))}", source) is not None


def names_in(source: str, what: str) -> set[str]:
    """The names that a module has given already: its own, and texts that may be resources'.

    `what` is the module, for the error that is raised where it is no Python.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise ConfigurationError(
            f"{what} is no Python that runs ({error}): mend it first"
        ) from None
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id.replace("_", "-"))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name.replace("_", "-"))
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0].replace("_", "-"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def lacking_in(source: str, what: str) -> list[str]:
    """What declarations stand on and a module that a person has edited does not have."""
    given = names_in(source, what) if source.strip() else _NEEDED
    return [name for name in _NEEDED if name not in given]


def before_declared(source: str, ids: Collection[str]) -> str:
    """The module's text before the first declaration that an import wrote for one of the ids."""
    wanted, lines = set(ids), source.splitlines(keepends=True)
    for at, line in enumerate(lines):
        if line.startswith("# ") and _declared_id(line) in wanted:
            return "".join(lines[:at])
    return source


def mentioned(source: str, ids: Collection[str]) -> list[str]:
    """Those of the ids that stand in a module's text, in their order.

    The text is taken apart once, not searched for each id; an id that is no word is searched for.
    """
    words = set(_WORD.findall(source))
    return [id_ for id_ in ids if id_ in words or (not _WORD.fullmatch(id_) and id_ in source)]


def _declared_id(comment: str) -> str | None:
    """The id in a comment above a declaration: ``# <number>, <id>, made <time>``."""
    known, made, _ = comment.removeprefix("# ").rpartition(", made ")
    return known.rpartition(", ")[2] if made else None


def stack_module(stack: str, imported: str) -> str:
    """The text of `stacks/<stack>.py` where there is none: it declares what was imported."""
    return f'''"""What the stack {stack} declares: the numbers that were imported."""

import pulumi


def declare() -> dict[str, pulumi.Output[str | None]]:
    """The numbers of `{imported}.py`, which are declared as it is imported."""
    from stacks import {imported}

    return {imported}.reached
'''


def _block(one: Declaration) -> str:
    name = variable(one.resource)
    keywords = [
        (field, _typed(one.kind.fields[field], value)) for field, value in one.fields.items()
    ]
    protect = Call("pulumi.ResourceOptions", (), [("protect", True)])
    call = Call(f"vapi.{one.kind.class_name}", [one.resource], [*keywords, ("opts", protect)])
    address = "sip_uri" if one.record.number is None and "sip_uri" in one.fields else "number"
    return "\n".join(
        [
            *(f"# {line}" for line in _comment(one)),
            layout(call, prefix=f"{name} = "),
            f"reached[{quoted(one.resource)}] = {name}.{address}",
            "",
        ]
    )


def _reading(one: LeftOut) -> str:
    """Return the block of a record that cannot be declared: read, with what is missing."""
    record, name = one.record, variable(one.resource or "")
    class_name = record.kind.class_name if record.kind else ""
    call = Call(f"vapi.{class_name}.get", [one.resource, record.id], [])
    number = " ".join(text for text in (record.number, record.name) if text)
    comments = [f"Only read, not managed: {number}".rstrip(": "), f"Missing: {one.because}"]
    return "\n".join(
        [
            *(f"# {_one_line(line)}" for line in comments),
            layout(call, prefix=f"{name} = "),
            f"reached[{quoted(one.resource or '')}] = {name}.number",
            "",
        ]
    )


def _comment(one: Declaration) -> list[str]:
    known = (one.record.number, one.record.id, f"made {one.record.created_at}")
    lines = [", ".join(it for it in known if it)]
    lines += [f"Not declared, unknown here: {path}" for path in one.unknown]
    return [_one_line(line) for line in lines]


def _one_line(text: str) -> str:
    line = "".join(it if it.isprintable() and it.isascii() else "?" for it in text)
    return line if len(line) < WIDTH - 2 else f"{line[: WIDTH - 6]}..."


def _typed(shape: FieldShape, value: Any) -> Any:
    """A field's value as the program writes it: `…Args` for objects, config for secrets."""
    if isinstance(value, Secret):
        read = "require_secret_object" if value.is_object else "require_secret"
        return Call(f"pulumi.Config().{read}", [value.key], ())
    if isinstance(value, list):
        return [_typed(shape, item) for item in as_list(value)]  # pyright: ignore[reportUnknownArgumentType]
    model = shape.schema_of(value)
    if model is not None:
        return Call(f"vapi.{model.name}Args", (), _keywords(model.fields, value))
    if isinstance(value, Mapping):
        return {name: _typed(shape, item) for name, item in as_object(value).items()}  # pyright: ignore[reportUnknownArgumentType]
    return value


def _keywords(shapes: Mapping[str, FieldShape], value: Any) -> Sequence[tuple[str, Any]]:
    return [(name, _typed(shapes[name], item)) for name, item in as_object(value).items()]
