"""Builders of short events in the engine's form."""

from __future__ import annotations

from typing import Any

from vapi_provider.deployment.exported import OURS, SIGNATURE

SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def urn(name: str, type_: str = f"{OURS}VapiPhoneNumber") -> str:
    """Return the URN of a resource of stack `test`."""
    return f"urn:pulumi:test::numbers::{type_}::{name}"


def step(
    op: str,
    name: str = "line",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    event: str = "resourcePreEvent",
    type_: str = f"{OURS}VapiPhoneNumber",
    **flags: Any,
) -> dict[str, Any]:
    """Return a step; `old` are recorded outputs, `new` declared inputs or actual outputs."""
    metadata: dict[str, Any] = {"op": op, "urn": urn(name, type_), "type": type_}
    metadata["old"] = old and {"id": f"{name}-id", "outputs": old, **flags}
    metadata["new"] = new and {"inputs": new, "outputs": new}
    return {event: {"metadata": metadata}}


def read(op: str, name: str, old: dict[str, Any], new: dict[str, Any] | None, **flags: Any) -> Any:
    """Return a step of a refresh."""
    return step(op, name, old, new, "resOutputsEvent", **flags)


def said(severity: str, message: str, name: str | None = None) -> dict[str, Any]:
    """Return a diagnostic event."""
    about = {"urn": urn(name)} if name else {}
    return {"diagnosticEvent": {"severity": severity, "message": message, **about}}
