"""What `import` does, step by step: list, choose, name, write the module, bring into the state.

The account is only read. How a record becomes code and state is `vapi_provider.importing`'s.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from uuid import uuid4

from vapi_provider.cli.account import account_of, deployments, held_by, kept, settings_of
from vapi_provider.cli.pulumi_cli import PulumiError, Stack
from vapi_provider.client import VapiClient
from vapi_provider.errors import ConfigurationError, OwnershipError
from vapi_provider.exported import name_in, resources_of
from vapi_provider.importing.declaring import Declaration, LeftOut, Scope, declare
from vapi_provider.importing.naming import resource_names
from vapi_provider.importing.recording import importable, with_resources
from vapi_provider.importing.secrets import Secrets
from vapi_provider.importing.writing import names_in, stack_module, written
from vapi_provider.models.record import PhoneNumberRecord

BACKUPS = Path(".pulumi") / "import"
STACKS = Path("stacks")


@dataclass(frozen=True)
class Choice:
    """Which of the account's numbers are wanted: all, some ids, or what a pattern fits."""

    everything: bool = False
    ids: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    def fits(self, record: PhoneNumberRecord) -> bool:
        """Whether the record is wanted: a pattern is held against label, number and SIP URI."""
        known = (record.name, record.number, record.fields.get("sip_uri"))
        texts = [text for text in known if isinstance(text, str)]
        return (
            self.everything
            or record.id in self.ids
            or any(fnmatchcase(text, pattern) for text in texts for pattern in self.patterns)
        )


@dataclass(frozen=True)
class Found:
    """What there is to bring, and what is only to be told."""

    exported: Mapping[str, Any]
    declarations: list[Declaration]
    left_out: list[LeftOut]
    held: int
    secrets: Secrets
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Import:
    """One stack, its account, and the module that its numbers are written to."""

    stack: Stack
    scope: Scope
    account: VapiClient
    held_elsewhere: Collection[str]
    config: Mapping[str, str] = field(repr=False)
    out: Path

    @classmethod
    @contextmanager
    def of(
        cls, stack: str, also: Collection[str], files: Collection[str], out: str | None
    ) -> Generator[Import]:
        """Opens the stack's account. Raises ConfigurationError where no module can be named."""
        named = Stack(stack)
        scope = Scope(*named.full_name())
        module = Path(out) if out else _module_of(scope.stack)
        own = f"{scope.project}:"
        config = {
            key.removeprefix(own): value
            for key, value in named.config().items()
            if key.startswith(own)
        }
        with account_of(settings_of(named)) as account:
            yield cls(named, scope, account, held_by(deployments(also, files)), config, module)

    def look(self, choice: Choice) -> Found:
        """What would be brought; nothing is changed."""
        exported = self.stack.export()
        deployment: Mapping[str, Any] = exported["deployment"]
        records = list(self.account.all_phone_numbers())
        self._refuse_missing(choice, records)
        free = {one.id for one in importable(deployment, records, self.held_elsewhere)}
        wanted = [one for one in records if choice.fits(one)]
        chosen = [self._whole(one) for one in wanted if one.id in free]
        before = _text_of(self.out)
        taken = names_in(before, str(self.out))
        for one in chosen:
            if one.id in before:
                raise ConfigurationError(
                    f"{self.out} has {one.id} already, and the stack's state does not: an import "
                    "was interrupted. Take that number out of the module, and run import again"
                )
        taken |= {name_in(one["urn"]) for one in resources_of(deployment)}
        names, secrets = resource_names(chosen, taken), Secrets(self.config)
        chosen.sort(key=lambda one: (one.created_at, one.id))
        made = [declare(one, names[one.id], self.scope, secrets) for one in chosen]
        return Found(
            exported,
            [one for one in made if isinstance(one, Declaration)],
            [one for one in made if isinstance(one, LeftOut)],
            len(wanted) - len(chosen),
            secrets,
            [*_unseen_headers(records, chosen), *_others(chosen, self.scope)],
        )

    def write(self, found: Found) -> Path:
        """Config, module and state, in this order; the path of the backup of the state.

        Where the state cannot be written, the module is as it was.
        """
        if self.stack.export() != found.exported:
            raise PulumiError("another run has changed the state meanwhile: run import again")
        backup = kept(self.stack.name, found.exported, BACKUPS)
        for key, value in found.secrets.to_set.items():
            self.stack.set_secret(key, value)
        before = _text_of(self.out) if self.out.exists() else None
        _put(self.out, written(found.declarations, before))
        deployment = with_resources(
            found.exported["deployment"], found.declarations, self.scope, str(uuid4())
        )
        try:
            self.stack.load({**found.exported, "deployment": deployment})
        except BaseException:
            if before is None:
                self.out.unlink()
            else:
                _put(self.out, before)
            raise
        return backup

    def wire_up(self) -> str | None:
        """Makes `stacks/<stack>.py` where there is none; else what a person has to add, if any."""
        module = self.out.stem
        if self.out.parent != STACKS:
            program = _text_of(Path("__main__.py"))
            if re.search(rf"\b{re.escape(module)}\b", program):
                return None
            return f"Declare them: add `import {module}` to the program (they are in {self.out})."
        own = STACKS / f"{self.scope.stack}.py"
        if not own.exists():
            _put(own, stack_module(self.scope.stack, module))
            return None
        if module in _text_of(own):
            return None
        return (
            f"Declare them: in {own} add `from stacks import {module}`, and to what declare() "
            f"returns `**{module}.reached`."
        )

    def _whole(self, record: PhoneNumberRecord) -> PhoneNumberRecord:
        """The record; looked at by itself where the list hides part of its number."""
        if record.number is not None and "*" in str(record.number):
            return self.account.get_phone_number(record.id)
        return record

    def _refuse_missing(self, choice: Choice, records: Iterable[PhoneNumberRecord]) -> None:
        there = {one.id for one in records}
        for id_ in choice.ids:
            if id_ not in there:
                raise ConfigurationError(f"the account has no phone number {id_}: see `list`")
            if id_ in self.held_elsewhere:
                raise OwnershipError(
                    f"{id_} is held by another given stack: take it out there first "
                    "(docs/from-the-dashboard.md), nothing was changed"
                )


