"""The steps of `import`: list, choose, name, write the module, add to the state.

The account is only read. `vapi_provider.importing` converts a record to code and state.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from vapi_provider.catalogue import imports as catalogue
from vapi_provider.cli.module_files import STACKS, module_of, put_file, taken_by, text_of
from vapi_provider.cli.state_edit import StateEdit, open_stack
from vapi_provider.deployment.exported import ids_in, name_in, resources_of
from vapi_provider.errors import ConfigurationError, OwnershipError, VapiError
from vapi_provider.importing.choosing import (
    Choice,
    other_owner_warnings,
    refuse_pending_operations,
    unseen_header_warnings,
)
from vapi_provider.importing.declaring import GeneratedResource, LeftOut, Scope, generate
from vapi_provider.importing.module_source import (
    is_read_in,
    list_mentioned,
    missing_names,
    names_in,
    render_module,
    text_before,
)
from vapi_provider.importing.naming import resource_names
from vapi_provider.importing.secrets import Secrets
from vapi_provider.importing.state_resources import add_resources, list_unheld
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_cli.stack import Stack
from vapi_provider.reconcile.resource_key import resource_of

_INTERRUPTED = (
    "An import was interrupted: its numbers are in the module already, and come into the state now."
)


@dataclass(frozen=True)
class ImportPlan:
    """The numbers to import, the facts to report, and the module's text before and after."""

    exported: Mapping[str, Any]
    before: str
    after: str
    declarations: list[GeneratedResource]
    left_out: list[LeftOut]
    held: int
    secrets: Secrets
    notes: list[str] = field(default_factory=list[str])
    only_read: list[LeftOut] = field(default_factory=list[LeftOut])
    """The numbers of `left_out` that the module reads with `get`."""

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.declarations or self.only_read)


