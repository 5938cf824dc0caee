"""Fingerprints of request bodies, to recognize the record that a body created.

A POST has no idempotency key, so a record is recognized by the fields that were sent. The journal
keeps digests of them, because a user may put a secret into any field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from vapi_provider.models.constants import AREA_CODE
from vapi_provider.models.fields import FieldSpec
from vapi_provider.models.kinds import Kind
from vapi_provider.models.number_spelling import (
    E164_CHECK,
    number_within,
    spec_within,
    to_e164,
)
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.area_code import area_code_of
from vapi_provider.reconcile.equality import canonical_text
from vapi_provider.reconcile.secrecy import without_secrets

BodyFingerprint = Mapping[str, Any]
"""Fingerprint of a body: ``code`` (area code, if desired), ``kind`` and ``digests`` by field."""


def fingerprint_of(kind: Kind, fields: Mapping[str, Any]) -> BodyFingerprint:
    """Return the fingerprint of declared fields, which holds no value except the area code."""
    digests = {
        name: _digest(spec_within(spec, fields), fields.get(name))
        for name, spec in _compared(kind).items()
    }
    known = {name: digest for name, digest in digests.items() if digest is not None}
    code = {"code": fields[AREA_CODE]} if AREA_CODE in fields else {}
    return {**code, "kind": kind.provider, "digests": known}


def unique_texts(kind: Kind, fields: Mapping[str, Any]) -> list[str]:
    """Return digests of the values that are unique in the account: number, SIP URI, kind and name.

    A number that does not start with + may exist once on each trunk (credential). A number that is
    not spelled as E.164 has a digest of both spellings, because a record need not show that its
    E.164 check is off.
    """
    uri, name = fields.get("sip_uri"), fields.get("name")
    texts: list[tuple[str, ...]] = []
    numbers = (number_within(fields), fields.get("number"))
    for number in dict.fromkeys(text for text in numbers if isinstance(text, str)):
        trunk = () if number.startswith("+") else (str(fields.get("credential_id")),)
        texts.append(("number", number, *trunk))
    if isinstance(uri, str):
        texts.append(("sip_uri", uri.lower()))
    if isinstance(name, str):
        texts.append(("name", kind.provider, name))
    return [hashlib.sha256(repr(text).encode()).hexdigest()[:32] for text in texts]


def is_named(kind: Kind, body: BodyFingerprint, names: Collection[str]) -> bool:
    """Return whether the name in a fingerprint is one of `names`."""
    sent_name: Any = body["digests"].get("name")
    return sent_name in {_digest(kind.fields["name"], name) for name in names}


def resembles(body: BodyFingerprint, other: BodyFingerprint) -> bool:
    """Return whether two fingerprints differ at most in the name, as after a rename."""

    def without_name(fingerprint: BodyFingerprint) -> Any:
        digests: Mapping[str, str] = fingerprint["digests"]
        return fingerprint.get("code"), {
            key: value for key, value in digests.items() if key != "name"
        }

    return bool(without_name(body) == without_name(other))


def contradicts(kind: Kind, body: BodyFingerprint, record: PhoneNumberRecord) -> bool:
    """Return whether a record has the name, number or SIP URI of `body` but does not match it.

    Such a record may be an edited one that `body` created, so its owner is unknown.
    """
    if record.provider != kind.provider or matches(kind, body, record):
        return False
    digests: Mapping[str, str] = body["digests"]
    shown = {**record.fields, "number": record.number}
    return any(
        name in digests and _digest(kind.fields[name], shown.get(name)) == digests[name]
        for name in ("name", "number", "sip_uri")
        if name in kind.fields
    )


def matches(kind: Kind, body: BodyFingerprint, record: PhoneNumberRecord) -> bool:
    """Return whether a POST of `body` may have created `record`.

    Every declared field must be equal, and the record must have no field that was not sent. Secrets
    are not compared, because the API need not echo them. The area code is compared with the digits
    of the number once it is known.
    """
    if record.provider != kind.provider:
        return False
    code = area_code_of(to_e164(record.number or ""))
    if "code" in body and code is not None and code != body["code"]:
        return False
    digests: Mapping[str, str] = body["digests"]
    return all(
        # The record need not show that its E.164 check is off, so both spellings match.
        digests.get(name)
        in (
            _digest(spec, record.fields.get(name)),
            _digest(spec_within(spec, {E164_CHECK: False}), record.fields.get(name)),
        )
        for name, spec in _compared(kind).items()
    )


def _compared(kind: Kind) -> dict[str, FieldSpec]:
    return {name: spec for name, spec in kind.fields.items() if name not in kind.create_only}


def _digest(spec: FieldSpec, value: Any) -> str | None:
    """Return the same digest for all values with one meaning; None where they mean absent."""
    text = canonical_text(spec, without_secrets(spec, value))
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()[:32]
