"""A wrapper of the `pulumi` command line that returns JSON and raises errors of one line.

It runs in the current folder, which is the project's. Secrets are decrypted in a stack's config,
and in an exported state on request only.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from vapi_provider.catalogue import commands as catalogue
from vapi_provider.errors import VapiError
from vapi_provider.pulumi_cli.backend_files import repair
from vapi_provider.pulumi_cli.backend_secrets import without_credentials


class PulumiError(VapiError):
    """A `pulumi` that is not on PATH, or a command of it that failed."""


class NoStackError(PulumiError):
    """A stack that does not exist."""


def stacks_of_backend() -> list[str]:
    """Return the names of all stacks in this backend, including those of other projects.

    Raises PulumiError if they cannot be listed.
    """
    stacks = cast(list[dict[str, Any]], _parse(_check(_LIST, _call(_LIST)), _LIST))
    return [str(stack["name"]) for stack in stacks]


_LIST = ("stack", "ls", "--all", "--json")
_NO_STACK = re.compile(r"no stack named .* found")


@dataclass(frozen=True)
class Stack:
    """One stack of the project. Methods raise PulumiError if `pulumi` fails."""

    name: str

    def __post_init__(self) -> None:
        """Raise PulumiError for an empty name: Pulumi would use the selected stack."""
        if not self.name.strip():
            raise PulumiError(catalogue.STACK_NAME(reason="empty"))

    def export(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Return the state as `pulumi stack export` writes it."""
        return self._json("stack", "export", *(["--show-secrets"] if show_secrets else []))

    def load(self, exported: dict[str, Any]) -> None:
        """Replace the stack's state; Pulumi refuses while a run holds the stack's lock."""
        self._run("stack", "import", given=json.dumps(exported))

    def config(self) -> dict[str, str]:
        """Return the stack's config with decrypted secrets: callers must not show or write it."""
        config = self._json("config", "--json", "--show-secrets")
        return {key: str(item["value"]) for key, item in config.items() if "value" in item}

    def full_name(self) -> tuple[str, str, str]:
        """Return organization, project and stack, as the stack's program sees them.

        Raises PulumiError also for a backend whose stack names have no project.
        """
        name = self._run("stack", "--show-name", "--fully-qualify-stack-names").strip()
        names = name.split("/")
        if len(names) != 3:
            raise PulumiError(catalogue.STACK_WITHOUT_PROJECT(stack=name))
        return names[0], names[1], names[2]

    def set_secret(self, key: str, value: str) -> None:
        """Set a secret in the stack's config; it is passed on stdin, which `ps` does not show."""
        # Pulumi cuts one line end off, so one is added to protect a line end of the value.
        self._run("config", "set", "--secret", key, given=f"{value}\n")

    def last_update(self) -> dict[str, Any] | None:
        """Return the newest `up` in the stack's history, whatever its result, or None."""
        history = cast(list[dict[str, Any]], self._json("stack", "history", "--json"))
        updates = [entry for entry in history if entry.get("kind") == "update"]
        return max(updates, key=lambda update: str(update.get("startTime")), default=None)

    def watch(
        self, *words: str, variables: Mapping[str, str] | None = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Run a preview or refresh; return its events, with secrets masked, and why it failed.

        The reason is None if it succeeded.
        """
        streamed = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true", **(variables or {})}
        done = self._call(*words, "--json", variables=streamed)
        lines = [line for line in done.stdout.splitlines() if line.startswith('{"')]
        try:
            events = cast(list[dict[str, Any]], [json.loads(line) for line in lines])
        except ValueError:
            raise PulumiError(catalogue.PULUMI_OUTPUT(command=words[0], form="JSON")) from None
        return events, _reason(done.stderr or done.stdout) if done.returncode != 0 else None

    def _json(self, *words: str) -> Any:
        return _parse(self._run(*words), words)

    def _run(self, *words: str, given: str = "") -> str:
        return _check(words, self._call(*words, given=given))

    def _call(
        self, *words: str, given: str = "", variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        repair(self.name)
        return _call([*words, "--stack", self.name], given, variables)


def _call(
    words: Sequence[str], given: str = "", variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the CLI and return its result.

    Pulumi uses UTF-8 in every locale, so input and output are encoded here and not by the locale.
    Raises PulumiError if the CLI is not on PATH or does not start, or if its output is not UTF-8.
    """
    command = ["pulumi", *words, "--non-interactive", "--color", "never"]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, words of our own and a stack's name
            command,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1", **(variables or {})},
            input=given.encode(),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise PulumiError(catalogue.PULUMI_MISSING()) from None
    except OSError as error:
        reason = f"it cannot be started: {error}"
        raise PulumiError(
            catalogue.PULUMI_FAILED(command=" ".join(words[:2]), reason=reason)
        ) from None
    try:
        answer = done.stdout.decode()
    except UnicodeDecodeError:
        raise PulumiError(
            catalogue.PULUMI_OUTPUT(command=" ".join(words[:2]), form="UTF-8")
        ) from None
    # The program's own output on stderr may be in any encoding.
    errors = done.stderr.decode(errors="replace")
    return subprocess.CompletedProcess(command, done.returncode, answer, errors)


def _check(words: Sequence[str], result: subprocess.CompletedProcess[str]) -> str:
    if result.returncode != 0:
        reason = _reason(result.stderr)
        command = " ".join(words[:2])
        if _NO_STACK.search(reason):
            raise NoStackError(catalogue.STACK_MISSING(command=command, reason=reason))
        raise PulumiError(catalogue.PULUMI_FAILED(command=command, reason=reason))
    return result.stdout


def _parse(text: str, words: Sequence[str]) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise PulumiError(catalogue.PULUMI_OUTPUT(command=" ".join(words), form="JSON")) from None


def _reason(text: str) -> str:
    """Return the first error in Pulumi's output as one line, without the backend's credentials."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("error:").strip() for line in lines if line.startswith("error:")]
    reason = next(iter(errors or lines[-1:]), "it failed and did not say why")
    return without_credentials(reason, os.environ, Path.cwd())
