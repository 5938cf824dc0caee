"""Warnings about declarations that the API accepts but that do not work as declared.

Values may be Outputs or unknown; only plain values are checked. Each rule is a function of one
declared object, and its docstring names the rule's source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from vapi_provider.catalogue import advice as texts
from vapi_provider.catalogue.message import Message
from vapi_provider.models.address_advice import Advice, Object, of_unassigned_number, of_url
from vapi_provider.models.call_routing import ANSWERERS, REACHED_BY, names_nobody
from vapi_provider.models.constants import AREA_CODE, SIP_HOSTS, UUID
from vapi_provider.models.fields import Schema, as_list, as_object
from vapi_provider.models.kinds import Kind
from vapi_provider.models.transfer_advice import (
    of_number_destination,
    of_sip_destination,
    of_transfer_plan,
)

_NEVER_EMPTY = ("twilio_account_sid", "twilio_auth_token", "twilio_api_key", "twilio_api_secret")


def advice(
    kind: Kind, fields: Object, region: str, *, show_values: bool = True
) -> Iterator[Message]:
    """Yield warnings about declared fields, one line each, with the path where there is one.

    Without `show_values` a warning does not start with the declared value, which may be a secret.
    """
    judged: list[tuple[str, Object, Advice]] = [("", fields, _of_number(kind, fields, region))]
    for path, schema, value in _objects(kind.create, fields, ""):
        rule = _RULES.get(schema.name)
        judged += [(path, value, rule(value, kind))] if rule else []
    for path, holder, warnings in judged:
        for field, warning in warnings:
            field_path = ".".join(filter(None, (path, field)))
            text = warning if show_values else _without_value(warning, holder, field)
            yield text.about(field_path) if field_path else text


def _without_value(text: Message, holder: Object, field: str) -> Message:
    value: Any = holder
    for name in field.split("."):
        value = as_object(value).get(name)
    return Message(text.removeprefix(f"{value} ")) if isinstance(value, str) else text


def _objects(schema: Schema, fields: Object, path: str) -> Iterator[tuple[str, Schema, Object]]:
    """Yield every object nested in `fields` with its path and its schema."""
    for name, spec in schema.fields.items():
        value = fields.get(name)
        if value is None:
            continue
        items = [(f"[{index}]", item) for index, item in enumerate(as_list(value))]
        for step, item in items or [("", value)]:
            inner = spec.schema_of(item)
            if inner is not None:
                item_path = f"{path}{name}{step}"
                yield item_path, inner, as_object(item)
                yield from _objects(inner, as_object(item), f"{item_path}.")


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
    yield from of_url("sip_uri", fields)
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
    area_code = fields.get(AREA_CODE)
    if isinstance(area_code, str) and not re.fullmatch(r"[2-9](?!11)\d\d", area_code):
        yield AREA_CODE, texts.NO_AREA_CODE(area_code=area_code)
    if fields.get("number_e164_check_enabled") is not False:
        yield from of_unassigned_number("number", fields)
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
    yield from of_url("url", server)


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
    "TransferDestinationNumber": of_number_destination,
    "TransferDestinationSip": of_sip_destination,
    "TransferPlan": of_transfer_plan,
    "CustomMessage": _of_custom_message,
    "PhoneNumberHookCallRinging": _of_ringing_hook,
    "PhoneNumberCallRingingHookFilter": _of_ringing_filter,
    "TransferPhoneNumberHookAction": _of_transfer_action,
}
