"""Programs under the SDK's mocks: what they register, what they say, what ends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi.runtime.proto import engine_pb2

PROJECT, STACK, ORGANIZATION = "shop", "dev", "acme"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get("4dabf18193072939515e22adb298388d") == _SECRET


def bare(value: Any) -> Any:
    """A value without the marks of its secrets."""
    if _is_secret(value):
        return bare(value["value"])
    if isinstance(value, dict):
        return {name: bare(item) for name, item in value.items()}
    return [bare(item) for item in value] if isinstance(value, list) else value


def secret_paths(value: Any, path: str = "") -> set[str]:
    """Where a value has secrets: the path of each outermost one."""
    if _is_secret(value):
        return {path}
    if isinstance(value, dict):
        return {
            found
            for name, item in value.items()
            for found in secret_paths(item, f"{path}.{name}" if path else name)
        }
    if isinstance(value, list):
        return {
            found for at, item in enumerate(value) for found in secret_paths(item, f"{path}[{at}]")
        }
    return set()


@dataclass
class Registered:
    """One resource as the engine hears of it."""

    token: str
    name: str
    id: str | None
    raw: dict[str, Any]

    @property
    def inputs(self) -> dict[str, Any]:
        """Its inputs without marks and without the engine's own key."""
        plain = bare(self.raw)
        return {name: value for name, value in plain.items() if name != "__provider"}

    @property
    def secrets(self) -> set[str]:
        """Where its inputs are secret."""
        return secret_paths(self.raw)


class _Account(mocks.Mocks):
    """Answers every resource with its own inputs and a number."""

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        raise AssertionError(f"no program calls a function: {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return args.resource_id or f"{args.name}-id", {"number": "+14155550123", **args.inputs}


class _Monitor(mocks.MockMonitor):
    """Keeps the requests as they are: the mocks see a secret only as one of the whole object."""

    def __init__(self, ran: Ran) -> None:
        super().__init__(_Account())
        self.ran = ran

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the SDK's name
        if request.custom:
            raw = json_format.MessageToDict(request.object)
            self.ran.registered.append(Registered(request.type, request.name, None, raw))
        return super().RegisterResource(request)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the SDK's name
        raw = json_format.MessageToDict(request.properties)
        self.ran.registered.append(Registered(request.type, request.name, request.id, raw))
        return super().ReadResource(request)


@dataclass
class Ran:
    """What a program did."""

    registered: list[Registered] = field(default_factory=list)
    logged: list[tuple[int, str]] = field(default_factory=list)
    result: Any = None

    @property
    def resources(self) -> dict[str, Registered]:
        """All of ours by name."""
        return {item.name: item for item in self.registered}

    @property
    def only(self) -> Registered:
        """The one resource there is."""
        (found,) = self.registered
        return found

    @property
    def warnings(self) -> list[str]:
        """All warnings."""
        return [text for severity, text in self.logged if severity == engine_pb2.WARNING]

    @property
    def errors(self) -> list[str]:
        """All errors."""
        return [text for severity, text in self.logged if severity == engine_pb2.ERROR]


class _Engine(mocks.MockEngine):
    def __init__(self, ran: Ran) -> None:
        super().__init__(None)
        self.ran = ran

    def Log(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        self.ran.logged.append((request.severity, request.message))
        return super().Log(request)


def _close_loop() -> None:
    with suppress(RuntimeError):  # There is none where nothing was registered.
        asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAPI_BASE_URL", "embedded:never-opened.sqlite")


@pytest.fixture
def run() -> Iterator[Run]:
    """Runs a program's function; what it returns is awaited, with secrecy told as a pair."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # The SDK gives each of these threads a loop and never closes it: one is enough, closed below.
    threads = ThreadPoolExecutor(1)
    loop.set_default_executor(threads)

    def ran_as(
        program: Callable[[], Any],
        stack: str = STACK,
        preview: bool = False,
        config: dict[str, str] | None = None,
    ) -> Ran:
        ran = Ran()
        monitor = _Monitor(ran)
        pulumi.runtime.set_mocks(
            monitor.mocks,
            project=PROJECT,
            stack=stack,
            preview=preview,
            monitor=monitor,
            organization=ORGANIZATION,
        )
        known: Any = pulumi.runtime.settings.SETTINGS
        known.engine = _Engine(ran)
        pulumi.runtime.set_all_config(config or {}, list(config or {}))

        async def resolved(value: Any) -> tuple[Any, bool]:
            output = pulumi.Output.from_input(value)
            return await output.future(), await output.is_secret()

        @mocks.test
        def tested() -> Any:
            found = program()

            async def await_all() -> None:
                if isinstance(found, dict):
                    ran.result = {name: await resolved(value) for name, value in found.items()}

            return await_all()

        try:
            tested()
        finally:
            pulumi.runtime.set_all_config({})
        return ran

    yield ran_as
    threads.submit(_close_loop).result()
    threads.shutdown()
    # A program that was ended leaves outputs behind that nobody waits for.
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    _close_loop()
