"""Ownership of records between the processes of one run."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from vapi_provider.errors import OwnershipError
from vapi_provider.journal.operation import Event, OperationEvents
from vapi_provider.lifecycle.ownership import Ownership

ENGINE = "127.0.0.1:40000 4711"


KEY = "acme/shop/dev/VapiPhoneNumber/{}"


def _adopt(folder: Path, name: str, won: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    ownership = Ownership(OperationEvents(ENGINE, folder))
    try:
        ownership.register_check(KEY.format(name), "id")
    except OwnershipError:
        won.put(0)
    else:
        won.put(1)


def test_of_many_processes_that_adopt_one_record_one_wins(tmp_path: Path) -> None:
    """The order of the file decides, the same for all."""
    context = multiprocessing.get_context("spawn")
    won = context.Queue()
    keeper = OperationEvents(ENGINE, tmp_path)
    keeper.publish(Event("other", "", ""))
    names = [f"n{at}" for at in range(4)]
    workers = [context.Process(target=_adopt, args=(tmp_path, name, won)) for name in names]
    for worker in workers:
        worker.start()
    assert sum(won.get(timeout=60) for _ in workers) == 1
    for worker in workers:
        worker.join(timeout=60)
