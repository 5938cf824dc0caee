"""A check of a stack's settings file, before a make target creates anything.

The CLI's own errors name a line but no file. And `make` confirms Pulumi's question for `local`, so
that stack must use an embedded account, where nothing is bought.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from vapi_provider.catalogue.make import (
    LOCAL_NOT_EMBEDDED,
    NO_SETTINGS,
    STACK_WITHOUT_KEY,
    UNREADABLE_SETTINGS,
)


def problem(stack: str, path: Path, needs_key: bool) -> str | None:
    """Return one line that says what is wrong with the settings in `path`, or None."""
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        settings: Any = yaml.safe_load(text) or {}
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        return UNREADABLE_SETTINGS(path=path, error=" ".join(str(error).split()))
    settings = cast(Mapping[str, Any], settings) if isinstance(settings, Mapping) else {"config": 0}
    config: Any = settings.get("config")
    if not isinstance(config, Mapping | None):
        return NO_SETTINGS(path=path)
    values = cast(Mapping[str, Any], config or {})
    embedded = str(values.get("vapi:baseUrl", "")).startswith("embedded:")
    if stack == "local" and not embedded:
        return LOCAL_NOT_EMBEDDED(path=path)
    known = any(os.environ.get(name) for name in ("VAPI_API_KEY", "VAPI_TOKEN"))
    # A Pulumi ESC environment may provide the key.
    if embedded or os.environ.get("VAPI_BASE_URL", "").startswith("embedded:"):
        return None
    if needs_key and not (known or "vapi:apiKey" in values or "environment" in settings):
        return STACK_WITHOUT_KEY(stack=stack)
    return None


if __name__ == "__main__":
    found = problem(sys.argv[1], Path(sys.argv[2]), needs_key="key" in sys.argv[3:])
    if found:
        sys.exit(f"make: {found}")
