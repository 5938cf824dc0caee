"""Models of spoken messages: `CustomMessage` with its translations (`TextContent`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from vapi_provider.models.base import VapiModel
from vapi_provider.models.constants import Language
from vapi_provider.models.field_traits import EMPTY_IS_ABSENT


class TextContent(VapiModel):
    """A message in one language. Source: API schema."""

    type: Annotated[Literal["text"], Field(description="Always text.")]
    text: Annotated[str, Field(description="What is said.")]
    language: Annotated[Language, Field(description="ISO 639-1 code of the text's language.")]


class CustomMessage(VapiModel):
    """A message, given once or in several languages. Source: API schema."""

    type: Annotated[Literal["custom-message"], Field(description="Always custom-message.")]
    content: Annotated[str | None, Field(max_length=1000, description="What is said.")] = None
    contents: Annotated[
        list[TextContent] | None,
        Field(description="The same in several languages; overrides content."),
        EMPTY_IS_ABSENT,
    ] = None


def _text_or_custom(value: Any) -> str | None:
    if isinstance(value, str):
        return "<text>"
    return "<CustomMessage>" if isinstance(value, dict | CustomMessage) else None


Message = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[CustomMessage, Tag("<CustomMessage>")],
    Discriminator(
        _text_or_custom,
        custom_error_type="text_or_custom_message",
        custom_error_message="must be text or a custom message",
    ),
]
