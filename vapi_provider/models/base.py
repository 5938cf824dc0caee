"""What every model of the API's vocabulary shares: strictness, spelling, and marks on fields.

Knows pydantic and nothing else: no Pulumi, no HTTP. A model mirrors one schema of the API; programs
and recorded state spell its fields in snake_case, the wire in camelCase.
"""

from __future__ import annotations

import threading
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, PlainSerializer
from pydantic.alias_generators import to_camel
from typing_extensions import Self

_building = threading.Lock()


class VapiModel(BaseModel):
    """A schema of the API, strict: unknown keys and wrong types are refused, never converted.

    Validate with what `built` returns: a program's values with ``by_name=True, by_alias=False``, a
    wire body with ``by_alias=True, by_name=False``; write the wire body with `to_wire`. Errors hold
    no values: an input may be a secret.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,  # Dear: only those that validate something are built.
        validate_by_name=True,
    )

    @classmethod
    def built(cls) -> type[Self]:
        """This class, ready to validate: built once, also where several threads come first."""
        if not cls.__pydantic_complete__:
            with _building:
                cls.model_rebuild()
        return cls

    def to_wire(self) -> dict[str, Any]:
        """The JSON object to send: camelCase, only what was given."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Documented:
    """What the API documents an absent field to mean, in snake_case spelling.

    A region's SIP host is the default of that region alone.
    """

    def __init__(self, *defaults: Any) -> None:
        self.defaults = defaults


def _whole_numbers_as_int(value: float) -> float | int:
    return int(value) if value.is_integer() else value


Number = Annotated[
    float, PlainSerializer(_whole_numbers_as_int, return_type=float | int, when_used="always")
]
"""JSON's number. The engine hands every number over as a float; the wire gets 20, not 20.0."""


OWN_CARE = "own_care_"
"""How the type of an error starts that the API would not make: the embedded account ignores it."""

TOLD_APART_BY = "told_apart_by_"
"""How the type of the error starts when no member of a union fits; its key follows."""


def told_apart_by(key: str, *allowed: str) -> Discriminator:
    """How pydantic tells a union's members apart: by the literal under `key`.

    Each member carries ``Tag("<literal>")``: the angle brackets keep tags in an error's location
    apart from keys of the data.
    """

    def tag(value: Any) -> str | None:
        found = value.get(key) if isinstance(value, dict) else getattr(value, key, None)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return f"<{found}>" if isinstance(found, str) and found in allowed else None

    # Pydantic hashes it inside a union, so no custom_error_context: the key goes into the type.
    return Discriminator(
        tag,
        custom_error_type=TOLD_APART_BY + key,
        custom_error_message=f"must be one of {', '.join(allowed)}",
    )
