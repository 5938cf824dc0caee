"""The cases: all sides in turn, phase by phase, so that all meet the same machine."""

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
"""By size; one for any other: 1,000 numbers take minutes, all of it Pulumi's own."""
_BEGIN_MS = 1_700_000_000_000


def measure_case(case: Case) -> Iterator[Measurement]:
    """Every phase of all sides, as often as the case says; `up` always, for the rest needs it."""
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
    """Refreshes `numbers` of ours in an account that holds `held` records, with no latency."""
    with _Opened("ours", Case(numbers, 0, 1), held) as ours:
        # Only to have the numbers: how long that takes is another case's.
        ours.phase("up", **WITHOUT_CHECKPOINTS)
        yield ours.phase("refresh")


def warm_up(say: Callable[[str], None]) -> None:
    """Each side once, with one number: bytecode is compiled and files are in memory then."""
    say("warming up")
    for _ in measure_case(Case(1, 0, 1)):
        pass


def fill(file: Path, count: int) -> None:
    """Puts `count` records of somebody else's into an embedded account, all at once."""
    with Store(file).writing() as connection:
        for at in range(count):
            made = _BEGIN_MS + at
            insert(
                connection,
                Record(
                    id=str(uuid.uuid4()),
                    kind="vapi",
                    fields={"provider": "vapi", "name": f"somebody else's {at}"},
                    bought=f"+1212{at:07}",
                    resource_id=None,
                    created_ms=made,
                    updated_ms=made,
                    active_ms=made,
                    number_ms=made,
                    hidden_reads=0,
                ),
            )


class _Opened:
    """A side with an account and a project of its own, in a folder that goes away."""

    def __init__(self, side: Side, case: Case, held: int = 0) -> None:
        self._side: Side = side
        self._case = case
        self._held = held
        self._open = ExitStack()

    def __enter__(self) -> Run:
        made = tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True)
        folder = Path(self._open.enter_context(made))
        if self._held:
            fill(folder / "account.db", self._held - self._case.numbers)
        latency = str(self._case.latency / 1000)
        account = self._open.enter_context(serve(folder, "account", "--latency", latency))
        return Run(self._side, self._case, account, folder, self._store(folder), self._held)

    def _store(self, folder: Path) -> str:
        """Return the URL of a new store of shared state; "" where the state is in files."""
        latency = self._case.store_latency / 1000
        if self._case.state == "s3":
            return self._open.enter_context(s3_store(folder, latency))
        if self._case.state == "postgres":
            return self._open.enter_context(postgres_store(latency))
        return ""

    def __exit__(self, *_: object) -> None:
        self._open.close()
