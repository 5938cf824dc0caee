"""The `pulumi` command line: what of it our commands need, as JSON, errors in one line.

Runs in the current folder, which is the project's. A stack's secrets are decrypted for its config
alone; an exported state keeps them encrypted.
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

from vapi_provider.cli.backend_files import repair
from vapi_provider.cli.backend_secrets import without_credentials
from vapi_provider.errors import VapiError


class PulumiError(VapiError):
    """`pulumi` is not there, or said no."""


class NoStackError(PulumiError):
    """There is no stack of this name."""


def stacks_of_backend() -> list[str]:
    """Return the names of all stacks in this backend, other projects' among them."""
    found = cast(list[dict[str, Any]], _parsed(_checked(_LIST, _call(_LIST)), _LIST))
    return [str(one["name"]) for one in found]


_LIST = ("stack", "ls", "--all", "--json")
_NO_STACK = re.compile(r"no stack named .* found")


@dataclass(frozen=True)
class Stack:
    """One stack of the project."""

    name: str

    def __post_init__(self) -> None:
        """Raises PulumiError for an empty name: Pulumi would take the stack last selected."""
        if not self.name.strip():
            raise PulumiError("the stack's name is empty: is a variable not set?")

    def export(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The state as `pulumi stack export` writes it, secrets encrypted unless asked for."""
        return self._json("stack", "export", *(["--show-secrets"] if show_secrets else []))

    def load(self, exported: dict[str, Any]) -> None:
        """Makes `exported` the stack's state; refused while a run holds the stack's lock."""
        self._run("stack", "import", given=json.dumps(exported))

    def config(self) -> dict[str, str]:
        """The stack's config, decrypted: never show or write it."""
        found = self._json("config", "--json", "--show-secrets")
        return {key: str(one["value"]) for key, one in found.items() if "value" in one}

    def full_name(self) -> tuple[str, str, str]:
        """Organization, project and stack, as a program of the stack is told them.

        Raises PulumiError for a backend whose stacks have no project in their names.
        """
        found = self._run("stack", "--show-name", "--fully-qualify-stack-names").strip()
        names = found.split("/")
        if len(names) != 3:
            raise PulumiError(f"stack {found} has no project in its name: `pulumi state upgrade`")
        return names[0], names[1], names[2]

    def set_secret(self, key: str, value: str) -> None:
        """Puts a secret into the stack's config; it is seen in no list of processes."""
        # One line's end is taken for the person's Enter, and cut off: it must not be the value's.
        self._run("config", "set", "--secret", key, given=f"{value}\n")

    def last_update(self) -> dict[str, Any] | None:
        """The newest `up` of the stack's history, whatever came of it."""
        history = cast(list[dict[str, Any]], self._json("stack", "history", "--json"))
        updates = [one for one in history if one.get("kind") == "update"]
        return max(updates, key=lambda one: str(one.get("startTime")), default=None)

    def watch(
        self, *words: str, variables: Mapping[str, str] | None = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """The events of a preview or refresh, secrets blinded; why it failed, if it did."""
        streamed = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true", **(variables or {})}
        done = self._call(*words, "--json", variables=streamed)
        lines = [line for line in done.stdout.splitlines() if line.startswith('{"')]
        try:
            events = cast(list[dict[str, Any]], [json.loads(line) for line in lines])
        except ValueError:
            raise PulumiError(f"pulumi {words[0]}: its events are not JSON") from None
        return events, _reason(done.stderr or done.stdout) if done.returncode != 0 else None

    def _json(self, *words: str) -> Any:
        return _parsed(self._run(*words), words)

    def _run(self, *words: str, given: str = "") -> str:
        return _checked(words, self._call(*words, given=given))

    def _call(
        self, *words: str, given: str = "", variables: Mapping[str, str] | None = None
    ) -> _Answer:
        repair(self.name)
        return _call([*words, "--stack", self.name], given, variables)


@dataclass(frozen=True)
class _Answer:
    returncode: int
    stdout: str
    stderr: str


def _call(
    words: Sequence[str], given: str = "", variables: Mapping[str, str] | None = None
) -> _Answer:
    """Run the CLI. It speaks UTF-8 in every locale: in another encoding a state would change."""
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
        raise PulumiError(
            'no pulumi on PATH: in the project\'s folder, eval "$(make -s env)" brings one'
        ) from None
    try:
        answer = done.stdout.decode()
    except UnicodeDecodeError:
        raise PulumiError(f"pulumi {' '.join(words[:2])}: the answer is not UTF-8") from None
    # What a program prints may be anything.
    return _Answer(done.returncode, answer, done.stderr.decode(errors="replace"))


def _checked(words: Sequence[str], answer: _Answer) -> str:
    if answer.returncode != 0:
        reason = _reason(answer.stderr)
        kind = NoStackError if _NO_STACK.search(reason) else PulumiError
        raise kind(f"pulumi {' '.join(words[:2])}: {reason}")
    return answer.stdout


def _parsed(text: str, words: Sequence[str]) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise PulumiError(f"pulumi {' '.join(words)}: the answer is not JSON") from None


def _reason(text: str) -> str:
    """The first error of pulumi's words, in one line, without the backend's password."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("error:").strip() for line in lines if line.startswith("error:")]
    reason = next(iter(errors or lines[-1:]), "it failed and did not say why")
    return without_credentials(reason, os.environ, Path.cwd())
