"""Facts that the preflight read from a stack's recorded state, for the plugin, which sees no state.

A make target or a command of this package writes them to a file that `VAPI_PREFLIGHT` names; a
plain `pulumi up` has none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

VARIABLE = "VAPI_PREFLIGHT"


@dataclass(frozen=True)
class StateFacts:
    """Facts about the recorded state when the run began.

    `organizations` own the recorded numbers. `holders` maps the id of each record to the
    keys of the resources that hold it. `replacing` are the keys of the resources that the engine is
    about to replace without a diff (taint, `--target-replace`).
    """

    organizations: frozenset[str] = frozenset()
    holders: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    replacing: frozenset[str] = frozenset()

    def write(self, file: Path) -> None:
        """Write the facts to `file`, readable only by the current user."""
        facts = {
            "organizations": sorted(self.organizations),
            "holders": self.holders,
            "replacing": sorted(self.replacing),
        }
        file.touch(mode=0o600)
        file.write_text(json.dumps(facts), encoding="utf-8")


def read_facts(environment: Mapping[str, str]) -> StateFacts:
    """Return the facts in the file that the environment names; empty facts where there is none."""
    named = environment.get(VARIABLE)
    if not named:
        return StateFacts()
    try:
        found = cast(dict[str, Any], json.loads(Path(named).read_text(encoding="utf-8")))
        return StateFacts(
            frozenset(found["organizations"]),
            dict(found["holders"]),
            frozenset(found["replacing"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return StateFacts()
