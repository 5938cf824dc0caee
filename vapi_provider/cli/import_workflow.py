"""The steps of `import`: list, choose, name, write the module, add to the state.

The account is only read. `vapi_provider.importing` converts a record to code and state.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from vapi_provider.api.client import VapiClient
from vapi_provider.catalogue import imports as catalogue
from vapi_provider.catalogue.commands import STATE_CHANGED
from vapi_provider.cli.account import account_of, deployments, held_by, kept, settings_of
from vapi_provider.cli.module_files import STACKS, module_of, put_file, text_of
from vapi_provider.cli.module_names import taken_by
from vapi_provider.cli.pulumi_cli import PulumiError, Stack
from vapi_provider.deployment.exported import ids_in, name_in, resources_of
from vapi_provider.errors import ConfigurationError, OwnershipError, VapiError
from vapi_provider.importing.choosing import (
    Choice,
    refuse_pending_operations,
    warn_of_other_owners,
    warn_of_unseen_headers,
)
from vapi_provider.importing.declaring import GeneratedResource, LeftOut, Scope, generate
from vapi_provider.importing.naming import resource_names
from vapi_provider.importing.recording import add_resources, list_unheld
from vapi_provider.importing.secrets import Secrets
from vapi_provider.importing.writing import (
    is_read_in,
    list_mentioned,
    missing_names,
    names_in,
    render_module,
    render_stack_module,
    text_before,
)
from vapi_provider.journal.journal import Journal
from vapi_provider.journal.opening import open_journal
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.resource_key import resource_of
from vapi_provider.settings.config import Settings

BACKUPS = Path(".pulumi") / "import"

_INTERRUPTED = (
    "An import was interrupted: its numbers are in the module already, and come into the state now."
)


@dataclass(frozen=True)
class Found:
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
    def is_something(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.declarations or self.only_read)


@dataclass(frozen=True)
class Import:
    """An import into one stack: the stack, its account, and the module for its numbers."""

    stack: Stack
    scope: Scope
    account: VapiClient
    held_elsewhere: Collection[str]
    config: Mapping[str, str] = field(repr=False)
    out: Path
    settings: Settings

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
        settings = settings_of(named)
        with account_of(settings) as account:
            others = deployments(also, files)
            refuse_pending_operations(others)
            yield cls(named, scope, account, held_by(others), config, module, settings)

    def look(self, choice: Choice) -> Found:
        """Return what an import would do, without changing anything.

        Raises ConfigurationError for a chosen id that the account does not have, and OwnershipError
        for one that another given stack holds.
        """
        exported = self.stack.export()
        deployment: Mapping[str, Any] = exported["deployment"]
        records = list(self.account.all_phone_numbers())
        self._refuse_missing(choice, records)
        free = {one.id for one in list_unheld(deployment, records, self.held_elsewhere)}
        wanted = [one for one in records if choice.matches(one)]
        before = text_of(self.out)
        new = [one for one in wanted if one.id in free and not is_read_in(before, one.id)]
        chosen = [self._whole(one) for one in new]
        base = text_before(before, [one.id for one in chosen])
        taken = names_in(base, str(self.out))
        taken |= {name_in(one["urn"]) for one in resources_of(deployment)}
        # The name of an interrupted purchase is reserved: `up` resumes that purchase by its name.
        unfinished = self._journal().unfinished(self.scope.project, self.scope.stack)
        taken |= {resource_of(intent.key) for intent in unfinished}
        names, secrets = resource_names(chosen, taken), Secrets(self.config)
        chosen.sort(key=lambda one: (one.created_at, one.id))
        made = [generate(one, names[one.id], self.scope, secrets) for one in chosen]
        declarations = [one for one in made if isinstance(one, GeneratedResource)]
        left_out = [one for one in made if isinstance(one, LeftOut)]
        only_read = [one for one in left_out if one.resource is not None]
        after = self._module_after(before, base, declarations, only_read)
        return Found(
            exported,
            before,
            after,
            declarations,
            left_out,
            len(wanted) - len(chosen),
            secrets,
            [
                *warn_of_unseen_headers(records, chosen),
                *warn_of_other_owners(chosen, self.scope),
                *choice.describe_unmatched(records),
                *([_INTERRUPTED] if base != before else []),
            ],
            only_read,
        )

    def write(self, found: Found) -> Path:
        """Write config, module and state, in this order; return the path of the state's backup.

        If the state cannot be written, the module is restored. Raises PulumiError if the state
        changed since `look`, and ConfigurationError if the module did.
        """
        if self.stack.export() != found.exported:
            raise PulumiError(STATE_CHANGED(command="import"))
        if text_of(self.out) != found.before:
            raise ConfigurationError(catalogue.MODULE_CHANGED(module=self.out))
        backup = kept(self.stack.name, found.exported, BACKUPS)
        for key, value in found.secrets.to_set.items():
            self.stack.set_secret(key, value)
        is_new = not self.out.exists()
        put_file(self.out, found.after)
        deployment = add_resources(
            found.exported["deployment"], found.declarations, self.scope, str(uuid4())
        )
        try:
            self.stack.load({**found.exported, "deployment": deployment})
        except BaseException:
            # The state may be written all the same: the response was lost, or the user interrupted.
            if not self._has_come(found):
                if is_new:
                    self.out.unlink()
                else:
                    put_file(self.out, found.before)
            raise
        self._note_in_journal(found.declarations)
        return backup

    def _note_in_journal(self, declarations: Iterable[GeneratedResource]) -> None:
        """Record in the journal what the state holds now: an interrupted run may have bought it."""
        journal = self._journal()
        if not journal.is_shared and not journal.exists():
            return
        for one in declarations:
            organizations = {one.record.org_id} if one.record.org_id else set[str]()
            # A failed write is harmless: the next preflight finds the record in the state.
            with suppress(VapiError):
                journal.record_adoption(one.resource_key, one.record.id, organizations)

    def _journal(self) -> Journal:
        settings = self.settings
        return open_journal(settings.journal_place, settings.account, settings.backend)

    def wire_up(self) -> str | None:
        """Import the module from the program: create `stacks/<stack>.py` if there is none.

        Otherwise return the advice for the user, or None if the program imports the module already.
        """
        module = self.out.stem
        if self.out.parent != STACKS:
            program = text_of(Path("__main__.py"))
            if re.search(rf"\b{re.escape(module)}\b", program):
                return None
            return f"Declare them: add `import {module}` to the program (they are in {self.out})."
        own = STACKS / f"{self.scope.stack}.py"
        if not own.exists():
            put_file(own, render_stack_module(self.scope.stack, module))
            return None
        if module in text_of(own):
            return None
        return (
            f"Declare them: in {own} add `from stacks import {module}`, and to what declare() "
            f"returns `**{module}.reached`."
        )

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
        there = list_mentioned(before, [one.record.id for one in declarations])
        after = render_module(declarations, base, only_read)
        cut = base != before
        if (there or cut) and not (cut and after.startswith(before.rstrip("\n"))):
            raise ConfigurationError(catalogue.MODULE_AHEAD(module=self.out, ids=", ".join(there)))
        lacking = missing_names(base, str(self.out)) if declarations or only_read else []
        if lacking:
            raise ConfigurationError(
                catalogue.MODULE_INCOMPLETE(module=self.out, names=", ".join(lacking))
            )
        return after

    def _has_come(self, found: Found) -> bool:
        """Return whether the state has all numbers that `found` was to add."""
        ids = {one.record.id for one in found.declarations}
        with suppress(VapiError):
            return ids <= ids_in(self.stack.export()["deployment"])
        return False

    def _whole(self, record: PhoneNumberRecord) -> PhoneNumberRecord:
        """Return the record; get it by its id if the list masks part of its number."""
        if record.number is not None and "*" in str(record.number):
            return self.account.get_phone_number(record.id)
        return record

    def _refuse_missing(self, choice: Choice, records: Iterable[PhoneNumberRecord]) -> None:
        there = {one.id for one in records}
        for id_ in choice.ids:
            if id_ not in there:
                raise ConfigurationError(catalogue.UNKNOWN_ID(id=id_))
            if id_ in self.held_elsewhere:
                raise OwnershipError(catalogue.HELD_BY_GIVEN_STACK(id=id_))
