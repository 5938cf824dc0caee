"""Entry point of ``python -m vapi_provider``, which runs the command line."""

import io
import os
import sys

from vapi_provider.cli import main


def state_encoding() -> None:
    """Set UTF-8 for pipes and files in every locale; a terminal keeps its own encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            is_chosen = stream.isatty() or os.environ.get("PYTHONIOENCODING")
            stream.reconfigure(encoding=None if is_chosen else "utf-8", errors="backslashreplace")


if __name__ == "__main__":
    state_encoding()
    main(prog_name="python -m vapi_provider")
