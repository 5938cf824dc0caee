"""The SDK's real plugin process, spoken to as the engine does, on an embedded account."""

from __future__ import annotations

import asyncio
import base64
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi.dynamic.dynamic import PROVIDER_KEY, serialize_provider
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from tests.support.environment import foreign
from vapi_provider.provider import PhoneNumberProvider

ROOT = Path(__file__).parents[2]


def sent(value: Any) -> Any:
    """A plain value as the engine writes it: unknown ones are a marker."""
    if isinstance(value, Unknown):
        return rpc.UNKNOWN
    if isinstance(value, dict):
        return {name: sent(item) for name, item in value.items()}
    return [sent(item) for item in value] if isinstance(value, list) else value


class Plugin:
    """The process, and one method for each call of the engine; properties in, properties out."""

    def __init__(
        self, folder: Path, config: dict[str, str], engine: str = "", path: Path | None = None
    ) -> None:
        # Fixtures of a module come before the cleaning of a test's environment.
        kept = {name: os.environ[name] for name in os.environ.keys() - foreign(os.environ)}
        modules = os.pathsep.join([*([str(path)] if path else []), str(ROOT)])
        environment = {**kept, "PYTHONPATH": modules, "PULUMI_PROJECT": "shop"}
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic", *([engine] if engine else [])],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self._process.stdout is not None
        port = int(self._process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub: Any = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._blob = serialize_provider(PhoneNumberProvider())
        args = struct_pb2.Struct()
        args.update(config)
        self._stub.Configure(provider_pb2.ConfigureRequest(args=args))

    def close(self) -> str:
        """Ends the process; what it wrote to stderr."""
        self._channel.close()
        self._process.terminate()
        return self._process.communicate(timeout=10)[1]

    def spell_otherwise(self) -> None:
        """From now on the provider is pickled as by another version of Python."""
        self._blob = base64.b64encode(pickle.dumps(PhoneNumberProvider(), protocol=3)).decode()

    def _struct(self, values: dict[str, Any]) -> struct_pb2.Struct:
        struct = struct_pb2.Struct()
        struct.update(sent({**values, PROVIDER_KEY: self._blob}))
        return struct

    def check(self, news: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
        """The answer: `inputs` and `failures`."""
        properties: dict[str, Any] = {
            "olds": self._struct(olds) if olds else None,
            "news": self._struct(news),
        }
        return self._stub.Check(provider_pb2.CheckRequest(**properties), timeout=20)

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> Any:
        """The answer: `changes`, `replaces`, `deleteBeforeReplace`."""
        properties: dict[str, Any] = {"olds": self._struct(olds), "news": self._struct(news)}
        return self._stub.Diff(provider_pb2.DiffRequest(id=id_, **properties), timeout=20)

    def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Id and outputs."""
        request = provider_pb2.CreateRequest(properties=self._struct(inputs))
        response = self._stub.Create(request, timeout=20)
        return response.id, plain(response.properties)

    def read(self, id_: str, outs: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Id, outputs and inputs."""
        request = provider_pb2.ReadRequest(id=id_, properties=self._struct(outs))
        response = self._stub.Read(request, timeout=20)
        return response.id, plain(response.properties), plain(response.inputs)

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Outputs."""
        properties: dict[str, Any] = {"olds": self._struct(olds), "news": self._struct(news)}
        response = self._stub.Update(provider_pb2.UpdateRequest(id=id_, **properties), timeout=20)
        return plain(response.properties)

    def delete(self, id_: str, outs: dict[str, Any]) -> None:
        """Returns when it is done."""
        request = provider_pb2.DeleteRequest(id=id_, properties=self._struct(outs))
        self._stub.Delete(request, timeout=20)


def plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Properties of a response, without the engine's own key."""
    found = rpc.deserialize_properties(struct, keep_unknowns=True)
    found.pop(PROVIDER_KEY, None)
    return found


@pytest.fixture(autouse=True)
def _loop() -> Iterator[None]:
    # The SDK's deserialiser wants one on this thread.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


Start = Callable[..., Plugin]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a plugin process with the given config; all are ended with the test.

    `engine` is where the engine listens, `path` is looked through for modules first.
    """
    started: list[Plugin] = []

    def process(engine: str = "", path: Path | None = None, **config: str) -> Plugin:
        named = {f"vapi:{key}": value for key, value in config.items()}
        started.append(Plugin(tmp_path, named, engine, path))
        return started[-1]

    yield process
    for plugin in started:
        plugin.close()


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    """One process for all tests of a module, on an embedded account in the project's folder."""
    folder = tmp_path_factory.mktemp("project")
    running = Plugin(folder, {"vapi:baseUrl": "embedded:account.sqlite"})
    yield running
    running.close()
