"""What becomes of the records behind a preview's steps: kept, moved in the program, replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from vapi_provider.deployment.exported import OURS, is_ours, name_in, resources_of
from vapi_provider.models.fields import as_object
from vapi_provider.summary.events import Events, Said, Step
from vapi_provider.summary.values import known

_GOES = ("delete", "replace", "create-replacement", "delete-replaced", "discard-replaced")
_STACK_TYPE = "pulumi:pulumi:Stack"


def adopts(step: Step) -> Any:
    """Return the argument `adopt_id` as the events show it; None where there is none."""
    return as_object(as_object(step.new).get("inputs")).get("adopt_id")


def kept_ids(steps: Collection[Step], exported: Mapping[str, Any]) -> set[str]:
    """Return the ids, in lower case, of records that are not released although a resource goes.

    Another resource adopts or holds them, or the engine deletes them together with another one.
    """
    found = {known(adopts(step)) for step in steps if step.op == "create"}
    for step in steps:
        if step.type.startswith(OURS) and step.op not in (*_GOES, "create"):
            found.add(as_object(step.old).get("id"))
    going = {step.urn for step in steps if step.op in ("delete", "replace")}
    found |= {
        one.get("id")
        for one in resources_of(exported)
        if is_ours(one) and one.get("deletedWith") in going
    }
    return {id_.lower() for id_ in found if isinstance(id_, str) and id_}


def move_hints(steps: Collection[Step]) -> Iterator[Said]:
    """Yield the alias to add where a resource seems to be moved to another parent."""
    deleted = [one for one in steps if one.op == "delete" and one.type.startswith(OURS)]
    for step in steps:
        if step.op != "create" or not step.type.startswith(OURS) or adopts(step) is not None:
            continue
        for old in deleted:
            if old.type == step.type and name_in(old.urn) == name_in(step.urn):
                parent = str(as_object(old.old).get("parent") or "")
                types = parent.split("::", 3)[2] if parent.count("::") >= 3 else _STACK_TYPE
                where = "pulumi.ROOT_STACK_RESOURCE" if types == _STACK_TYPE else f"{parent!r}"
                yield Said(
                    name_in(step.urn),
                    f"one {name_in(step.urn)!r} would be deleted and another created. If this is "
                    "the same, moved, keep its number with opts=pulumi.ResourceOptions(aliases="
                    f"[pulumi.Alias(parent={where})])",
                )


def unannounced(events: Events) -> Iterator[Said]:
    """Yield a warning for each replacement that the plugin could not warn of."""
    texts = [one.text for one in events.warnings]
    for step in events.planned:
        old = as_object(step.old)
        id_, name = old.get("id"), name_in(step.urn)
        if step.op != "replace" or not step.type.startswith(OURS) or old.get("retainOnDelete"):
            continue
        if any(f"{id_} (" in text or f"{name!r} will be replaced" in text for text in texts):
            continue
        yield Said(
            name,
            "will be replaced because the engine was told to (taint, replacement): its number is "
            "released for good, and people may be calling it",
        )
