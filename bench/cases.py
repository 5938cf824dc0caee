"""Measurement of a case: the sides alternate phase by phase, so that load affects all of them."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.results import PHASES, Measurement, Side
from bench.sides import WITHOUT_CHECKPOINTS, Case, Run
from bench.stores import postgres_store, s3_store
from bench.verdicts import LARGE_ACCOUNT
from tests.engine.conftest import serve
from vapi_provider.embedded.records import Record, insert
from vapi_provider.embedded.store import Store

REPETITIONS = {50: 5, 200: 3}
"""Repetitions by number of resources, and 1 for any other: 1,000 numbers take minutes."""
_BEGIN_MS = 1_700_000_000_000


def measure_case(case: Case) -> Iterator[Measurement]:
    """Measure the case's phases on all sides; `up` always, because the others need its state."""
    names: list[Side] = ["ours", "null"]
    if case.has_checkpointed:
        names.append("checkpointed")
    for _ in range(case.repetitions):
        with ExitStack() as open_:
            sides = [open_.enter_context(_Opened(side, case)) for side in names]
            for phase in PHASES:
                if phase == "up" or phase in case.phases:
                    yield from (side.phase(phase) for side in sides)


def measure_large_account(numbers: int = 1_000, held: int = LARGE_ACCOUNT) -> Iterator[Measurement]:
    """Measure a refresh of `numbers` resources in an account of `held` records, without latency."""
    with _Opened("ours", Case(numbers, 0, 1), held) as ours:
        # This only creates the numbers; another case measures it.
        ours.phase("up", **WITHOUT_CHECKPOINTS)
        yield ours.phase("refresh")


def warm_up(say: Callable[[str], None]) -> None:
    """Run each side once with one number, which compiles bytecode and fills the file cache."""
    say("warming up")
    for _ in measure_case(Case(1, 0, 1)):
        pass


def fill(file: Path, count: int) -> None:
    """Insert `count` records of another owner into an embedded account, in one transaction."""
    with Store(file).writing() as connection:
        for index in range(count):
            created = _BEGIN_MS + index
            insert(
                connection,
                Record(
                    id=str(uuid.uuid4()),
                    kind="vapi",
                    fields={"provider": "vapi", "name": f"other {index}"},
                    bought=f"+1212{index:07}",
                    resource_id=None,
                    created_ms=created,
                    updated_ms=created,
                    active_ms=created,
                    number_ms=created,
                    hidden_reads=0,
                ),
            )


class _Opened:
    """A side with its own account and project, in a temporary folder."""

    def __init__(self, side: Side, case: Case, held: int = 0) -> None:
        self._side: Side = side
        self._case = case
        self._held = held
        self._open = ExitStack()

    def __enter__(self) -> Run:
        temporary = tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True)
        folder = Path(self._open.enter_context(temporary))
        if self._held:
            fill(folder / "account.db", self._held - self._case.numbers)
        latency = str(self._case.latency / 1000)
        account = self._open.enter_context(serve(folder, "account", "--latency", latency))
        return Run(self._side, self._case, account, folder, self._store(folder), self._held)

    def _store(self, folder: Path) -> str:
        """Return the URL of a new store of shared state; "" if the state is in files."""
        latency = self._case.store_latency / 1000
        if self._case.state == "s3":
            return self._open.enter_context(s3_store(folder, latency))
        if self._case.state == "postgres":
            return self._open.enter_context(postgres_store(latency))
        return ""

    def __exit__(self, *_: object) -> None:
        self._open.close()
