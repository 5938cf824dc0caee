"""The program: declares what the stack of this name declares, in `stacks/<name>.py`."""

import importlib
import sys
from pathlib import Path

import pulumi

from vapi_provider.pulumi_sdk.checkpoint_guard import refuse_other_resources

# The SDK's own code for "a message was shown": the engine then adds none about exit codes.
MESSAGE_WAS_SHOWN = 32


def main() -> None:
    """Picks the stack's module and exports how each number is reached."""
    stack = pulumi.get_stack()
    folder = Path(__file__).parent / "stacks"
    known = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    if stack not in known:
        raise pulumi.RunError(
            f"nothing is declared for stack {stack!r}: there is no stacks/{stack}.py. "
            f"Declared stacks: {', '.join(known)}"
        )
    refuse_other_resources()
    pulumi.export("numbers", importlib.import_module(f"stacks.{stack}").declare())


try:
    main()
except pulumi.RunError as error:
    pulumi.log.error(str(error))
    sys.exit(MESSAGE_WAS_SHOWN)
