"""What can be wrong after a run of chaos: pure looks at the account, the state and the files."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.chaos.declarations import SECRETS, Declaration


def differences(
    declarations: Iterable[Declaration], held: list[str], records: list[dict[str, Any]]
) -> list[str]:
    """Return where the account differs from the declarations or from the ids that states hold."""
    found: list[str] = []
    unknown = {record["id"]: record for record in records}
    alike: defaultdict[str, list[Declaration]] = defaultdict(list)
    for one in declarations:
        alike[f"{one.kind} {one.label} {one.known}"].append(one)
    for ones in alike.values():
        label = ones[0].label
        # Those that are declared alike share their records: only how many there are tells.
        made = [id_ for id_, record in unknown.items() if ones[0].is_made_as(record)]
        if len(made) != len(ones):
            often = "twice or more" if len(made) > len(ones) else "not"
            found.append(f"{label} is {often} at the account: {made}")
        found += [
            f"{label} has other headers than declared"
            for id_ in made
            if not ones[0].is_complete(unknown[id_])
        ]
        for id_ in made:
            del unknown[id_]
    found += [f"a record is nobody's: {record}" for record in unknown.values()]
    found += [f"{id_} has two owners" for id_, count in Counter(held).items() if count > 1]
    ids = sorted(record["id"] for record in records)
    if sorted(set(held)) != ids:
        found.append(f"the state has {held}, the account {ids}")
    return found


def open_intents(journal: Path) -> dict[str, str | None]:
    """Return the keys of unfinished intents, and the record of each where that is known."""
    if not journal.exists():  # On a machine that never bought anything there is none.
        return {}
    with closing(sqlite3.connect(journal)) as opened:
        return dict(opened.execute("SELECT key, record FROM intents").fetchall())


def secrets(folder: Path) -> list[str]:
    """Return where a planted secret is written that no file may show."""
    shown = [
        *folder.glob("*.out"),
        *folder.glob("*.log"),
        *folder.glob("journal/*"),
        *folder.glob("*state.json"),
        *(path for path in folder.glob("numbers-state/**/*") if path.is_file()),
        *(path for path in folder.glob("numbers/.pulumi/**/*") if path.is_file()),
    ]
    return [
        f"{path.relative_to(folder)} shows the secret {secret}"
        for path in shown
        for secret in SECRETS
        if secret.encode() in path.read_bytes()
    ]
