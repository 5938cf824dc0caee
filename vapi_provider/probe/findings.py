"""A finding: one fault of an answer, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Sure = Literal["certain", "almost certain", "likely", "perhaps"]


@dataclass(frozen=True)
class Finding:
    """One fault of an answer.

    Attributes:
        code: The kind of fault; pipelines compare it, so it never changes.
        says: The fault in one line.
        sure: How sure the fault is.
        note: Whether the finding is for information only and leaves the exit code as it is.
    """

    code: str
    says: str
    sure: Sure = "certain"
    note: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the finding for `--json`, which lists notes apart."""
        return {"code": self.code, "says": self.says, "sure": self.sure}

    def __str__(self) -> str:
        doubt = "" if self.sure == "certain" else f" ({self.sure})"
        return f"{self.code}: {self.says}{doubt}"


def split_notes(findings: list[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Return the faults and the notes among the findings."""
    faults = [finding for finding in findings if not finding.note]
    return faults, [finding for finding in findings if finding.note]
