"""Warnings about declarations that the API accepts but that do not work as declared.

Values may be Outputs or unknown; only plain values are checked. Each rule is a function of one
declared object, and its docstring names the rule's source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast, get_args

from vapi_provider.models.answering import ANSWERERS, names_nobody
from vapi_provider.models.constants import SIP_HOSTS, UUID, TransferMode
from vapi_provider.models.e164 import e164_problem, is_assigned
from vapi_provider.models.fields import Schema, as_list, as_object
from vapi_provider.models.kinds import Kind
from vapi_provider.models.urls import has_host
from vapi_provider.shared.addresses import contains_user_information

Object = Mapping[str, Any]
Advice = Iterator[tuple[str, str]]
"""Field ("" for the object itself) and warning, which may start with the declared value."""

_NEVER_EMPTY = ("twilio_account_sid", "twilio_auth_token", "twilio_api_key", "twilio_api_secret")
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


def advice(kind: Kind, fields: Object, region: str, *, show_values: bool = True) -> Iterator[str]:
    """Yield warnings about declared fields, one line each, with the path where there is one.

    Without `show_values` a warning does not start with the declared value, which may be a secret.
    """
    found: list[tuple[str, Object, Advice]] = [("", fields, _of_number(kind, fields, region))]
    for path, model, value in _objects(kind.create, fields, ""):
        rule = _RULES.get(model.name)
        found += [(path, value, rule(value, kind))] if rule else []
    for path, holder, told in found:
        for field, text in told:
            where = ".".join(filter(None, (path, field)))
            said = text if show_values else _without_value(text, holder, field)
            yield f"{where}: {said}" if where else said


def _without_value(text: str, holder: Object, field: str) -> str:
    value: Any = holder
    for name in field.split("."):
        value = as_object(value).get(name)
    return text.removeprefix(f"{value} ") if isinstance(value, str) else text


def _objects(model: Schema, value: Object, path: str) -> Iterator[tuple[str, Schema, Object]]:
    """Yield every object nested in `value` with its path and its schema."""
    for name, spec in model.fields.items():
        inside = value.get(name)
        if inside is None:
            continue
        listed = [(f"[{index}]", item) for index, item in enumerate(as_list(inside))]
        for where, item in listed or [("", inside)]:
            inner = spec.schema_of(item)
            if inner is not None:
                here = f"{path}{name}{where}"
                yield here, inner, as_object(item)
                yield from _objects(inner, as_object(item), f"{here}.")


def _of_number(kind: Kind, fields: Object, region: str) -> Advice:
    """Yield warnings about a number.

    Sources: API schema; observed answers (UUIDs); the US numbering plan; our own care.
    """
    uri = fields.get("sip_uri")
    if uri is not None and fields.get("authentication") is None:
        yield "", "sip_uri without authentication: anyone who knows the URI may call it"
    if fields.get("authentication") is not None and uri is None:
        yield "authentication", "does nothing without sip_uri"
    if isinstance(uri, str) and not uri.lower().endswith("@" + SIP_HOSTS[region]):
        yield "sip_uri", f"is not at {SIP_HOSTS[region]}, the SIP host of region {region}"
    yield from _of_url("sip_uri", fields)
    if names_nobody(fields):
        yield (
            "",
            "nobody answers, unless the organization has a server of its own: none of "
            "assistant_id, squad_id, server, hooks and fallback_destination is set",
        )
    if fields.get("workflow_id") is not None:
        yield (
            "workflow_id",
            "answers nobody: workflows stopped on 2026-08-19; use assistant_id or squad_id",
        )
    answering = [name for name in ANSWERERS if fields.get(name) is not None]
    if len(answering) > 1:
        yield "", f"{' and '.join(answering)} are set: which one answers is not documented"
    if fields.get("fallback_destination") is not None and answering:
        yield "fallback_destination", "is used only where neither assistant_id nor squad_id is set"
    for name in ("squad_id", "workflow_id", "credential_id"):
        if isinstance(fields.get(name), str) and not UUID.fullmatch(fields[name]):
            yield name, "is no UUID: the API will probably refuse it"
    area_code = fields.get("number_desired_area_code")
    if isinstance(area_code, str) and not re.fullmatch(r"[2-9](?!11)\d\d", area_code):
        yield "number_desired_area_code", f"{area_code} cannot be a US area code"
    if fields.get("number_e164_check_enabled") is not False:
        yield from _unassigned("number", fields)
    if fields.get("twilio_auth_token") is not None:
        for name in ("twilio_api_key", "twilio_api_secret"):
            if fields.get(name) is not None:
                yield name, "is ignored beside twilio_auth_token"
    for name in _NEVER_EMPTY:
        value = fields.get(name)
        if isinstance(value, str) and not value.strip():
            yield name, "is empty: is a variable unset?"


def _of_server(server: Object, _kind: Kind) -> Advice:
    """Yield warnings about a server.

    Sources: API schema's descriptions; observed answers (UUIDs); our own care.
    """
    credential = server.get("credential_id")
    if credential in (None, "") and server.get("headers") in (None, {}):
        yield (
            "",
            "has neither credential_id nor headers: it cannot tell Vapi's requests from anybody "
            "else's",
        )
    if server.get("encrypted_paths") not in (None, []) and credential is None:
        yield "encrypted_paths", "needs credential_id, of a credential with an encryption plan"
    if isinstance(credential, str) and not UUID.fullmatch(credential):
        yield "credential_id", "is no UUID: the API will probably refuse it"
    yield from _of_url("url", server)


def _of_number_destination(destination: Object, kind: Kind) -> Advice:
    """Yield warnings about a number as transfer destination.

    Sources: API schema's descriptions.
    """
    if destination.get("number_e164_check_enabled") is not False:
        yield from _unassigned("number", destination)
    yield from _of_caller_id(destination)
    plan = destination.get("transfer_plan")
    if as_object(plan).get("sip_verb") is not None:
        yield "transfer_plan.sip_verb", "is ignored: the destination is no SIP URI"
    yield from _of_carrier(plan, kind)


def _of_sip_destination(destination: Object, kind: Kind) -> Advice:
    """Yield warnings about a SIP URI as transfer destination.

    Sources: API schema's descriptions; sip_verb "bye": Vapi's guide to blind transfers.
    """
    yield from _of_caller_id(destination)
    plan = destination.get("transfer_plan")
    verb = as_object(plan).get("sip_verb")
    if verb == "bye":
        yield (
            "transfer_plan.sip_verb",
            'is "bye": Vapi hangs up and never calls the destination; use "refer" or "dial"',
        )
    if destination.get("caller_id") is not None and (verb is None or verb in ("refer", "bye")):
        yield "caller_id", 'is used only with transfer_plan.sip_verb "dial"'
    yield from _of_url("sip_uri", destination)
    yield from _of_carrier(plan, kind)


def _of_caller_id(destination: Object) -> Advice:
    """Yield a warning about a caller id. Source: API schema's description, with its templates."""
    caller_id = destination.get("caller_id")
    if isinstance(caller_id, str) and caller_id not in _TEMPLATES and e164_problem(caller_id):
        yield "caller_id", f"is neither E.164 nor one of {', '.join(_TEMPLATES)}"


