"""Validation of request bodies, which reports all violations at once with the API's messages.

It uses the strict models of `vapi_provider.models` and adds the checks that only the API performs.
Checks that depend on the account's records are in `account.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError

from vapi_provider.catalogue import declarations
from vapi_provider.embedded.body import JsonObject
from vapi_provider.embedded.errors import refused
from vapi_provider.embedded.switches import Switches
from vapi_provider.embedded.validator_messages import describe_error
from vapi_provider.models.base import OWN_RULES
from vapi_provider.models.constants import SIP_HOSTS, UUID
from vapi_provider.models.fields import Schema
from vapi_provider.models.kinds import KINDS
from vapi_provider.shared.json_values import without_nulls

SECRET_IS_SET = "isServerUrlSecretSet"  # noqa: S105 - a key of the API, no secret

AT_LEAST_ONE = "At least one of numberDesiredAreaCode, sipUri must be provided"
_ONE_KIND = (
    "provider must be one of the following values: byo-phone-number, twilio, vonage, vapi, telnyx"
)
# The models do not check these: a program may refer to a squad that is created in the same run.
_IDS = ("squadId", "workflowId", "credentialId")
_NO_CREDENTIALS = declarations.NO_TWILIO_CREDENTIALS.code
_SIP_USER = re.compile(r"[^@\s]+")


class Validator:
    """Validator of bodies for one account, by its region and switches."""

    def __init__(self, switches: Switches, region: str) -> None:
        self._switches = switches
        self._sip_host = SIP_HOSTS[region]

    def validate_create(self, body: Any) -> tuple[str, JsonObject]:
        """Return the kind and the fields that a POST stores; raise Refusal (400)."""
        sent = _as_object(body)
        kind = _check_kind(sent.get("provider"))
        fields, markers = self._translate_legacy_keys(sent)
        violations = self._violations(fields, KINDS[kind].create)
        has_neither = all(fields.get(key) is None for key in ("numberDesiredAreaCode", "sipUri"))
        if kind == "vapi" and has_neither:
            if not violations and not self._switches.at_least_one_as_list:
                raise refused(AT_LEAST_ONE)
            violations.append(AT_LEAST_ONE)
        if violations:
            raise refused(violations)
        return kind, _without_provider(fields) | markers

    def validate_update(self, body: Any, kind: str) -> JsonObject:
        """Return the fields that a PATCH of a record of `kind` changes; null clears one.

        Our assumptions: the API refuses another kind, and null for a required field.

        Raises:
            Refusal: The body is invalid (400).
        """
        sent = _as_object(body)
        if "provider" in sent and _check_kind(sent["provider"]) != kind:
            raise refused("Couldn't Update Phone Number. `provider` Does Not Match.")
        fields, markers = self._translate_legacy_keys(sent)
        required = {spec.wire for spec in KINDS[kind].fields.values() if spec.required}
        cleared = [name for name, value in fields.items() if value is None and name in required]
        violations = [f"{name} should not be null or undefined" for name in cleared]
        violations += self._violations(fields, KINDS[kind].update)
        if violations:
            raise refused(violations)
        return _without_provider(fields) | markers

    def _violations(self, fields: JsonObject, schema: Schema) -> list[str]:
        known = schema.fields_by_wire_name
        # The models do not see nulls: the API accepts them for optional fields, not unknown names.
        violations = [
            f"property {name} should not exist"
            for name, value in fields.items()
            if value is None and name not in known
        ]
        candidate = self._candidate(fields)
        try:
            schema.model.model_validate(
                candidate, by_alias=True, by_name=False, context={"exists": True}
            )
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                if detail["type"] in OWN_RULES:
                    continue
                if self._switches.twilio_credentials_required or detail["type"] != _NO_CREDENTIALS:
                    violations += describe_error(detail, schema)
        for name in _IDS:
            value = candidate.get(name)
            if name in known and isinstance(value, str) and not is_uuid(value):
                violations.append(f"{name} must be a UUID")
        sip_uri = candidate.get("sipUri")
        is_reported = any(text.startswith(("sipUri ", "property sipUri ")) for text in violations)
        if isinstance(sip_uri, str) and not is_reported and not self._is_own_sip_uri(sip_uri):
            violations.append(f"sipUri must be in the format sip:username@{self._sip_host}")
        return violations

    def _is_own_sip_uri(self, sip_uri: str) -> bool:
        scheme, _, rest = sip_uri.partition(":")
        user, _, host = rest.rpartition("@")
        is_well_formed = scheme.lower() == "sip" and _SIP_USER.fullmatch(user) is not None
        return is_well_formed and host.lower() == self._sip_host

    def _candidate(self, fields: JsonObject) -> JsonObject:
        """Return the fields for the models, without what the switches allow beyond them."""
        allowed_keys = self._switches.nested_keys_taken
        candidate: JsonObject = without_nulls(fields)
        if allowed_keys:
            candidate = {
                name: _without_keys(value, allowed_keys) for name, value in candidate.items()
            }
        server = candidate.get("server")
        if self._switches.http_server_url and isinstance(server, dict):
            url = cast(JsonObject, server).get("url")
            if isinstance(url, str) and url.lower().startswith("http://"):
                candidate["server"] = {**server, "url": "https" + url[len("http") :]}
        return candidate

    def _translate_legacy_keys(self, sent: JsonObject) -> tuple[JsonObject, JsonObject]:
        """Return the body without legacy keys, and the marker of a server's secret.

        The API never stores or shows such a secret, only that there is one (observed for
        assistants).
        """
        fields = dict(sent)
        secret = None
        if self._switches.legacy_server_url:
            secret = fields.pop("serverUrlSecret", None)
            if "serverUrl" in fields:
                url = fields.pop("serverUrl")
                fields["server"] = None if url is None else {"url": url}
        server = fields.get("server")
        drops = self._switches.server_secret and "secret" not in self._switches.nested_keys_taken
        if drops and isinstance(server, dict) and "secret" in server:
            rest = dict(cast(JsonObject, server))
            secret = rest.pop("secret")
            fields["server"] = rest
        return fields, {} if secret is None else {SECRET_IS_SET: True}


def is_uuid(text: str) -> bool:
    """Return whether the text has the form of a UUID, of any version."""
    return UUID.fullmatch(text) is not None


def _as_object(body: Any) -> JsonObject:
    # Our assumption: the API says of any other JSON value that its provider is missing.
    return cast(JsonObject, body) if isinstance(body, dict) else {"provider": None}


def _check_kind(provider: Any) -> str:
    if not isinstance(provider, str) or provider not in KINDS:
        raise refused([_ONE_KIND])
    return provider


def _without_provider(fields: Mapping[str, Any]) -> JsonObject:
    return {name: value for name, value in fields.items() if name != "provider"}


def _without_keys(value: Any, keys: frozenset[str]) -> Any:
    """Return the value without these keys, at every depth."""
    if isinstance(value, dict):
        entries = cast(JsonObject, value).items()
        return {name: _without_keys(inner, keys) for name, inner in entries if name not in keys}
    if isinstance(value, list):
        return [_without_keys(inner, keys) for inner in cast(list[Any], value)]
    return value
