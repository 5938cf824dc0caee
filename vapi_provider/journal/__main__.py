"""A script that prints the URL of the journal beside shared state, for `make env`.

It prints nothing for a journal in a file. The URL has no password: the journal takes that from the
backend's URL.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.journal_location import export_url
from vapi_provider.shared.terminal import say


def main() -> None:
    """Print the URL, or exit with an error of one line."""
    try:
        url = export_url(os.environ, Path.cwd())
    except ConfigurationError as error:
        sys.exit(f"error: {error}")
    if url is not None:
        say(url)


if __name__ == "__main__":
    main()
