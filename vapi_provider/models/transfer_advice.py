"""Warnings about transfers: destinations and transfer plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from vapi_provider.catalogue import advice as texts
from vapi_provider.models.address_advice import Advice, Object, of_unassigned_number, of_url
from vapi_provider.models.constants import TransferMode
from vapi_provider.models.e164 import e164_problem
from vapi_provider.models.fields import as_object
from vapi_provider.models.kinds import Kind
from vapi_provider.models.urls import has_host

_TEMPLATES = ("{{customer.number}}", "{{phoneNumber.number}}")
_EXPERIMENTAL = "warm-transfer-experimental"
_WAITING = "warm-transfer-wait-for-operator-to-speak-first-and-then-say-"
_MODES = get_args(TransferMode)
_SUMMARY_HEADER = "blind-transfer-add-summary-to-sip-header"
# The transfer modes that use a field (API schema's descriptions).
_MODES_OF: Mapping[str, tuple[str, ...]] = {
    "message": (
        _SUMMARY_HEADER,
        "warm-transfer-say-message",
        f"{_WAITING}message",
        _EXPERIMENTAL,
    ),
    "summary_plan": (
        _SUMMARY_HEADER,
        "warm-transfer-say-summary",
        f"{_WAITING}summary",
        _EXPERIMENTAL,
    ),
    "timeout": (f"{_WAITING}message", f"{_WAITING}summary"),
    "twiml": ("warm-transfer-twiml",),
    "hold_audio_url": (_EXPERIMENTAL,),
    "transfer_complete_audio_url": (_EXPERIMENTAL,),
    "context_engineering_plan": (_EXPERIMENTAL,),
}


def of_number_destination(destination: Object, kind: Kind) -> Advice:
    """Yield warnings about a number as transfer destination.

    Sources: API schema's descriptions.
    """
    if destination.get("number_e164_check_enabled") is not False:
        yield from of_unassigned_number("number", destination)
    yield from _of_caller_id(destination)
    plan = destination.get("transfer_plan")
    if as_object(plan).get("sip_verb") is not None:
        yield "transfer_plan.sip_verb", texts.SIP_VERB_WITHOUT_SIP()
    yield from _of_carrier(plan, kind)


def of_sip_destination(destination: Object, kind: Kind) -> Advice:
    """Yield warnings about a SIP URI as transfer destination.

    Sources: API schema's descriptions; sip_verb "bye": Vapi's guide to blind transfers.
    """
    yield from _of_caller_id(destination)
    plan = destination.get("transfer_plan")
    verb = as_object(plan).get("sip_verb")
    if verb == "bye":
        yield "transfer_plan.sip_verb", texts.SIP_VERB_BYE()
    if destination.get("caller_id") is not None and (verb is None or verb in ("refer", "bye")):
        yield "caller_id", texts.NEEDS_SIP_VERB_DIAL(field="transfer_plan.sip_verb")
    yield from of_url("sip_uri", destination)
    yield from _of_carrier(plan, kind)


def _of_caller_id(destination: Object) -> Advice:
    """Yield a warning about a caller id. Source: API schema's description, with its templates."""
    caller_id = destination.get("caller_id")
    if isinstance(caller_id, str) and caller_id not in _TEMPLATES and e164_problem(caller_id):
        yield "caller_id", texts.CALLER_ID(templates=", ".join(_TEMPLATES))


def _of_carrier(plan: Any, kind: Kind) -> Advice:
    """Yield a warning about a mode for Twilio only. Source: Vapi's guide to warm transfers."""
    mode = as_object(plan).get("mode")
    warm = isinstance(mode, str) and mode.startswith("warm-transfer-")
    if warm and mode != _EXPERIMENTAL and kind.provider != "twilio":
        yield "transfer_plan.mode", texts.TWILIO_ONLY_MODE(mode=mode)


def of_transfer_plan(plan: Object, _kind: Kind) -> Advice:
    """Yield warnings about a transfer plan.

    Sources: API schema's descriptions; the message's length: Vapi's guide.
    """
    mode = plan.get("mode")
    for name, modes in _MODES_OF.items():
        if plan.get(name) is not None and mode in _MODES and mode not in modes:
            yield name, texts.UNUSED_IN_MODE(mode=mode)
    if plan.get("dial_timeout") is not None and plan.get("sip_verb") in (None, "refer", "bye"):
        yield "dial_timeout", texts.NEEDS_SIP_VERB_DIAL(field="sip_verb")
    for name in ("hold_audio_url", "transfer_complete_audio_url"):
        url = plan.get(name)
        if isinstance(url, str) and not has_host(url):
            yield name, texts.URL_WITHOUT_HOST()
    if isinstance(plan.get("message"), str) and len(plan["message"]) > 1000:
        yield "message", texts.LONG_MESSAGE()
    for name in ("hold_audio_url", "transfer_complete_audio_url"):
        yield from of_url(name, plan)
