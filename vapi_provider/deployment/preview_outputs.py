"""Outputs that an in-place update cannot change, passed to the plugin of a preview.

While the engine previews an update, it uses a number's inputs as its outputs, so that every
resource that depends on `number` looks changed. The package's `preview` command writes the recorded
outputs to a file, and `check` adds them to the inputs, which a preview does not store.
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
from vapi_provider.reconcile.resource_key import with_parent

VARIABLE = "VAPI_FORESEEN_OUTPUTS"
"""Environment variable that names the file; only the package's `preview` command sets it."""

_UNALTERED = ("number", "org_id", "created_at")

PreviewOutputs = Mapping[str, Mapping[str, str]]
"""Outputs by recorded key, and by the key that the program sends for the resource."""


@contextmanager
def write_preview_outputs(deployment: Mapping[str, Any]) -> Generator[dict[str, str]]:
    """Write the outputs for a preview to a file; yield the environment that names the file."""
    with TemporaryDirectory(prefix="vapi-preview-") as folder:
        path = Path(folder) / "outputs.json"
        path.write_text(json.dumps(_outputs_of(deployment)), encoding="utf-8")
        yield {VARIABLE: str(path)}


def read_preview_outputs(environment: Mapping[str, str] = os.environ) -> PreviewOutputs:
    """Return the outputs that `preview` has written; an empty mapping in any other run."""
    path = environment.get(VARIABLE)
    if not path:
        return {}
    try:
        found: PreviewOutputs = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _outputs_of(deployment: Mapping[str, Any]) -> PreviewOutputs:
    found: dict[str, dict[str, str]] = {}
    by_parent: dict[str, dict[str, str]] = {}
    several: set[str] = set()
    for resource in resources_of(deployment):
        outputs = as_object(resource.get("outputs"))
        key = outputs.get("declaration")
        if not is_ours(resource) or not isinstance(key, str) or resource.get("delete"):
            continue
        if key in found:
            several.add(key)
        known = {name: outputs.get(name) for name in _UNALTERED}
        found[key] = {name: value for name, value in known.items() if isinstance(value, str)}
        # The key that the program sends, whichever form the state records.
        parent = resource.get("parent")
        by_parent[with_parent(key, parent if isinstance(parent, str) else None)] = found[key]
    return {name: outputs for name, outputs in found.items() if name not in several} | by_parent
