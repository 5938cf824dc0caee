"""Programs under `pulumi.runtime.set_mocks`: people's unit tests, without a key and a plugin.

The plugin never runs there, so that what its `check` refuses is refused in the program.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping
from typing import Any, cast

import pulumi
from pulumi.output import UNKNOWN
from pulumi.runtime.mocks import MockMonitor

from vapi_provider.models.kinds import Kind
from vapi_provider.models.values import problems_of_values
from vapi_provider.reconcile.properties import Declared, plain

KEY = "none-needed-under-mocks"
"""Stands for the key of an account that no test reaches."""

ORGANIZATION = "organization"
"""What a self-managed backend calls its organization; mocks name none."""


def is_mocked() -> bool:
    """Return whether the program runs under mocks."""
    monitor: object = pulumi.runtime.settings.get_monitor()
    return isinstance(monitor, MockMonitor)


def refuse_wrong_values(kind: Kind, fields: Mapping[str, Any], adopt_id: Any, where: str) -> None:
    """Raise RunError for values that the plugin would refuse.

    What an output holds is not judged: mocks make up the ids that a number refers to.
    """
    # Lazy import: the models are expensive to load, and only tests need them in the program.
    from vapi_provider.reconcile.validation import problems

    given = {} if adopt_id is None else {"adopt_id": _known(adopt_id)}
    known = {name: _known(value) for name, value in fields.items()}
    inputs = {"provider": kind.provider, **plain(known), **given}
    # An imported number declares nothing to buy: whether its record exists is not known here.
    found = problems(Declared.of(inputs), inputs, exists=True)
    if found:
        raise pulumi.RunError("; ".join(f"{where}{problem}" for problem in found))


def values_nobody_means(kind: Kind, fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield a warning for each value that the plugin would refuse where it is not recorded so.

    An imported record may have such a value, and mocks have no state that could tell.
    """
    known = plain({name: _known(value) for name, value in fields.items()})
    for path, reason in problems_of_values(kind.create, known, {}):
        yield f"{path}: {reason} (a preview refuses it unless the state has it)"


def _known(value: Any) -> Any:
    """Return `value` with a placeholder for each output in it."""
    if isinstance(value, pulumi.Output | Awaitable):
        return UNKNOWN
    if isinstance(value, Mapping):
        items = cast(Mapping[str, Any], value).items()
        return {name: _known(item) for name, item in items}
    if isinstance(value, list | tuple):
        return [_known(item) for item in cast(list[Any], value)]
    # An engine hands every number over as a float, and the models take nothing else.
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
