"""Is this the record that this body made? Pure.

A POST has no key of its own, so a record is known by what was sent for it. Of that a journal keeps
digests: a person may have put something secret into any field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from vapi_provider.models.fields import FieldShape
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.models.spelling import E164_CHECK, phone_number, shape_within
from vapi_provider.reconcile.equality import canonical_text, without_secrets
from vapi_provider.reconcile.plan import AREA_CODE, area_code_of

Sent = Mapping[str, Any]
"""What is kept of a body: ``code``, the desired area code if any, and ``digests`` by field."""


def sent(kind: Kind, fields: Mapping[str, Any]) -> Sent:
    """What is kept of declared fields: enough to know the record by, and nothing to read."""
    digests = {
        name: _digest(shape_within(shape, fields), fields.get(name))
        for name, shape in _compared(kind).items()
    }
    known = {name: digest for name, digest in digests.items() if digest is not None}
    code = {"code": fields[AREA_CODE]} if AREA_CODE in fields else {}
    return {**code, "kind": kind.provider, "digests": known}


def unique_texts(kind: Kind, fields: Mapping[str, Any]) -> list[str]:
    """Return digests of what no two records may have in common: number, SIP URI, kind and name.

    A number that is no public one may exist once on each trunk (credential).
    """
    number, uri, name = fields.get("number"), fields.get("sip_uri"), fields.get("name")
    texts: list[tuple[str, ...]] = []
    if isinstance(number, str):
        trunk = () if number.startswith("+") else (str(fields.get("credential_id")),)
        texts.append(("number", number, *trunk))
    if isinstance(uri, str):
        texts.append(("sip_uri", uri.lower()))
    if isinstance(name, str):
        texts.append(("name", kind.provider, name))
    return [hashlib.sha256(repr(text).encode()).hexdigest()[:32] for text in texts]


def is_named(kind: Kind, body: Sent, names: Collection[str]) -> bool:
    """Return whether a body was sent with one of `names`."""
    sent_name: Any = body["digests"].get("name")
    return sent_name in {_digest(kind.fields["name"], name) for name in names}


def resembles(body: Sent, other: Sent) -> bool:
    """Return whether two bodies differ in nothing but the name: one may be the other's rename."""

    def without_name(it: Sent) -> Any:
        digests: Mapping[str, str] = it["digests"]
        return it.get("code"), {key: value for key, value in digests.items() if key != "name"}

    return bool(without_name(body) == without_name(other))


def contradicts(kind: Kind, body: Sent, record: PhoneNumberRecord) -> bool:
    """Return whether a record has the name, number or SIP URI of `body` and is not what it created.

    Somebody may have edited it since: whoever finds one cannot know whose it is.
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


def matches(kind: Kind, body: Sent, record: PhoneNumberRecord) -> bool:
    """Whether `record` may be what a POST of `body` made.

    Every declared field must mean the same, and none may be there that was not sent. Secrets are
    left out: they need not be echoed. The area code is judged by the digits, once they are known.
    """
    if record.provider != kind.provider:
        return False
    code = area_code_of(phone_number(record.number or ""))
    if "code" in body and code is not None and code != body["code"]:
        return False
    digests: Mapping[str, str] = body["digests"]
    return all(
        # The account need not tell that the E.164 check is off.
        digests.get(name)
        in (
            _digest(shape, record.fields.get(name)),
            _digest(shape_within(shape, {E164_CHECK: False}), record.fields.get(name)),
        )
        for name, shape in _compared(kind).items()
    )


def _compared(kind: Kind) -> dict[str, FieldShape]:
    return {name: shape for name, shape in kind.fields.items() if name not in kind.create_only}


def _digest(shape: FieldShape, value: Any) -> str | None:
    """The same for all values that mean the same; None for what means nothing."""
    text = canonical_text(shape, without_secrets(shape, value))
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()[:32]
