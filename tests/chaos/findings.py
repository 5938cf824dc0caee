"""Checks of the account, the state and the files after a round."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.chaos.declarations import SECRETS, Declaration
from tests.support.stores import S3_KEYS
from vapi_provider.journal.factory import blobs_of
from vapi_provider.journal.object_store import ObjectBlobs
from vapi_provider.journal.shared_store import SharedStore
from vapi_provider.settings.journal_location import parse


def differences(
    declarations: Iterable[Declaration], held: list[str], records: list[dict[str, Any]]
) -> list[str]:
    """Return where the account differs from the declarations or from the ids that states hold."""
    found: list[str] = []
    unknown = {record["id"]: record for record in records}
    alike: defaultdict[str, list[Declaration]] = defaultdict(list)
    for declaration in declarations:
        alike[f"{declaration.kind} {declaration.label} {declaration.known}"].append(declaration)
    for group in alike.values():
        first, label = group[0], group[0].label
        # The records of equal declarations are interchangeable, so only their number is checked.
        matching = [id_ for id_, record in unknown.items() if first.is_made_as(record)]
        if len(matching) != len(group):
            often = "twice or more" if len(matching) > len(group) else "not"
            found.append(f"{label} is {often} at the account: {matching}")
        found += [
            f"{label} has other headers than declared"
            for id_ in matching
            if not first.is_complete(unknown[id_])
        ]
        for id_ in matching:
            del unknown[id_]
    found += [f"a record has no owner: {record}" for record in unknown.values()]
    found += [f"{id_} has two owners" for id_, count in Counter(held).items() if count > 1]
    ids = sorted(record["id"] for record in records)
    if sorted(set(held)) != ids:
        found.append(f"the state has {held}, the account {ids}")
    return found


def open_intents(journal: Path | str, stack: str) -> dict[str, str | None]:
    """Return the keys of a stack's unfinished intents, and the record of each where it is known.

    `journal` is a file, or the URL of a shared journal.
    """
    return _by_key(journal, stack, "SELECT key, record FROM intents")


def repeats(journal: Path | str, stack: str) -> set[str]:
    """Return the keys of purchases whose POST was repeated and whose first record may appear."""
    return set(_by_key(journal, stack, "SELECT key, record FROM held WHERE repeated IS NOT NULL"))


def _by_key(journal: Path | str, stack: str, statement: str) -> dict[str, Any]:
    if isinstance(journal, str):
        found = _run_on_shared(journal, statement)
    elif not journal.exists():  # This machine has not purchased anything.
        return {}
    else:
        with closing(sqlite3.connect(journal)) as opened:
            found = opened.execute(statement).fetchall()
    return {key: value for key, value in found if key.split("/")[2] == stack}


def _run_on_shared(url: str, statement: str) -> list[Any]:
    location = parse(url)
    assert location is not None
    is_s3 = location.scheme == "s3"
    store = SharedStore(ObjectBlobs(location, S3_KEYS) if is_s3 else blobs_of(location))
    try:
        return store.run(statement)
    finally:
        store.close()


def secrets(folder: Path) -> list[str]:
    """Return where a planted secret is written that no file may show."""
    shown = [
        *folder.glob("**/*.out"),
        *folder.glob("*.log"),
        *folder.glob("**/journal/*"),
        *folder.glob("**/*state.json"),
        *(path for path in folder.glob("numbers-state/**/*") if path.is_file()),
        *(path for path in folder.glob("**/numbers/.pulumi/**/*") if path.is_file()),
    ]
    return [
        f"{path.relative_to(folder)} shows the secret {secret}"
        for path in shown
        for secret in SECRETS
        if secret.encode() in path.read_bytes()
    ]