@dataclass(frozen=True)
class Import(StateEdit):
    """An import into one stack, and the module for its numbers."""

    command = "import"

    scope: Scope
    config: Mapping[str, str] = field(repr=False)
    out: Path

    @classmethod
    @contextmanager
    def of(
        cls, stack: str, also: Collection[str], files: Collection[str], out: str | None
    ) -> Generator[Import]:
        """Open the stack's account, and choose the module.

        Raises:
            ConfigurationError: The module's name cannot be imported by the stack's program, or a
                given file is not an exported state.
            OwnershipError: A given stack has pending operations.
        """
        named = Stack(stack)
        scope = Scope(*named.full_name())
        module = Path(out) if out else module_of(scope.stack)
        if module == STACKS / f"{scope.stack}.py" or not module.stem.isidentifier():
            reason = "cannot be what the stack's program imports"
            raise ConfigurationError(catalogue.MODULE_NAME(module=module, reason=reason))
        taken = taken_by(module.stem)
        if taken is not None:
            reason = f"would be called like {taken}, and one of the two could not be imported"
            raise ConfigurationError(catalogue.MODULE_NAME(module=module, reason=reason))
        own = f"{scope.project}:"
        config = {
            key.removeprefix(own): value
            for key, value in named.config().items()
            if key.startswith(own)
        }
        with open_stack(named, also, files) as (settings, account, others):
            refuse_pending_operations(others)
            yield cls(named, settings, account, others, scope, config, module)

    def plan(self, choice: Choice) -> ImportPlan:
        """Return what an import would do, without changing anything.

        Raises ConfigurationError for a chosen id that the account does not have, and OwnershipError
        for one that another given stack holds.
        """
        exported = self.stack.export()
        deployment: Mapping[str, Any] = exported["deployment"]
        records = list(self.account.all_phone_numbers())
        self._refuse_missing(choice, records)
        unheld = {record.id for record in list_unheld(deployment, records, self.held_elsewhere)}
        matching = [record for record in records if choice.matches(record)]
        before = text_of(self.out)
        chosen = [
            self._with_whole_number(record)
            for record in matching
            if record.id in unheld and not is_read_in(before, record.id)
        ]
        base = text_before(before, [record.id for record in chosen])
        taken = names_in(base, str(self.out))
        taken |= {name_in(resource["urn"]) for resource in resources_of(deployment)}
        # The name of an interrupted purchase is reserved: `up` resumes that purchase by its name.
        unfinished = self.journal.unfinished(self.scope.project, self.scope.stack)
        taken |= {resource_of(intent.key) for intent in unfinished}
        names, secrets = resource_names(chosen, taken), Secrets(self.config)
        chosen.sort(key=lambda record: (record.created_at, record.id))
        generated = [generate(record, names[record.id], self.scope, secrets) for record in chosen]
        declarations = [item for item in generated if isinstance(item, GeneratedResource)]
        left_out = [item for item in generated if isinstance(item, LeftOut)]
        only_read = [item for item in left_out if item.resource is not None]
        after = self._module_after(before, base, declarations, only_read)
        return ImportPlan(
            exported,
            before,
            after,
            declarations,
            left_out,
            len(matching) - len(chosen),
            secrets,
            [
                *unseen_header_warnings(records, chosen),
                *other_owner_warnings(chosen, self.scope),
                *choice.describe_unmatched(records),
                *([_INTERRUPTED] if base != before else []),
            ],
            only_read,
        )

    def apply(self, plan: ImportPlan) -> Path:
        """Write config, module and state, in this order; return the path of the state's backup.

        If the state cannot be written, the module is restored. Raises PulumiError if the state
        changed since the plan, and ConfigurationError if the module did.
        """
        if text_of(self.out) != plan.before:
            raise ConfigurationError(catalogue.MODULE_CHANGED(module=self.out))
        backup = self.back_up(plan.exported)
        for key, value in plan.secrets.to_set.items():
            self.stack.set_secret(key, value)
        is_new = not self.out.exists()
        put_file(self.out, plan.after)
        deployment = add_resources(
            plan.exported["deployment"], plan.declarations, self.scope, str(uuid4())
        )
        try:
            self.stack.load({**plan.exported, "deployment": deployment})
        except BaseException:
            # The state may be written all the same: the response was lost, or the user interrupted.
            if not self._is_in_state(plan):
                if is_new:
                    self.out.unlink()
                else:
                    put_file(self.out, plan.before)
            raise
        self._record_in_journal(plan.declarations)
        return backup

    def _record_in_journal(self, declarations: Iterable[GeneratedResource]) -> None:
        """Record in the journal what the state holds now: an interrupted run may have bought it."""
        journal = self.journal
        if not journal.is_shared and not journal.exists():
            return
        for declaration in declarations:
            record = declaration.record
            organizations = {record.org_id} if record.org_id else set[str]()
            # A failed write is harmless: the next preflight finds the record in the state.
            with suppress(VapiError):
                journal.record_adoption(declaration.resource_key, record.id, organizations)

    def _module_after(
        self,
        before: str,
        base: str,
        declarations: list[GeneratedResource],
        only_read: list[LeftOut],
    ) -> str:
        """Return the module's text: `base`, followed by the declarations.

        If an import that was killed left some of them in the module, this completes it. Raises
        ConfigurationError if the module has them in another form, or lacks a name that a
        declaration needs.
        """
        present = list_mentioned(before, [item.record.id for item in declarations])
        after = render_module(declarations, base, only_read)
        is_cut = base != before
        if (present or is_cut) and not (is_cut and after.startswith(before.rstrip("\n"))):
            raise ConfigurationError(
                catalogue.MODULE_AHEAD(module=self.out, ids=", ".join(present))
            )
        lacking = missing_names(base, str(self.out)) if declarations or only_read else []
        if lacking:
            raise ConfigurationError(
                catalogue.MODULE_INCOMPLETE(module=self.out, names=", ".join(lacking))
            )
        return after

    def _is_in_state(self, plan: ImportPlan) -> bool:
        """Return whether the state has all numbers that the plan adds."""
        ids = {item.record.id for item in plan.declarations}
        with suppress(VapiError):
            return ids <= ids_in(self.stack.export()["deployment"])
        return False

    def _with_whole_number(self, record: PhoneNumberRecord) -> PhoneNumberRecord:
        """Return the record; get it by its id if the list masks part of its number."""
        return self.account.get_phone_number(record.id) if record.is_masked else record

    def _refuse_missing(self, choice: Choice, records: Iterable[PhoneNumberRecord]) -> None:
        existing = {record.id for record in records}
        for id_ in choice.ids:
            if id_ not in existing:
                raise ConfigurationError(catalogue.UNKNOWN_ID(id=id_))
            if id_ in self.held_elsewhere:
                raise OwnershipError(catalogue.HELD_BY_GIVEN_STACK(id=id_))
