"""The workflow that `import` and `recover` share: plan an edit of a state, back it up, write it.

A command shows its plan and asks before it applies the plan. The account is only read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from vapi_provider.catalogue.commands import BACKUP_FAILED, STATE_CHANGED
from vapi_provider.cli.account_client import open_client, settings_of
from vapi_provider.cli.exported_states import read_deployments
from vapi_provider.deployment.exported import ids_in
from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.factory import open_journal
from vapi_provider.journal.journal import Journal
from vapi_provider.lifecycle.observed_client import ObservedClient
from vapi_provider.pulumi_cli.stack import PulumiError, Stack
from vapi_provider.settings.config import Settings

Deployment = Mapping[str, Any]


@contextmanager
def open_stack(
    stack: Stack, also: Collection[str], files: Collection[str]
) -> Generator[tuple[Settings, ObservedClient, Sequence[Deployment]]]:
    """Open a stack's account; yield its settings, its client, and the states of other stacks.

    Raises PulumiError for a stack that cannot be exported, and ConfigurationError for wrong
    settings or a file that is not an exported state.
    """
    settings = settings_of(stack)
    with open_client(settings) as account:
        yield settings, ObservedClient(account), read_deployments(also, files)


@dataclass(frozen=True)
class StateEdit:
    """An edit of one stack's state.

    Attributes:
        command: The command that edits it; also the folder of the backups in `.pulumi`.
        others: The states of the stacks that the user named as sharing the account.
    """

    command: ClassVar[str]

    stack: Stack
    settings: Settings
    account: ObservedClient
    others: Sequence[Deployment] = field(repr=False)

    @cached_property
    def held_elsewhere(self) -> set[str]:
        """The ids of the records that the other stacks hold."""
        return ids_in(*self.others)

    @cached_property
    def journal(self) -> Journal:
        """The journal of this stack's backend and account."""
        settings = self.settings
        return open_journal(settings.journal_place, settings.account, settings.backend)

    def back_up(self, exported: Mapping[str, Any]) -> Path:
        """Write a backup of the state that only this user can read; return its path.

        Raises PulumiError if another run changed the state since it was exported, and
        ConfigurationError if the backup cannot be written: the state must not be changed then.
        """
        if self.stack.export() != exported:
            raise PulumiError(STATE_CHANGED(command=self.command))
        folder = Path(".pulumi", self.command)
        now = datetime.now(timezone.utc)
        path = folder / f"{self.stack.name.replace('/', '-')}-{now:%Y%m%dT%H%M%S%f}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(exported, file)
        except OSError as error:
            raise ConfigurationError(BACKUP_FAILED(folder=folder, cause=error)) from None
        return path
