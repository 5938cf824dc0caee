"""Who answers a call to a number: what the warnings, the guards and the probe know of it.

Values may be outputs or placeholders that are not known yet. Sources: Vapi's migration guide for
workflows, the API schema's description of `fallbackDestination`, and an answer of Vapi's support
about servers that fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vapi_provider.models.fields import as_list, as_object

ANSWERERS = ("assistant_id", "squad_id")
"""The fields that name who answers. A workflow is none: they stopped on 2026-08-19."""

REACHED_BY = (*ANSWERERS, "server", "hooks", "fallback_destination")
"""Without any of these a call ends at once."""

RETURNED_ERROR = "assistant-request-returned-error"
"""How a call ends whose assistant-request the server answers with an error, such as 500."""


def names_nobody(fields: Mapping[str, Any]) -> bool:
    """Return whether nothing that is declared answers; the organization's own server may."""
    return all(fields.get(name) in (None, "", [], {}) for name in REACHED_BY)


def excludes_fallback(fields: Mapping[str, Any]) -> str | None:
    """Return the field because of which a fallback can never run, None where it may.

    Only what is known counts: an output may turn out to be absent.
    """
    return next(
        (name for name in ANSWERERS if isinstance(fields.get(name), str) and fields[name]),
        None,
    )


def lacks_ending_hook(fields: Mapping[str, Any]) -> bool:
    """Return whether no hook can catch a call that ends because the server answered an error.

    Beside an assistant or a squad no such request is made, so that only a hook for all endings may
    run there. What is not known yet may be such a hook.
    """
    hooks = fields.get("hooks")
    if hooks is None:
        return True
    if not isinstance(hooks, list | tuple):
        return False
    asks_nobody = excludes_fallback(fields) is not None
    return not any(_may_catch(hook, asks_nobody) for hook in as_list(hooks))


def _may_catch(hook: Any, asks_nobody: bool) -> bool:
    known = as_object(hook)
    if not known:
        return True
    if known.get("on") == "call.ringing" or known.get("do") is None:
        return False
    filters = known.get("filters")
    if not isinstance(filters, list | tuple) or not filters:
        return True
    return not asks_nobody and all(_lets_through(one) for one in as_list(filters))


def _lets_through(ending: Any) -> bool:
    reasons = as_object(ending).get("one_of")
    if not isinstance(reasons, list | tuple):
        return True
    known = as_list(reasons)
    return RETURNED_ERROR in known or not all(isinstance(reason, str) for reason in known)
