"""The content of a summary: changes of resources and their fields, warnings, errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from vapi_provider.models.constants import CLASS_NAMES
from vapi_provider.summary.events import Notice
from vapi_provider.summary.values import Hidden, contains_hidden

Action = Literal["deleted", "replaced", "gone", "changed", "adopted", "created", "forgotten"]
"""`deleted` and `replaced` release the number unless `Change.released` is false. `gone` was deleted
outside of Pulumi; `forgotten` leaves the state and stays in the account."""


@dataclass(frozen=True)
class FieldChange:
    """One changed field; None means absent, `Hidden` replaces values that are not shown."""

    path: str
    old: Any
    new: Any
    parts: tuple[str, ...] = field(default=(), compare=False)
    """The paths of the keys that differ in an object with free keys, such as headers."""

    @property
    def is_rotated(self) -> bool:
        """Whether one secret replaces another."""
        return contains_hidden(self.old, Hidden.SECRET) and contains_hidden(self.new, Hidden.SECRET)


@dataclass(frozen=True)
class Change:
    """One resource that changes.

    Attributes:
        type: The class of a phone number, or the whole type of another resource.
        number: The phone number or SIP URI that callers use.
        urn: The resource's URN: a `get` and the owner have one id.
    """

    action: Action
    type: str
    name: str
    id: str | None = None
    number: str | None = None
    released: bool = False
    fields: tuple[FieldChange, ...] = ()
    urn: str | None = field(default=None, compare=False)

    @property
    def is_number(self) -> bool:
        """Whether the resource is a phone number, which can be kept or released."""
        return self.type in CLASS_NAMES.values()


@dataclass(frozen=True)
class Summary:
    """The result of a preview or of a drift check."""

    what: Literal["preview", "drift"]
    stack: str
    changes: tuple[Change, ...] = ()
    warnings: tuple[Notice, ...] = ()
    errors: tuple[Notice, ...] = ()
    outputs: tuple[FieldChange, ...] = ()
    """The outputs of the stack that change."""

    @property
    def releases(self) -> int:
        """The count of numbers that are released for good."""
        return sum(change.released for change in self.changes)

    @property
    def exit_code(self) -> int:
        """The exit code: 0 for nothing, 1 for errors, 2 for changes or drift."""
        return 1 if self.errors else 2 if self.changes or self.outputs else 0
