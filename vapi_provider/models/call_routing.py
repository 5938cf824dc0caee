"""Rules about who answers a call, shared by the warnings, the guards and the probe.

Values may be Outputs or unknown. Sources: Vapi's migration guide for workflows, the API schema's
description of `fallbackDestination`, and an answer of Vapi's support about servers that fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vapi_provider.models.fields import as_list, as_object

ANSWERERS = ("assistant_id", "squad_id")
"""The fields that name who answers, without workflows, which stopped on 2026-08-19."""

REACHED_BY = (*ANSWERERS, "server", "hooks", "fallback_destination")
"""The fields that let a call reach anyone; without all of them it ends immediately."""

RETURNED_ERROR = "assistant-request-returned-error"
"""Ended reason of a call whose assistant-request the server answers with an error such as 500."""


def names_nobody(fields: Mapping[str, Any]) -> bool:
    """Return whether no declared field answers; the organization's own server still may."""
    return all(fields.get(name) in (None, "", [], {}) for name in REACHED_BY)


def field_before_fallback(fields: Mapping[str, Any]) -> str | None:
    """Return the field that keeps a fallback from ever running; None where it may run.

    Only known values count, because an Output may turn out to be absent.
    """
    return next(
        (name for name in ANSWERERS if isinstance(fields.get(name), str) and fields[name]),
        None,
    )


def lacks_ending_hook(fields: Mapping[str, Any]) -> bool:
    """Return whether no hook can run for a call that ends because the server answered an error.

    With an assistant or a squad Vapi sends no assistant-request, so that only a hook for all ended
    reasons may run. An unknown value may be such a hook.
    """
    hooks = fields.get("hooks")
    if hooks is None:
        return True
    if not isinstance(hooks, list | tuple):
        return False
    asks_nobody = field_before_fallback(fields) is not None
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
    return not asks_nobody and all(_may_match(ending) for ending in as_list(filters))


def _may_match(ending: Any) -> bool:
    reasons = as_object(ending).get("one_of")
    if not isinstance(reasons, list | tuple):
        return True
    known = as_list(reasons)
    return RETURNED_ERROR in known or not all(isinstance(reason, str) for reason in known)
