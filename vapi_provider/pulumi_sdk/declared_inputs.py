"""Checks of declared fields before the engine receives them, and marking of their secrets."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, cast

import pulumi

from vapi_provider.catalogue import declarations
from vapi_provider.models.constants import EXACT
from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.fields import FieldSpec, Schema, carries, correction
from vapi_provider.models.ids import is_id
from vapi_provider.reconcile.secrecy import is_secret


def check_id(where: str, id_: pulumi.Input[str]) -> None:
    """Raise RunError for a known id that is invalid; the engine cannot transmit some of them."""
    if isinstance(id_, str) and not is_id(id_):
        raise pulumi.RunError(declarations.NOT_A_RECORD_ID().about(where))


def mark_secrets(model: Schema, fields: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the fields with their secrets marked; raise RunError for a key not in `model`."""
    specs = model.fields
    for key in fields:
        if key not in specs:
            raise pulumi.RunError(f"{where}{key}: {correction(model, str(key))}")
    return {key: _mark(specs[key], value, f"{where}{key}") for key, value in fields.items()}


def _refuse_rounding(value: Any, where: str) -> None:
    """Raise RunError for an integer that Pulumi, which holds each number as a double, rounds."""
    if isinstance(value, Mapping):
        for name, item in cast(Mapping[str, Any], value).items():
            _refuse_rounding(item, f"{where}.{name}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(cast(list[Any] | tuple[Any, ...], value)):
            _refuse_rounding(item, f"{where}[{index}]")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) >= EXACT:
        raise pulumi.RunError(f"{where}: {declarations.ROUNDED_NUMBER()}")


def _mark(spec: FieldSpec, value: Any, where: str) -> Any:
    if value is None:
        return None
    if SECRET in spec.traits:
        _refuse_rounding(value, where)
        return pulumi.Output.secret(value)
    if isinstance(value, pulumi.Output | Awaitable):
        # The contents are not known yet, so the whole value becomes secret if its schema has a
        # secret. The plugin marks the secrets of a union, or every destination would be secret.
        later = cast(pulumi.Input[Any], value)
        whole = len(spec.schemas) == 1 and carries(spec, SECRET)
        return pulumi.Output.secret(later) if whole else later
    if isinstance(value, str):
        return pulumi.Output.secret(value) if is_secret(spec, value) else value
    if isinstance(value, list | tuple):
        items = cast(list[Any] | tuple[Any, ...], value)
        return [_mark(spec, item, f"{where}[{index}]") for index, item in enumerate(items)]
    model = spec.schema_of(value)
    if model is None:
        _refuse_rounding(value, where)
        return value
    return mark_secrets(model, cast(Mapping[str, Any], value), f"{where}.")
