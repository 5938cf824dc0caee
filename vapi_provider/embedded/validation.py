"""Is this body one that the API takes? Every violation at once, in the API's words.

Asks the strict models of `vapi_provider.models` and adds the checks that only the API makes.
Knows no records: what depends on the account is in `account.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError

from vapi_provider.embedded.error_messages import sentences
from vapi_provider.embedded.errors import refused
from vapi_provider.embedded.switches import Switches
from vapi_provider.models.base import OWN_CARE, VapiModel
from vapi_provider.models.constants import SIP_HOSTS
from vapi_provider.models.kinds import KINDS

SECRET_IS_SET = "isServerUrlSecretSet"  # noqa: S105 - a key of the API, no secret

AT_LEAST_ONE = "At least one of numberDesiredAreaCode, sipUri must be provided"
_ONE_KIND = (
    "provider must be one of the following values: byo-phone-number, twilio, vonage, vapi, telnyx"
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
# The models leave these to the API: a program may name a squad that is made in the same run.
_IDS = ("squadId", "workflowId", "credentialId")
_NO_CREDENTIALS = "twilio_credentials"
_SIP_USER = re.compile(r"[^@\s]+")

Body = dict[str, Any]


class Validator:
    """Checks bodies for one account: its region and its switches."""

    def __init__(self, switches: Switches, region: str) -> None:
        self._switches = switches
        self._sip_host = SIP_HOSTS[region]

    def to_create(self, body: Any) -> tuple[str, Body]:
        """The kind and the fields to keep of a POST. Raises Refusal (400)."""
        sent = _object(body)
        kind = _kind(sent.get("provider"))
        fields, marks = self._in_todays_terms(sent)
        wrong = self._violations(fields, KINDS[kind].create.model)
        neither = all(fields.get(key) is None for key in ("numberDesiredAreaCode", "sipUri"))
        if kind == "vapi" and neither:
            if not wrong and not self._switches.at_least_one_as_list:
                raise refused(AT_LEAST_ONE)
            wrong.append(AT_LEAST_ONE)
        if wrong:
            raise refused(wrong)
        return kind, _kept(fields) | marks

    def to_update(self, body: Any, kind: str) -> Body:
        """The fields to change by a PATCH of a record of `kind`; null clears one.

        Raises Refusal (400). Our assumptions: another kind is refused, and so is clearing what
        every record of the kind must have.
        """
        sent = _object(body)
        if "provider" in sent and _kind(sent["provider"]) != kind:
            raise refused("Couldn't Update Phone Number. `provider` Does Not Match.")
        fields, marks = self._in_todays_terms(sent)
        required = {shape.wire for shape in KINDS[kind].fields.values() if shape.required}
        cleared = [name for name, value in fields.items() if value is None and name in required]
        wrong = [f"{name} should not be null or undefined" for name in cleared]
        wrong += self._violations(fields, KINDS[kind].update.model)
        if wrong:
            raise refused(wrong)
        return _kept(fields) | marks

    def _violations(self, fields: Body, model: type[VapiModel]) -> list[str]:
        known = {str(info.alias) for info in model.model_fields.values()}
        # A null is taken wherever a field is optional, but not under a name that does not exist.
        wrong = [
            f"property {name} should not exist"
            for name, value in fields.items()
            if value is None and name not in known
        ]
        candidate = self._to_judge(fields)
        try:
            model.built().model_validate(
                candidate, by_alias=True, by_name=False, context={"exists": True}
            )
        except ValidationError as error:
            for one in error.errors(include_url=False):
                if one["type"].startswith(OWN_CARE):
                    continue
                if self._switches.twilio_credentials_required or one["type"] != _NO_CREDENTIALS:
                    wrong += sentences(one, model)
        for name in _IDS:
            value = candidate.get(name)
            if name in known and isinstance(value, str) and not is_uuid(value):
                wrong.append(f"{name} must be a UUID")
        sip_uri = candidate.get("sipUri")
        judged = any(said.startswith(("sipUri ", "property sipUri ")) for said in wrong)
        if isinstance(sip_uri, str) and not judged and not self._is_ours(sip_uri):
            wrong.append(f"sipUri must be in the format sip:username@{self._sip_host}")
        return wrong

    def _is_ours(self, sip_uri: str) -> bool:
        scheme, _, rest = sip_uri.partition(":")
        user, _, host = rest.rpartition("@")
        well_formed = scheme.lower() == "sip" and _SIP_USER.fullmatch(user) is not None
        return well_formed and host.lower() == self._sip_host

    def _to_judge(self, fields: Body) -> Body:
        """The fields as the models are to see them: without what they cannot know."""
        taken = self._switches.nested_keys_taken
        judged: Body = _without_nulls(fields)
        if taken:
            judged = {name: _without_keys(value, taken) for name, value in judged.items()}
        server = judged.get("server")
        if self._switches.http_server_url and isinstance(server, dict):
            url = cast(Body, server).get("url")
            if isinstance(url, str) and url.lower().startswith("http://"):
                judged["server"] = {**server, "url": "https" + url[len("http") :]}
        return judged

    def _in_todays_terms(self, sent: Body) -> tuple[Body, Body]:
        """The body without legacy keys, and what a record keeps in place of a server's secret.

        Such a secret is never kept or shown, only that there is one (observed for assistants).
        """
        fields = dict(sent)
        secret = None
        if self._switches.legacy_server_url:
            secret = fields.pop("serverUrlSecret", None)
            if "serverUrl" in fields:
                url = fields.pop("serverUrl")
                fields["server"] = None if url is None else {"url": url}
        server = fields.get("server")
        dropped = self._switches.server_secret and "secret" not in self._switches.nested_keys_taken
        if dropped and isinstance(server, dict) and "secret" in server:
            rest = dict(cast(Body, server))
            secret = rest.pop("secret")
            fields["server"] = rest
        return fields, {} if secret is None else {SECRET_IS_SET: True}


def is_uuid(text: str) -> bool:
    """Whether the text has a UUID's form, of any version."""
    return _UUID.fullmatch(text) is not None


def _object(body: Any) -> Body:
    # Whatever is no object has no provider, which is what the API then says (our assumption).
    return cast(Body, body) if isinstance(body, dict) else {"provider": None}


def _kind(provider: Any) -> str:
    if not isinstance(provider, str) or provider not in KINDS:
        raise refused([_ONE_KIND])
    return provider


def _kept(fields: Mapping[str, Any]) -> Body:
    return {name: value for name, value in fields.items() if name != "provider"}


def _without_keys(value: Any, keys: frozenset[str]) -> Any:
    """Return the value without these keys, at every depth."""
    if isinstance(value, dict):
        entries = cast(Body, value).items()
        return {name: _without_keys(inner, keys) for name, inner in entries if name not in keys}
    if isinstance(value, list):
        return [_without_keys(inner, keys) for inner in cast(list[Any], value)]
    return value


def _without_nulls(value: Any) -> Any:
    """The value without the nulls in its objects; those in lists keep their place."""
    if isinstance(value, dict):
        entries = cast(Body, value).items()
        return {name: _without_nulls(inner) for name, inner in entries if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in cast(list[Any], value)]
    return value
