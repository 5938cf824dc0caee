"""The name under which a process writes intents."""

from __future__ import annotations

import hashlib
import uuid


class Owner:
    """A unique name; those of processes with the same `operation` have a common prefix."""

    def __init__(self, operation: str) -> None:
        self._operation = hashlib.sha256(operation.encode()).hexdigest()[:8] if operation else ""
        self.own = self._operation + uuid.uuid4().hex[len(self._operation) :]

    def is_of_this_operation(self, owner: str) -> bool:
        """Return whether an owner is a process of this engine operation, such as this process."""
        return owner == self.own or bool(self._operation and owner.startswith(self._operation))
