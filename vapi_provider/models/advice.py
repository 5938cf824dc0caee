"""Warnings about declarations that the API accepts but that do not work as declared.

Values may be Outputs or unknown; only plain values are checked. Each rule is a function of one
declared object, and its docstring names the rule's source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast, get_args

from vapi_provider.catalogue import advice as texts
from vapi_provider.catalogue.message import Message
from vapi_provider.models.answering import ANSWERERS, REACHED_BY, names_nobody
from vapi_provider.models.constants import SIP_HOSTS, UUID, TransferMode
from vapi_provider.models.e164 import e164_problem, is_assigned
from vapi_provider.models.fields import Schema, as_list, as_object
from vapi_provider.models.kinds import Kind
from vapi_provider.models.urls import has_host
from vapi_provider.shared.addresses import contains_user_information

Object = Mapping[str, Any]
Advice = Iterator[tuple[str, Message]]
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
        yield "", texts.UNAUTHENTICATED_SIP_URI()
    if fields.get("authentication") is not None and uri is None:
        yield "authentication", texts.UNUSED_AUTHENTICATION()
    if isinstance(uri, str) and not uri.lower().endswith("@" + SIP_HOSTS[region]):
        yield "sip_uri", texts.OTHER_SIP_HOST(host=SIP_HOSTS[region], region=region)
    yield from _of_url("sip_uri", fields)
    if names_nobody(fields):
        *first, last = REACHED_BY
        yield "", texts.NOBODY_ANSWERS(fields=f"{', '.join(first)} and {last}")
    if fields.get("workflow_id") is not None:
        yield "workflow_id", texts.WORKFLOWS_STOPPED()
    answering = [name for name in ANSWERERS if fields.get(name) is not None]
    if len(answering) > 1:
        yield "", texts.SEVERAL_ANSWER(fields=" and ".join(answering))
    if fields.get("fallback_destination") is not None and answering:
        yield "fallback_destination", texts.UNUSED_FALLBACK()
    for name in ("squad_id", "workflow_id", "credential_id"):
        if isinstance(fields.get(name), str) and not UUID.fullmatch(fields[name]):
            yield name, texts.PROBABLY_NO_UUID()
    area_code = fields.get("number_desired_area_code")
    if isinstance(area_code, str) and not re.fullmatch(r"[2-9](?!11)\d\d", area_code):
        yield "number_desired_area_code", texts.NO_AREA_CODE(area_code=area_code)
    if fields.get("number_e164_check_enabled") is not False:
        yield from _unassigned("number", fields)
    if fields.get("twilio_auth_token") is not None:
        for name in ("twilio_api_key", "twilio_api_secret"):
            if fields.get(name) is not None:
                yield name, texts.UNUSED_BESIDE_TOKEN()
    for name in _NEVER_EMPTY:
        value = fields.get(name)
        if isinstance(value, str) and not value.strip():
            yield name, texts.EMPTY_CREDENTIAL()


def _of_server(server: Object, _kind: Kind) -> Advice:
    """Yield warnings about a server.

    Sources: API schema's descriptions; observed answers (UUIDs); our own care.
    """
    credential = server.get("credential_id")
    if credential in (None, "") and server.get("headers") in (None, {}):
        yield "", texts.SERVER_WITHOUT_CREDENTIAL()
    if server.get("encrypted_paths") not in (None, []) and credential is None:
        yield "encrypted_paths", texts.NOTHING_ENCRYPTS()
    if isinstance(credential, str) and not UUID.fullmatch(credential):
        yield "credential_id", texts.PROBABLY_NO_UUID()
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
        yield "transfer_plan.sip_verb", texts.SIP_VERB_WITHOUT_SIP()
    yield from _of_carrier(plan, kind)


def _of_sip_destination(destination: Object, kind: Kind) -> Advice:
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
    yield from _of_url("sip_uri", destination)
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


def _of_transfer_plan(plan: Object, _kind: Kind) -> Advice:
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
        yield from _of_url(name, plan)


def _of_custom_message(message: Object, _kind: Kind) -> Advice:
    """Yield a warning about a custom message. Source: API schema's descriptions."""
    if message.get("content") is None and message.get("contents") in (None, []):
        yield "", texts.NOTHING_SAID()
    elif message.get("content") is not None and message.get("contents") not in (None, []):
        yield "content", texts.UNUSED_CONTENT()


def _of_ringing_hook(hook: Object, _kind: Kind) -> Advice:
    """Yield a warning about a ringing hook. Source: Vapi's guide to phone number hooks."""
    actions = hook.get("do")
    if isinstance(actions, list) and len(as_list(cast(Any, actions))) != 1:
        yield "do", texts.UNUSED_ACTIONS() if actions else texts.NO_ACTION()


def _of_ringing_filter(ringing: Object, _kind: Kind) -> Advice:
    """Yield warnings about a filter of a ringing hook. Source: API schema's description."""
    for index, text in enumerate(as_list(ringing.get("starts_with"))):
        if isinstance(text, str) and text.startswith("+"):
            yield f"starts_with[{index}]", texts.PLUS_MATCHES_NOBODY()


def _of_transfer_action(action: Object, _kind: Kind) -> Advice:
    """Yield a warning about a missing destination, which the API schema does not require.

    Source: our own care.
    """
    if action.get("destination") is None:
        yield "", texts.NO_DESTINATION()


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
        yield name, texts.CREDENTIAL_IN_URL()


def _unassigned(name: str, holder: Object) -> Advice:
    """Yield a warning about a number in no assigned range, which the API accepts.

    Source: the phonenumbers library.
    """
    number = holder.get(name)
    if isinstance(number, str) and not e164_problem(number) and not is_assigned(number):
        yield name, texts.UNASSIGNED_NUMBER(number=number)
