"""Steps of `diff`: plan the change, warn of released numbers, and note the plan for the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from vapi_provider.catalogue import changes as messages
from vapi_provider.errors import OwnershipError
from vapi_provider.lifecycle.merge_guards import (
    refuse_hidden,
    refuse_hidden_changes,
    warn_of_losses,
)
from vapi_provider.lifecycle.outlived_writes import is_outdated, replace_released
from vapi_provider.lifecycle.unique_values import unique_values
from vapi_provider.models.constants import AREA_CODE
from vapi_provider.pulumi_sdk.plugin import debug, warn
from vapi_provider.reconcile import diff_notes
from vapi_provider.reconcile.plan import Replace, Update, plan
from vapi_provider.reconcile.properties import Desired, bought_number, contains_unknown
from vapi_provider.reconcile.resource_key import resource_of

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


class Diff(NamedTuple):
    """What the engine does with a resource: nothing, an update, or a replacement.

    `replaces` are the fields that need another record. `delete_first` is true if both records
    cannot exist at once.
    """

    changes: bool
    replaces: tuple[str, ...] = ()
    delete_first: bool | None = None


def diff(
    session: Session,
    id_: str,
    olds: Mapping[str, Any],
    desired: Desired,
    recorded: Mapping[str, Any] | None,
    *,
    follows_check: bool,
) -> Diff:
    """Return the change that the engine has to make to a resource whose state holds `olds`.

    `recorded` are the recorded properties that `desired` is compared with; None for a record that
    an earlier run released. `follows_check` is false in a refresh, which calls diff without check.
    Raises OwnershipError where `adopt_id` names another record, or one that would be replaced.
    """
    if desired.adopt_id is not None and desired.adopt_id.lower() != id_.lower():
        raise OwnershipError(messages.ADOPT_ID_OF_ANOTHER(adopt_id=desired.adopt_id, id=id_))
    other = session.ownership.hold(id_, desired.key)
    if other is not None:
        second = repr(resource_of(desired.key or ""))
        warn(messages.RECORDED_TWICE(id=id_, first=repr(resource_of(other)), second=second))
    session.report_late_records(desired.key)
    if recorded is None:
        replace_released(session, id_, olds, desired)
        return Diff(changes=True, replaces=("provider",))
    step = plan(desired.kind, recorded, desired.fields)
    if isinstance(step, Update | Replace):
        _report_paths(id_, step)
    if isinstance(step, Replace):
        refuse_hidden(desired.fields)
    elif isinstance(step, Update):
        refuse_hidden_changes(recorded, step.fields)
        if follows_check:
            warn_of_losses(id_, desired, recorded, step.fields)
            held = Desired.of(recorded, session.settings.region).fields
            session.unique.begin_change(id_, unique_values(held), unique_values(desired.fields))
    if AREA_CODE in desired.fields and not isinstance(desired.fields[AREA_CODE], str):
        session.ownership.keep(id_, desired.key)
        warn(messages.MAY_BE_REPLACED(id=id_, field=AREA_CODE))
        return Diff(changes=True)
    if isinstance(step, Replace):
        return _replacement(session, id_, desired, recorded, step, is_held=other is not None)
    session.ownership.keep(id_, desired.key)
    is_renamed = desired.key != recorded.get("declaration")
    outdated = is_outdated(session, id_, olds, recorded)
    return Diff(changes=is_renamed or outdated or isinstance(step, Update))


def _report_paths(id_: str, step: Update | Replace) -> None:
    """Log the paths that differ; warn if only `up` can know whether they do."""
    paths = [path for path, *_ in step.differences]
    debug(diff_notes.format_note(id_, paths))
    if paths and all(contains_unknown(new) for *_, new in step.differences):
        warn(messages.MAY_CHANGE(id=id_, fields=", ".join(paths)))


def _replacement(
    session: Session,
    id_: str,
    desired: Desired,
    recorded: Mapping[str, Any],
    step: Replace,
    *,
    is_held: bool,
) -> Diff:
    """Return the replacement; count and announce the release unless another resource has it."""
    fields = ", ".join(step.because)
    if desired.adopt_id is not None:
        raise OwnershipError(messages.ADOPTED_WOULD_BE_REPLACED(fields=fields, id=id_))
    if not is_held and session.ownership.adopter(id_) is None:
        session.release_limit.count(id_)
        bought = bought_number(recorded)
        warn(messages.WILL_BE_REPLACED(id=f"{id_} ({bought})" if bought else id_, fields=fields))
    session.ownership.note_replaced(id_, desired.key, recorded.get("created_at"))
    return Diff(changes=True, replaces=step.because, delete_first=step.delete_first)