def _module_of(stack: str) -> Path:
    if not STACKS.is_dir():
        raise ConfigurationError("say where the module goes: --out FILE, beside the program")
    return STACKS / f"_imported_{re.sub(r'[^a-zA-Z0-9_]', '_', stack)}.py"


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None


def _put(path: Path, text: str) -> None:
    """Writes a file as a whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        os.replace(new, path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise ConfigurationError(f"{path} cannot be written: {error}") from None


def _unseen_headers(
    records: Iterable[PhoneNumberRecord], chosen: Iterable[PhoneNumberRecord]
) -> list[str]:
    """Servers may have headers that this account does not show to anybody."""

    def shows(record: PhoneNumberRecord) -> bool:
        server: Any = record.fields.get("server")
        return isinstance(server, Mapping) and "headers" in server

    asked = [one.id for one in chosen if one.fields.get("server")]
    if not asked or any(shows(one) for one in records):
        return []
    return [
        "This account shows no server headers. Where a server of these has some, add them to the "
        f"module before its next change, which would clear them: {', '.join(asked)}"
    ]


def _others(chosen: Iterable[PhoneNumberRecord], scope: Scope) -> list[str]:
    """Labels that look like automatic names of other stacks."""
    own = f"{scope.project}/{scope.stack}/"
    likely = [
        one.id
        for one in chosen
        if one.name and one.name.count("/") == 2 and not one.name.startswith(own)
    ]
    if not likely:
        return []
    return [
        "By their labels another stack may hold these; name it with --also, so that no number has "
        f"two owners: {', '.join(likely)}"
    ]
