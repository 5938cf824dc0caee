"""vapi_provider/models/_generated_fields.py is what the models say now."""

from __future__ import annotations

from scripts.docs.fields import VOCABULARY, vocabulary
from vapi_provider.models._generated_fields import SCHEMAS
from vapi_provider.models.fields import schema_named


def test_the_vocabulary_is_the_models() -> None:
    """The file on disk is what `make docs` would write."""
    assert VOCABULARY.read_text(encoding="utf-8") == vocabulary()


def test_every_schema_has_its_model() -> None:
    """Each name leads to the model of that name, which has these fields in this order."""
    for name in SCHEMAS:
        schema = schema_named(name)
        assert schema.model.__name__ == name
        assert list(schema.model.model_fields) == list(schema.fields)
