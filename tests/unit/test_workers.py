"""How many of the engine's calls the plugin process handles at a time."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec

import pytest

from vapi_provider.pulumi_sdk.workers import blocking, set_max_calls


@pytest.fixture
def as_plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process pass for the SDK's plugin process, without an engine to talk to."""
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", ModuleSpec("pulumi.dynamic", None))
    monkeypatch.setattr(sys, "argv", ["plugin"])
    yield
    set_max_calls(0)


def grown_to(calls: int, together: int) -> int:
    """Return the size of a pool, first of one thread, after calls that wait for each other.

    A call ends once as many as `together` wait at a time.
    """
    everybody = threading.Barrier(together)

    def call() -> None:
        with blocking(), blocking():
            everybody.wait(timeout=30)

    with ThreadPoolExecutor(1, "sdk-of-the-test") as pool:
        for done in [pool.submit(call) for _ in range(calls)]:
            done.result()
        return sum(thread.name.startswith("sdk-of-the-test") for thread in threading.enumerate())


@pytest.mark.usefixtures("as_plugin")
@pytest.mark.parametrize(("limit", "calls"), [(3, 3), (2, 6)])
def test_a_call_that_waits_lets_another_one_run_up_to_the_limit(limit: int, calls: int) -> None:
    """The SDK's own number of threads does not hold up what the account would answer."""
    set_max_calls(limit)
    assert grown_to(calls, together=limit) == limit


@pytest.mark.usefixtures("as_plugin")
def test_without_the_patches_the_sdk_has_its_own_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """VAPI_SDK_PATCHES=off leaves the pool alone."""
    monkeypatch.setenv("VAPI_SDK_PATCHES", "off")
    set_max_calls(3)
    assert grown_to(4, together=1) == 1


def test_the_users_own_pools_are_left_alone() -> None:
    """In a program or a command a wait adds no thread to the pool that it happens in."""
    set_max_calls(3)
    assert grown_to(4, together=1) == 1


@pytest.mark.usefixtures("as_plugin")
def test_a_thread_of_an_unknown_kind_ends_the_growth() -> None:
    """If a version of the SDK has no pool of the known form, its own number stays."""
    set_max_calls(3)
    with blocking():
        pass
    assert grown_to(4, together=1) == 1
