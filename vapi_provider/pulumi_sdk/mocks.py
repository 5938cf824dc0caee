"""Support for programs under `pulumi.runtime.set_mocks`: users' unit tests without key or plugin.

The plugin does not run under mocks, so the program itself validates what the plugin's `check`
would validate.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cache
from typing import Any, cast

import pulumi
from pulumi.output import UNKNOWN
from pulumi.runtime import settings
from pulumi.runtime.mocks import MockMonitor

from vapi_provider.models.accidental_values import problems_of_values
from vapi_provider.models.kinds import Kind
from vapi_provider.reconcile.properties import Desired, normalize
from vapi_provider.shared.search_path import libraries_first

KEY = "none-needed-under-mocks"
"""The placeholder for the API key: a test under mocks sends no request."""

ORGANIZATION = "organization"
"""The organization's name in a self-managed backend, used because mocks have no organization."""


def is_mocked() -> bool:
    """Return whether the SDK's mocks run the program."""
    return isinstance(cast(object, settings.get_monitor()), MockMonitor)


def refuse_wrong_values(kind: Kind, fields: Mapping[str, Any], adopt_id: Any, where: str) -> None:
    """Raise RunError for values that the plugin would refuse.

    Values of outputs are not validated: mocks invent the ids that a number refers to.
    """
    given = {} if adopt_id is None else {"adopt_id": _known(adopt_id)}
    known = {name: _known(value) for name, value in fields.items()}
    inputs = {"provider": kind.provider, **normalize(known), **given}
    # `exists=True` skips the rules for a purchase: mocks cannot tell whether the record exists.
    found = _validator(kind)(Desired.of(inputs), inputs, exists=True)
    if found:
        raise pulumi.RunError("; ".join(f"{where}{problem}" for problem in found))


@cache
def _validator(kind: Kind) -> Callable[..., list[str]]:
    """Return the function that validates a kind's declarations.

    The import is lazy because the models are expensive to load and only tests need them in the
    program. Libraries come first on the search path because a module of the project, such as
    `secrets.py`, may have the name of a module that the models import.
    """
    with libraries_first():
        from vapi_provider.reconcile.validation import problems

        _ = kind.create.model
    return problems


def rejected_value_warnings(kind: Kind, fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield a warning for each value that the plugin refuses unless the state already has it.

    An imported record may have such a value, and mocks have no state to compare with.
    """
    known = normalize({name: _known(value) for name, value in fields.items()})
    for path, reason in problems_of_values(kind.create, known, {}):
        yield f"{path}: {reason} (a preview refuses it unless the state has it)"


def _known(value: Any) -> Any:
    """Return `value` with each output in it replaced by a placeholder."""
    if isinstance(value, pulumi.Output | Awaitable):
        return UNKNOWN
    if isinstance(value, Mapping):
        items = cast(Mapping[str, Any], value).items()
        return {name: _known(item) for name, item in items}
    if isinstance(value, list | tuple):
        return [_known(item) for item in cast(list[Any], value)]
    # The engine passes every number as a float, and the models accept no other type.
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
