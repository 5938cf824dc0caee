"""Fate of the records in a preview's steps: kept, moved in the program, or replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from vapi_provider.catalogue.commands import REPLACEMENT_REQUESTED, RESOURCE_MOVED
from vapi_provider.deployment.exported import OURS, is_ours, name_in, resources_of
from vapi_provider.models.fields import as_object
from vapi_provider.summary.events import STACK, Events, Notice, Step
from vapi_provider.summary.values import visible_text

_REMOVING_OPS = ("delete", "replace", "create-replacement", "delete-replaced", "discard-replaced")


def adopted_id(step: Step) -> Any:
    """Return the argument `adopt_id` as the events show it, or None."""
    return as_object(as_object(step.new).get("inputs")).get("adopt_id")


def kept_ids(steps: Collection[Step], exported: Mapping[str, Any]) -> set[str]:
    """Return the ids, in lower case, of records that stay although their resource is removed.

    Another resource adopts or holds them, or the engine deletes them together with another one.
    """
    ids = {visible_text(adopted_id(step)) for step in steps if step.op == "create"}
    for step in steps:
        if step.type.startswith(OURS) and step.op not in (*_REMOVING_OPS, "create"):
            ids.add(as_object(step.old).get("id"))
    removed = {step.urn for step in steps if step.op in ("delete", "replace")}
    ids |= {
        resource.get("id")
        for resource in resources_of(exported)
        if is_ours(resource) and resource.get("deletedWith") in removed
    }
    return {id_.lower() for id_ in ids if isinstance(id_, str) and id_}


def moved_notices(steps: Collection[Step]) -> Iterator[Notice]:
    """Yield a warning with the alias to add for each resource that seems to have moved."""
    deleted = [step for step in steps if step.op == "delete" and step.type.startswith(OURS)]
    for step in steps:
        if step.op != "create" or not step.type.startswith(OURS) or adopted_id(step) is not None:
            continue
        for old in deleted:
            if old.type == step.type and name_in(old.urn) == name_in(step.urn):
                parent = str(as_object(old.old).get("parent") or "")
                types = parent.split("::", 3)[2] if parent.count("::") >= 3 else STACK
                is_root = types == STACK
                argument = "pulumi.ROOT_STACK_RESOURCE" if is_root else repr(parent)
                name = name_in(step.urn)
                yield Notice(name, RESOURCE_MOVED(name=name, parent=argument))


def unannounced_replacement_notices(events: Events) -> Iterator[Notice]:
    """Yield a warning for each replacement that the plugin could not announce."""
    texts = [warning.text for warning in events.warnings]
    for step in events.planned:
        old = as_object(step.old)
        id_, name = old.get("id"), name_in(step.urn)
        if step.op != "replace" or not step.type.startswith(OURS) or old.get("retainOnDelete"):
            continue
        if any(f"{id_} (" in text or f"{name!r} will be replaced" in text for text in texts):
            continue
        yield Notice(name, REPLACEMENT_REQUESTED())
