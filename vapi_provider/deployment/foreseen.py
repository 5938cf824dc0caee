"""Outputs that an update in place cannot alter, told to the plugin of a preview.

The engine takes a number's inputs for its outputs while it previews an update, so whatever hangs on
`number` looks as if it changed. Our `preview` writes down what the state records, and `check` adds
it to the inputs, which a preview stores nowhere.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vapi_provider.deployment.exported import is_ours, resources_of
from vapi_provider.models.fields import as_object

VARIABLE = "VAPI_FORESEEN_OUTPUTS"
"""Names the file in the environment of a preview; nobody sets it but our own command."""

_UNALTERED = ("number", "org_id", "created_at")

Foreseen = Mapping[str, Mapping[str, str]]
"""Recorded outputs by declaration."""


@contextmanager
def written(deployment: Mapping[str, Any]) -> Generator[dict[str, str]]:
    """Write the outputs down for a preview; gives the environment that names the file."""
    with TemporaryDirectory(prefix="vapi-preview-") as folder:
        path = Path(folder) / "outputs.json"
        path.write_text(json.dumps(_outputs_of(deployment)), encoding="utf-8")
        yield {VARIABLE: str(path)}


def read(environment: Mapping[str, str] = os.environ) -> Foreseen:
    """Read what our preview has written down; nothing in any other run."""
    path = environment.get(VARIABLE)
    if not path:
        return {}
    try:
        found: Foreseen = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _outputs_of(deployment: Mapping[str, Any]) -> Foreseen:
    found: dict[str, dict[str, str]] = {}
    several: set[str] = set()
    for resource in resources_of(deployment):
        outputs = as_object(resource.get("outputs"))
        declaration = outputs.get("declaration")
        if not is_ours(resource) or not isinstance(declaration, str) or resource.get("delete"):
            continue
        if declaration in found:
            several.add(declaration)
        known = {name: outputs.get(name) for name in _UNALTERED}
        found[declaration] = {name: one for name, one in known.items() if isinstance(one, str)}
    return {name: outputs for name, outputs in found.items() if name not in several}
