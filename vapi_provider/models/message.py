"""What is spoken to a caller: `CustomMessage` with its translations (`TextContent`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from vapi_provider.models.base import EMPTY_IS_ABSENT, VapiModel

Language = Literal[
    "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bh",
    "bi", "bm", "bn", "bo", "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cu", "cv", "cy", "da",
    "de", "dv", "dz", "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff", "fi", "fj", "fo", "fr",
    "fy", "ga", "gd", "gl", "gn", "gu", "gv", "ha", "he", "hi", "ho", "hr", "ht", "hu", "hy", "hz",
    "ia", "id", "ie", "ig", "ii", "ik", "io", "is", "it", "iu", "ja", "jv", "ka", "kg", "ki", "kj",
    "kk", "kl", "km", "kn", "ko", "kr", "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln",
    "lo", "lt", "lu", "lv", "mg", "mh", "mi", "mk", "ml", "mn", "mr", "ms", "mt", "my", "na", "nb",
    "nd", "ne", "ng", "nl", "nn", "no", "nr", "nv", "ny", "oc", "oj", "om", "or", "os", "pa", "pi",
    "pl", "ps", "pt", "qu", "rm", "rn", "ro", "ru", "rw", "sa", "sc", "sd", "se", "sg", "si", "sk",
    "sl", "sm", "sn", "so", "sq", "sr", "ss", "st", "su", "sv", "sw", "ta", "te", "tg", "th", "ti",
    "tk", "tl", "tn", "to", "tr", "ts", "tt", "tw", "ty", "ug", "uk", "ur", "uz", "ve", "vi", "vo",
    "wa", "wo", "xh", "yi", "yue", "yo", "za", "zh", "zu",
]  # fmt: skip
"""ISO 639-1 codes and Cantonese (yue), as the API schema lists them."""


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
        Field(description="The same in several languages; beats content."),
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
