"""`make engine`: find a Pulumi CLI that works here, or get one; print its folder.

Run as `python -m scripts.install` by the project's own Python. Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from scripts import archive, cache, environment, sources


def say(line: str) -> None:
    """Write one line of progress."""
    sys.stderr.write(f"engine: {line}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Find or get an engine; return 0, or 1 after one line on stderr that says what to do."""
    parser = argparse.ArgumentParser(prog="python -m scripts.install", description=__doc__)
    parser.add_argument(
        "--print-bin",
        action="store_true",
        help="print the folder to put on PATH; nothing when the CLI there is good already",
    )
    parser.add_argument(
        "--pinned",
        action="store_true",
        help="ignore the CLI on PATH: a pipeline deploys with the pinned one",
    )
    options = parser.parse_args(arguments)
    # Drop secrets before any other program starts: no program that is fetched or built needs one.
    environment.drop_secrets(os.environ)
    found = None
    if not options.pinned:
        found = sources.on_path(os.environ.get("PATH", ""), sources.ask_version, say)
    if found is None:
        recipes = [archive.recipe(say), sources.go_recipe(say, os.environ)]
        try:
            found = cache.obtain(cache.cache_root(os.environ), recipes, say)
        except cache.EngineError as error:
            say(str(error))
            return 1
        if options.print_bin:
            sys.stdout.write(f"{found}\n")
    if not options.print_bin:
        say(f"the Pulumi CLI is in {found}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