def _of_carrier(plan: Any, kind: Kind) -> Advice:
    """Yield a warning about a mode for Twilio only. Source: Vapi's guide to warm transfers."""
    mode = as_object(plan).get("mode")
    warm = isinstance(mode, str) and mode.startswith("warm-transfer-")
    if warm and mode != _EXPERIMENTAL and kind.provider != "twilio":
        yield "transfer_plan.mode", f"{mode} works for calls on Twilio numbers only"


def _of_transfer_plan(plan: Object, _kind: Kind) -> Advice:
    """Yield warnings about a transfer plan.

    Sources: API schema's descriptions; the message's length: Vapi's guide.
    """
    mode = plan.get("mode")
    for name, modes in _MODES_OF.items():
        if plan.get(name) is not None and mode in _MODES and mode not in modes:
            yield name, f"is ignored in mode {mode}"
    if plan.get("dial_timeout") is not None and plan.get("sip_verb") in (None, "refer", "bye"):
        yield "dial_timeout", 'is used only with sip_verb "dial"'
    for name in ("hold_audio_url", "transfer_complete_audio_url"):
        url = plan.get(name)
        if isinstance(url, str) and not has_host(url):
            yield name, "is no URL with a host: is a variable unset?"
    if isinstance(plan.get("message"), str) and len(plan["message"]) > 1000:
        yield "message", "has more than 1000 characters, the most that Vapi documents"
    for name in ("hold_audio_url", "transfer_complete_audio_url"):
        yield from _of_url(name, plan)


def _of_custom_message(message: Object, _kind: Kind) -> Advice:
    """Yield a warning about a custom message. Source: API schema's descriptions."""
    if message.get("content") is None and message.get("contents") in (None, []):
        yield "", "says nothing: neither content nor contents is set"
    elif message.get("content") is not None and message.get("contents") not in (None, []):
        yield "content", "is ignored beside contents"


def _of_ringing_hook(hook: Object, _kind: Kind) -> Advice:
    """Yield a warning about a ringing hook. Source: Vapi's guide to phone number hooks."""
    actions = hook.get("do")
    if isinstance(actions, list) and len(as_list(cast(Any, actions))) != 1:
        yield "do", "runs its first action only" if actions else "has no action: nothing happens"


def _of_ringing_filter(ringing: Object, _kind: Kind) -> Advice:
    """Yield warnings about a filter of a ringing hook. Source: API schema's description."""
    for index, text in enumerate(as_list(ringing.get("starts_with"))):
        if isinstance(text, str) and text.startswith("+"):
            yield f"starts_with[{index}]", "matches nobody: the caller's number has no + here"


def _of_transfer_action(action: Object, _kind: Kind) -> Advice:
    """Yield a warning about a missing destination, which the API schema does not require.

    Source: our own care.
    """
    if action.get("destination") is None:
        yield "", "has no destination: the call goes nowhere"


_RULES: Mapping[str, Callable[[Object, Kind], Advice]] = {
    "Server": _of_server,
    "TransferDestinationNumber": _of_number_destination,
    "TransferDestinationSip": _of_sip_destination,
    "TransferPlan": _of_transfer_plan,
    "CustomMessage": _of_custom_message,
    "PhoneNumberHookCallRinging": _of_ringing_hook,
    "PhoneNumberCallRingingHookFilter": _of_ringing_filter,
    "TransferPhoneNumberHookAction": _of_transfer_action,
}


def _of_url(name: str, holder: Object) -> Advice:
    """Yield a warning about credentials in a URL. Source: our own care."""
    url = holder.get(name)
    if isinstance(url, str) and contains_user_information(url):
        yield name, "holds a user name or a password, which is shown wherever the URL is"


def _unassigned(name: str, holder: Object) -> Advice:
    """Yield a warning about a number in no assigned range, which the API accepts.

    Source: the phonenumbers library.
    """
    number = holder.get(name)
    if isinstance(number, str) and not e164_problem(number) and not is_assigned(number):
        yield name, f"{number} is in no range that is known to be in use: is it right?"
