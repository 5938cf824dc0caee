"""Renderer of the module that an import writes, and parser of an existing one.

The user owns the module from then on: a later import adds to its end and changes nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from vapi_provider.catalogue.imports import MODULE_SYNTAX
from vapi_provider.errors import ConfigurationError
from vapi_provider.importing.declaring import GeneratedResource, LeftOut
from vapi_provider.importing.layout import WIDTH, bracket, exempt_long_lines, quote
from vapi_provider.importing.naming import variable
from vapi_provider.importing.secrets import Secret
from vapi_provider.models.fields import FieldSpec, as_list, as_object

_HEAD = '''"""Phone numbers that `python -m vapi_provider import` found in the account.

Edit this module as you like: a later import only adds to its end. `protect` prevents the release
of a number: remove it from a number that may be deleted.
"""

import pulumi

# isort: split
import vapi_provider as vapi

reached: dict[str, pulumi.Output[str | None]] = {}
'''


_WORD = re.compile(r"[\w.:-]+")

_NEEDED = ("pulumi", "vapi", "reached")


def render_module(
    generated: Collection[GeneratedResource],
    before: str | None = None,
    only_read: Collection[LeftOut] = (),
) -> str:
    """Return the text `before`, or the head of a new module, with the resources added to it.

    The records of `only_read` come first: after a killed import `text_before` keeps them and drops
    the generated resources, which are then rendered again.
    """
    blocks = [*map(_render_get, only_read), *map(_render_resource, generated)]
    text = _HEAD if before is None else before.rstrip("\n") + "\n" if before.strip() else _HEAD
    return "\n".join([text, *blocks]) if blocks else text


def is_read_in(source: str, id_: str) -> bool:
    """Return whether a module reads the record with a `get` that an import wrote."""
    return re.search(rf"\.get\(\s*\S+,\s*{re.escape(quote(id_))}", source) is not None


def names_in(source: str, what: str) -> set[str]:
    """Return the names that a module uses: of variables, functions, imports, and all its texts.

    Raises:
        ConfigurationError: The module `what` is not valid Python.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise ConfigurationError(MODULE_SYNTAX(module=what, cause=error)) from None
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            names.add(node.id.replace("_", "-"))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name.replace("_", "-"))
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0].replace("_", "-"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return names


def missing_names(source: str, what: str) -> list[str]:
    """Return the names that rendered resources need and an edited module no longer has."""
    present = names_in(source, what) if source.strip() else _NEEDED
    return [name for name in _NEEDED if name not in present]


def text_before(source: str, ids: Collection[str]) -> str:
    """Return the module's text before the first resource that an import wrote for one of `ids`."""
    wanted_ids, lines = set(ids), source.splitlines(keepends=True)
    for index, line in enumerate(lines):
        if line.startswith("# ") and _declared_id(line) in wanted_ids:
            return "".join(lines[:index])
    return source


def list_mentioned(source: str, ids: Collection[str]) -> list[str]:
    """Return the ids that a module's text contains, in their order.

    The text is split into words once, because a search for each id is quadratic.
    """
    words = set(_WORD.findall(source))
    return [id_ for id_ in ids if id_ in words or (not _WORD.fullmatch(id_) and id_ in source)]


def _declared_id(comment: str) -> str | None:
    """Return the id in a comment above a resource: ``# <number>, <id>, made <time>``."""
    known, separator, _ = comment.removeprefix("# ").rpartition(", made ")
    return known.rpartition(", ")[2] if separator else None


def render_stack_module(stack: str, imported: str) -> str:
    """Return the text of a new `stacks/<stack>.py`, which declares the imported numbers."""
    return f'''"""What the stack {stack} declares: the numbers that were imported."""

import pulumi


def declare() -> dict[str, pulumi.Output[str | None]]:
    """Return an output of each number that `{imported}.py` declares when it is imported."""
    from stacks import {imported}

    return {imported}.reached
'''


def _render_resource(generated: GeneratedResource) -> str:
    kind, record = generated.kind, generated.record
    fields = _keywords(kind.fields, generated.fields)
    protect = bracket("opts=pulumi.ResourceOptions(", ["protect=True"], ")")
    arguments = [quote(generated.resource), *fields, protect]
    output = "sip_uri" if record.number is None and "sip_uri" in generated.fields else "number"
    known = (record.number, record.id, f"made {record.created_at}")
    comments = [", ".join(text for text in known if text)]
    comments += [f"Not declared, unknown here: {path}" for path in generated.unknown]
    return _render_block(comments, generated.resource, kind.class_name, arguments, output)


def _render_get(left_out: LeftOut) -> str:
    record, name = left_out.record, left_out.resource or ""
    class_name = record.kind.class_name if record.kind else ""
    number = " ".join(text for text in (record.number, record.name) if text)
    comments = [f"Only read, not managed: {number}".rstrip(": "), f"Missing: {left_out.because}"]
    arguments = [quote(name), quote(record.id)]
    return _render_block(comments, name, f"{class_name}.get", arguments, "number")


def _render_block(
    comments: Sequence[str], resource: str, function: str, arguments: Sequence[str], output: str
) -> str:
    name = variable(resource)
    lines = [
        *(f"# {_fit_comment(comment)}" for comment in comments),
        bracket(f"{name} = vapi.{function}(", arguments, ")"),
        f"reached[{quote(resource)}] = {name}.{output}",
        "",
    ]
    return exempt_long_lines("\n".join(lines))


def _fit_comment(text: str) -> str:
    """Return a text that comes from the account as one short line of ASCII."""
    line = re.sub(r"[^ -~]", "?", text)
    return line if len(line) < WIDTH - 2 else f"{line[: WIDTH - 6]}..."


def _argument(spec: FieldSpec, value: Any) -> str:
    """Return a field's value as source text: `…Args` for objects, config for secrets."""
    if isinstance(value, Secret):
        read = "require_secret_object" if value.is_object else "require_secret"
        return bracket(f"pulumi.Config().{read}(", [quote(value.key)], ")")
    if isinstance(value, list):
        items = as_list(cast(Any, value))
        return bracket("[", [_argument(spec, item) for item in items], "]")
    model = spec.schema_of(value)
    if model is not None:
        return bracket(f"vapi.{model.name}Args(", _keywords(model.fields, value), ")")
    if isinstance(value, Mapping):
        items = as_object(cast(Any, value)).items()
        entries = [f"{quote(name)}: {_argument(spec, item)}" for name, item in items]
        return bracket("{", entries, "}")
    return quote(value) if isinstance(value, str) else repr(value)


def _keywords(specs: Mapping[str, FieldSpec], value: Any) -> list[str]:
    fields = as_object(value).items()
    return [f"{name}={_argument(specs[name], item)}" for name, item in fields]
