"""Base class and helpers of the pydantic models: strictness, spelling and annotations of fields.

A model mirrors one schema of the API. Programs and recorded state spell its fields in snake_case,
requests and responses in camelCase.
"""

from __future__ import annotations

import threading
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, PlainSerializer
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from vapi_provider.catalogue import declarations
from vapi_provider.catalogue.message import Template
from vapi_provider.models.constants import DISCRIMINATED_BY
from vapi_provider.shared.json_values import whole_as_int

_building = threading.Lock()


class VapiModel(BaseModel):
    """A schema of the API, strict: unknown keys and wrong types are refused, never converted.

    `Schema.validate` validates a program's values. `Schema.model` returns the class to validate a
    wire body with: ``by_alias=True, by_name=False``. `to_wire` returns the wire body. Errors hold
    no values, because an input may be a secret.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,  # Building is expensive: models are built for their first validation.
        validate_by_name=True,
    )

    @classmethod
    def built(cls) -> type[Self]:
        """Return this class, built once for validation; safe to call from several threads."""
        if not cls.__pydantic_complete__:
            with _building:
                cls.model_rebuild()
        return cls

    def to_wire(self) -> dict[str, Any]:
        """Return the JSON object to send, in camelCase, with the given fields only."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class DocumentedDefault:
    """Documented default of an absent field, in snake_case spelling.

    A region's SIP host is a default in that region only.
    """

    def __init__(self, *defaults: Any) -> None:
        self.defaults = defaults


Number = Annotated[
    float, PlainSerializer(whole_as_int, return_type=float | int, when_used="always")
]
"""Number in JSON. The engine passes every number as a float; requests contain 20, not 20.0."""


OWN_RULES = frozenset(
    {declarations.INCOMPLETE_CREDENTIAL.code, declarations.INCOMPLETE_SIP_URI.code}
)
"""Types of the errors that the API does not raise; the embedded account ignores them."""


def refusal(rule: Template, **values: str) -> PydanticCustomError:
    """Return the error for a broken rule: its type is the rule's code, its text has no code."""
    return PydanticCustomError(rule.code, rule.text, values)  # pyright: ignore[reportArgumentType]


def discriminated_by(key: str, *allowed: str) -> Discriminator:
    """Return the discriminator of a union by the literal under `key`.

    Each member has ``Tag("<literal>")``: the angle brackets distinguish tags in an error's location
    from keys of the data.
    """

    def tag(value: Any) -> str | None:
        found = value.get(key) if isinstance(value, dict) else getattr(value, key, None)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return f"<{found}>" if isinstance(found, str) and found in allowed else None

    # Pydantic hashes discriminators and so allows no custom_error_context: the type holds the key.
    return Discriminator(
        tag,
        custom_error_type=DISCRIMINATED_BY + key,
        custom_error_message=f"must be one of {', '.join(allowed)}",
    )
