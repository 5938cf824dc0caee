"""Drive stacks from your own code with Pulumi's Automation API: one stack for each tenant.

    python examples/automation.py acme 415 212    # acme has these two numbers, and no others
    python examples/automation.py acme            # acme has none

State and its key are Pulumi's own: PULUMI_BACKEND_URL and PULUMI_CONFIG_PASSPHRASE. The account is
the one of VAPI_API_KEY.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence

import pulumi
from pulumi import automation

from vapi_provider import VapiPhoneNumber

PROJECT = "numbers-of-tenants"


def program(area_codes: Sequence[str]) -> Callable[[], None]:
    """Return a program that declares one number for each area code and exports them."""

    def declare() -> None:
        for code in area_codes:
            line = VapiPhoneNumber(
                f"line-{code}",
                number_desired_area_code=code,
                server={"url": "https://voice.example.com/vapi"},
            )
            pulumi.export(code, line.number)

    return declare


def bring_about(tenant: str, area_codes: Sequence[str]) -> dict[str, str]:
    """Create the tenant's stack if there is none, and reconcile its numbers."""
    stack = automation.create_or_select_stack(
        tenant, project_name=PROJECT, program=program(area_codes)
    )
    # The key stays in the environment, where the program and the plugin find VAPI_API_KEY:
    # `set_config` would put it on the command line of a `pulumi config set`, which every user of
    # the machine can read in the list of processes.
    # What a killed process left pending: `python -m vapi_provider recover` settles it first.
    done = stack.up()
    return {name: output.value for name, output in done.outputs.items()}


def main() -> None:
    """Print the tenant's numbers as JSON, or Pulumi's error."""
    if len(sys.argv) < 2 or not os.environ.get("VAPI_API_KEY"):
        sys.exit(__doc__)
    try:
        print(json.dumps(bring_about(sys.argv[1], sys.argv[2:])))  # noqa: T201  its result
    except automation.ConcurrentUpdateError:
        sys.exit(f"another run is at work on {sys.argv[1]}: try again when it has ended")
    except automation.CommandError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
