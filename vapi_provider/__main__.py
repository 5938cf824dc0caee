"""``python -m vapi_provider``: hands over to the command line."""

from vapi_provider.cli import main

if __name__ == "__main__":
    main(prog_name="python -m vapi_provider")
