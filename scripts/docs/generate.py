"""Writes docs/reference.md from the models: `python scripts/docs/generate.py`, or `make docs`.

Nothing about a field is written here: what it is stands on the model, what it looks like in
docs/examples. A unit test fails while the file on disk is another than this would write.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scripts.docs.samples import warnings  # noqa: E402
from scripts.docs.tables import rules_of, table  # noqa: E402
from vapi_provider.models.fields import Schema  # noqa: E402
from vapi_provider.models.kinds import KINDS, Kind  # noqa: E402

REFERENCE = ROOT / "docs" / "reference.md"
EXAMPLES = ROOT / "docs" / "examples"


@dataclass(frozen=True)
class Counts:
    """What tests/contract holds to Vapi's published schema."""

    schemas: int
    properties: int
    constraints: int
    cases: int


CHECKED = Counts(schemas=34, properties=267, constraints=279, cases=47427)
"""Stated here because that schema is not part of this repository; a contract test compares."""

SHOWN = {
    "VapiPhoneNumber": ("vapi_area_code", "vapi_sip"),
    "TwilioPhoneNumber": ("twilio",),
    "VonagePhoneNumber": ("vonage",),
    "TelnyxPhoneNumber": ("telnyx",),
    "ByoPhoneNumber": ("byo",),
    "TransferDestinationNumber": ("fallback_number",),
    "TransferDestinationSip": ("fallback_sip",),
}
"""The examples that stand in full under a heading; the others are linked at the end."""

_HEAD = """\
# Reference

Written by `make docs` from the models in `vapi_provider/models/`: change those, not this file.

Names are the API's own in snake_case. Any value at any depth may be an `Output`. A key or value
that the API would refuse fails the preview with its path, such as `hooks[0].do[1].exact`; what is
not known yet is checked once it is. Absent and the default mean the same. A change is sent
*in place* (PATCH: the top-level field that it is in, whole) unless the table says *replace*.
A *secret* is encrypted in the state and never shown. The source *schema* is Vapi's OpenAPI, or
Vapi's client (`vapi_server_sdk` 3.0.0) where that knows more; *repaired*: it contradicts itself
there.

Held to that OpenAPI by `tests/contract`: {schemas} schemas (create, update and read of the five
kinds, and all they contain) with {properties} properties; {constraints} constraints on what can be
declared, tried in {cases:,} cases at, under and over their bounds at every place where they hold.
"""

_KINDS = """\
## Kinds

Each is a class: `VapiPhoneNumber(resource_name, *, <fields>, adopt_id=None, opts=None)`. `adopt_id`
takes an existing number under management; `VapiPhoneNumber.get(resource_name, id)` only reads one.
"""

_OUTPUTS = """\
## Outputs

Every field as an attribute, and of every kind `number`, `sip_uri`, `status` (`active`,
`activating`, `blocked`), `org_id`, `created_at`, `provider` and `id`. `number` may be unknown for
some seconds after an area code was declared; `pulumi refresh` finds it.
"""

_RULES = """\
## Rules

Beside types and limits, the preview refuses what breaks one of these.
"""

_WARNINGS = """\
## Warnings

What the API takes but will not do, or what may only be wrong, is a warning on the resource.
"""

_MORE = """\
## More examples

All examples run in the tests, on the real engine and the embedded account.
"""


def reference() -> str:
    """The whole reference."""
    some = next(iter(KINDS.values()))
    common = {name for name in some.fields if all(name in kind.fields for kind in KINDS.values())}
    parts = [_HEAD.format(**vars(CHECKED)), _KINDS]
    for kind in KINDS.values():
        parts += _kind(kind, common)
    shared = [shape for name, shape in some.fields.items() if name in common]
    parts += ["## Fields of every kind\n", table(some.create, shared, some)]
    parts.append("## Schemas\n")
    for model in _nested():
        parts += [
            f"### {model.name}\n",
            _words(model),
            table(model, model.fields.values()),
        ]
        parts += _examples(model.name)
    parts += [
        _OUTPUTS,
        "## Rules\n\nBeside types and limits, the preview refuses what breaks one.\n",
    ]
    parts += [_rules(), _warnings(), _others()]
    return "\n".join(parts)


def _kind(kind: Kind, common: set[str]) -> list[str]:
    own = [shape for name, shape in kind.fields.items() if name not in common]
    return [
        f"### {kind.class_name}\n",
        _words(kind.create),
        table(kind.create, own, kind),
        "And the [fields of every kind](#fields-of-every-kind).\n",
        *_examples(kind.class_name),
    ]


def _nested() -> Sequence[Schema]:
    """The schemas below the kinds, each before those that it contains."""
    found: list[Schema] = []
    waiting = [shape for kind in KINDS.values() for shape in kind.fields.values()]
    while waiting:
        for model in waiting.pop(0).schemas:
            if model not in found:
                found.append(model)
                waiting.extend(model.fields.values())
    return found


def _rules() -> str:
    where: dict[tuple[str, str], list[str]] = {}
    for name, model in [(kind.class_name, kind.create) for kind in KINDS.values()] + [
        (model.name, model) for model in _nested()
    ]:
        for fields, text in rules_of(model):
            for field in fields:
                rule = (field, " ".join(text.split()))
                where.setdefault(rule, []).append(f"[{name}](#{name.lower()})")
    lines = ["| Field | Rule | Source | Of |", "|---|---|---|---|"]
    for (field, text), places in where.items():
        rule, _, source = text.partition(" Source: ")
        of = ", ".join(places) if len(places) < len(KINDS) else "every kind"
        lines.append(f"| `{field}` | {rule} | {source.rstrip('.')} | {of} |")
    return "\n".join(lines) + "\n"


def _warnings() -> str:
    return "".join(f"- {_in_code(line)}\n" for line in warnings())


def _in_code(line: str) -> str:
    path, colon, text = line.partition(": ")
    named = bool(colon) and " " not in path
    return (f"`{path}`: {text}" if named else line).replace("{{", "`{{").replace("}}", "}}`")


def _others() -> str:
    shown = {name for names in SHOWN.values() for name in names}
    rest = [path for path in sorted(EXAMPLES.glob("*.py")) if path.stem not in shown]
    return "".join(f"- [{path.stem}](examples/{path.name}): {_about(path)}\n" for path in rest)


def _examples(heading: str) -> list[str]:
    return [
        f"```python\n{(EXAMPLES / f'{name}.py').read_text(encoding='utf-8')}```\n"
        for name in SHOWN.get(heading, ())
    ]


def _about(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def _words(schema: Schema) -> str:
    """The first sentence of a model's docstring, without its source."""
    first = (inspect.getdoc(schema.model) or "").partition("\n\n")[0]
    return f"{first.partition(' Source: ')[0]}\n"


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
