"""Presentation of a record in a response, with what the switches hide or add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic.alias_generators import to_camel

from vapi_provider.embedded.body import JsonObject
from vapi_provider.embedded.records import Record, effective_updated_ms
from vapi_provider.embedded.switches import Switches
from vapi_provider.embedded.timestamps import format_iso
from vapi_provider.models.fields import FieldSpec, Schema
from vapi_provider.models.kinds import KINDS, kinds_in

_TWILIO_SECRETS = ("twilioAuthToken", "twilioApiKey", "twilioApiSecret")


_UNKNOWN_FIELD: JsonObject = {"list": [1, None, {}], "text": "new"}
"""The value of an unknown field, with all JSON types that a client might mishandle."""


@dataclass(frozen=True)
class RecordPresenter:
    """Presents the records of one account, by its organization, region and switches."""

    org_id: str
    region: str
    switches: Switches

    def show(self, record: Record, now_ms: int) -> JsonObject:
        """Return the record as GET, POST, PATCH and DELETE show it at this moment."""
        switches = self.switches
        shown = self._shown_fields(record)
        if switches.materialise_defaults:
            shown = self._with_defaults(kinds_in(self.region)[record.kind].read, shown)
        if record.bought and record.hidden_reads == 0 and now_ms >= record.number_ms:
            shown["number"] = record.bought
        if record.resource_id and switches.provider_resource_id:
            shown["providerResourceId"] = record.resource_id
        if switches.sip_host_upper and shown.get("sipUri"):
            user, at, host = shown["sipUri"].rpartition("@")
            shown["sipUri"] = f"{user}{at}{host.upper()}"
        if switches.unknown_fields:
            shown = _with_unknown(shown)
        absent = KINDS[record.kind].read.fields_by_wire_name if switches.absent_as_null else ()
        return dict.fromkeys(absent) | {
            "id": record.id,
            "orgId": self.org_id,
            "provider": record.kind,
            **shown,
            "createdAt": format_iso(record.created_ms),
            "updatedAt": format_iso(
                effective_updated_ms(record, now_ms, switches.activation_bumps_updated_at)
            ),
            "status": switches.final_status if now_ms >= record.active_ms else "activating",
        }

    def show_in_list(self, record: Record, now_ms: int) -> JsonObject:
        """Return the record as both lists show it: complete, but the number may be masked."""
        shown = self.show(record, now_ms)
        if self.switches.mask_listed_numbers and shown.get("number"):
            number = shown["number"]
            shown["number"] = f"{number[:4]}****{number[-4:]}"
        return shown

    def _shown_fields(self, record: Record) -> JsonObject:
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

    def _with_defaults(self, model: Schema, value: Mapping[str, Any]) -> JsonObject:
        """Return the value with the documented default of each absent field, at every depth."""
        shown = dict(value)
        for spec in model.fields.values():
            if spec.wire in shown:
                inner = shown[spec.wire]
                if isinstance(inner, list):
                    items = cast(list[Any], inner)
                    shown[spec.wire] = [self._item_with_defaults(spec, item) for item in items]
                else:
                    shown[spec.wire] = self._item_with_defaults(spec, inner)
            elif spec.defaults:
                shown[spec.wire] = _on_the_wire(spec.defaults[0])
        return shown

    def _item_with_defaults(self, spec: FieldSpec, value: Any) -> Any:
        model = spec.schema_of(value)
        return value if model is None else self._with_defaults(model, value)


def _hide(shown: JsonObject, name: str, key: str) -> None:
    inner = shown.get(name)
    if isinstance(inner, dict):
        entries = cast(JsonObject, inner).items()
        shown[name] = {inner_key: value for inner_key, value in entries if inner_key != key}


def _with_unknown(value: Any) -> Any:
    """Return the value with one more field in each object, except in headers (free keys)."""
    if isinstance(value, dict):
        entries = cast(JsonObject, value).items()
        known = {
            name: inner if name == "headers" else _with_unknown(inner) for name, inner in entries
        }
        return {**known, "notYetKnown": _UNKNOWN_FIELD}
    if isinstance(value, list):
        return [_with_unknown(inner) for inner in cast(list[Any], value)]
    return value


def _on_the_wire(default: Any) -> Any:
    if isinstance(default, dict):
        entries = cast(JsonObject, default).items()
        return {to_camel(key): _on_the_wire(value) for key, value in entries}
    return default
