"""`Finding`: one thing that is wrong with an answer, and how sure that is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Sure = Literal["certain", "almost certain", "likely", "perhaps"]


@dataclass(frozen=True)
class Finding:
    """What is wrong, in one line. `code` is for pipelines and stays as it is.

    A *note* is worth knowing and fails nothing: it never changes the exit code.
    """

    code: str
    says: str
    sure: Sure = "certain"
    note: bool = False

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)

    def __str__(self) -> str:
        """For people: `code: what (how sure)`."""
        doubt = "" if self.sure == "certain" else f" ({self.sure})"
        return f"{self.code}: {self.says}{doubt}"


def notes_apart(findings: list[Finding]) -> tuple[list[Finding], list[Finding]]:
    """What is wrong, and what is only worth knowing."""
    return [one for one in findings if not one.note], [one for one in findings if one.note]
