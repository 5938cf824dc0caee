"""A record as an answer shows it: the API's fixed fields, and what the switches hide or add.

Pure. Knows the read schemas' fields and the switches; nothing of storage or HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic.alias_generators import to_camel

from vapi_provider.embedded.records import Record, updated_ms
from vapi_provider.embedded.switches import Switches
from vapi_provider.embedded.times import iso
from vapi_provider.models.constants import region_of
from vapi_provider.models.fields import Schema
from vapi_provider.models.kinds import KINDS, kinds_in

_TWILIO_SECRETS = ("twilioAuthToken", "twilioApiKey", "twilioApiSecret")

Answer = dict[str, Any]

# Every shape that a reader might trip over.
_NOT_YET_KNOWN: Answer = {"list": [1, None, {}], "text": "new"}


@dataclass(frozen=True)
class Answers:
    """Shows the records of one account: its organisation, SIP host and switches."""

    org_id: str
    sip_host: str
    switches: Switches

    def show(self, record: Record, now_ms: int) -> Answer:
        """The record as GET, POST, PATCH and DELETE answer it at this moment."""
        switches = self.switches
        shown = self._shown_fields(record)
        if switches.materialise_defaults:
            kinds = kinds_in(region_of(self.sip_host))
            shown = self._with_defaults(kinds[record.kind].read, shown)
        if record.bought and record.hidden_reads == 0 and now_ms >= record.number_ms:
            shown["number"] = record.bought
        if record.resource_id and switches.provider_resource_id:
            shown["providerResourceId"] = record.resource_id
        if switches.sip_host_upper and shown.get("sipUri"):
            user, at, host = shown["sipUri"].rpartition("@")
            shown["sipUri"] = f"{user}{at}{host.upper()}"
        if switches.unknown_fields:
            shown = _with_unknown(shown)
        absent: Answer = {}
        if switches.absent_as_null:
            absent = {one.wire: None for one in KINDS[record.kind].read.fields.values()}
        return absent | {
            "id": record.id,
            "orgId": self.org_id,
            "provider": record.kind,
            **shown,
            "createdAt": iso(record.created_ms),
            "updatedAt": iso(updated_ms(record, now_ms, switches.activation_bumps_updated_at)),
            "status": switches.final_status if now_ms >= record.active_ms else "activating",
        }

    def show_in_list(self, record: Record, now_ms: int) -> Answer:
        """The record as both lists answer it: whole, the number masked where so switched."""
        shown = self.show(record, now_ms)
        if self.switches.mask_listed_numbers and shown.get("number"):
            number = shown["number"]
            shown["number"] = f"{number[:4]}****{number[-4:]}"
        return shown

    def _shown_fields(self, record: Record) -> Answer:
        switches = self.switches
        hidden: list[str] = []
        if not switches.echo_area_code:
            hidden.append("numberDesiredAreaCode")
        if not switches.echo_twilio_secrets:
            hidden.extend(_TWILIO_SECRETS)
        shown = {
            name: value
            for name, value in record.fields.items()
            if name not in hidden and (value is not None or switches.cleared_as_null)
        }
        if not switches.echo_sip_password:
            _hide(shown, "authentication", "password")
        if not switches.echo_server_headers:
            _hide(shown, "server", "headers")
        return shown

    def _with_defaults(self, model: Schema, value: Mapping[str, Any]) -> Answer:
        """The value with the documented default of every absent field, at every depth."""
        shown = dict(value)
        for shape in model.fields.values():
            if shape.wire in shown:
                inner = shown[shape.wire]
                if isinstance(inner, list):
                    items = cast(list[Any], inner)
                    shown[shape.wire] = [self._default_item(shape.schema_of(i), i) for i in items]
                else:
                    shown[shape.wire] = self._default_item(shape.schema_of(inner), inner)
            elif shape.defaults:
                shown[shape.wire] = _on_the_wire(shape.defaults[0])
        return shown

    def _default_item(self, model: Schema | None, value: Any) -> Any:
        return value if model is None else self._with_defaults(model, value)


def _hide(shown: Answer, name: str, key: str) -> None:
    inner = shown.get(name)
    if isinstance(inner, dict):
        entries = cast(Answer, inner).items()
        shown[name] = {inner_key: value for inner_key, value in entries if inner_key != key}


def _with_unknown(value: Any) -> Any:
    """The value with one more field in each object; headers have no fields, only entries."""
    if isinstance(value, dict):
        entries = cast(Answer, value).items()
        known = {
            name: inner if name == "headers" else _with_unknown(inner) for name, inner in entries
        }
        return {**known, "notYetKnown": _NOT_YET_KNOWN}
    if isinstance(value, list):
        return [_with_unknown(inner) for inner in cast(list[Any], value)]
    return value


def _on_the_wire(default: Any) -> Any:
    if isinstance(default, dict):
        entries = cast(Answer, default).items()
        return {to_camel(key): _on_the_wire(value) for key, value in entries}
    return default
