"""Generated programs: any text is written as a literal of itself."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from vapi_provider.importing.layout import WIDTH, exempt_long_lines, quote


@given(st.text(), st.integers(0, 40))
def test_any_text_is_laid_out_as_itself(text: str, indent: int) -> None:
    """A text becomes a literal with that value, on one line that the linter accepts."""
    (line,) = exempt_long_lines(f"{' ' * indent}exact={quote(text)},").split("\n")
    (statement,) = ast.parse(f"f(\n{line}\n)").body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    assert ast.literal_eval(statement.value.keywords[0].value) == text
    assert len(line) <= WIDTH or line.endswith(",  # noqa: E501")
