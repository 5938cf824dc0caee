"""The journal's commands, each a deterministic function of the tables and its arguments.

A file store runs a command in a transaction. A shared journal writes it to its log first, and every
process replays the log in the same order. A command therefore reads no clock and no environment,
and checks its conditions against everything that was written before it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vapi_provider.journal.tables import Database
from vapi_provider.journal.turns import (
    FENCED,
    TAKEN,
    WRITTEN,
    fence,
    free_turns,
    is_fenced,
    take_turns,
)

_BEGIN = """
INSERT INTO intents VALUES (:backend, :key, :account, :organizations, :body, :since, :known, :owner,
    :boot, :late_until, :late_seconds, :sent_at, :repeats, NULL)
ON CONFLICT DO UPDATE SET
    account = excluded.account,
    organizations = excluded.organizations,
    body = excluded.body,
    known = CASE WHEN owner = excluded.owner AND since = excluded.since
        THEN known ELSE excluded.known END,
    since = excluded.since,
    owner = excluded.owner,
    boot = excluded.boot,
    late_until = excluded.late_until,
    late_seconds = excluded.late_seconds,
    sent_at = excluded.sent_at,
    repeats = excluded.repeats,
    record = NULL"""

_OWN = " WHERE key = :key AND backend IN ('', :backend)"


def begin(
    database: Database,
    row: Mapping[str, Any],
    seen_owner: str | None,
    turns: Sequence[str],
    seen: int,
) -> str:
    """Write an intent and take its locks; return WRITTEN, or the reason for a refusal.

    An intent of this owner or of `seen_owner` is replaced. An intent of any other owner makes the
    write fail with TAKEN. A repeated intent keeps the ids in `known`. `seen` is the log position
    that was read.
    """
    row = dict(row)
    found = database.run(
        "SELECT owner FROM intents WHERE backend = ? AND key = ?", row["backend"], row["key"]
    )
    if any(owner not in (row["owner"], seen_owner) for (owner,) in found):
        return TAKEN
    if database.is_shared:
        refusal = take_turns(database, row["owner"], turns, seen)
        if refusal != WRITTEN:
            return refusal
        # The intent's age is that of its log entry, by the store's clock.
        row["boot"] = f"log:{database.position}"
    database.run(_BEGIN, **row)
    return WRITTEN


def record_id(
    database: Database,
    backend: str,
    key: str,
    record: str,
    owner: str,
    seen_owner: str | None,
    organizations: Sequence[str],
    texts: Sequence[str],
    turns: Sequence[str],
) -> str:
    """Record what an intent created, exclude that from other open intents, and free its turns.

    Return FENCED unless it is the intent of `owner`, or of `seen_owner`, which is taken over.
    """
    found = database.run(
        "SELECT owner FROM intents WHERE key = ? AND backend IN ('', ?)", key, backend
    )
    is_anothers = any(holder not in (owner, seen_owner) for (holder,) in found)
    is_refused = is_anothers or (database.is_shared and is_fenced(database, owner))
    if not is_refused:
        own = {"backend": backend, "key": key}
        database.run("UPDATE intents SET record = :record" + _OWN, record=record, **own)
        if organizations:
            orgs = json.dumps(sorted(organizations))
            database.run("UPDATE intents SET organizations = :orgs" + _OWN, orgs=orgs, **own)
        free_turns(database, owner, turns)
    for text in texts:
        database.run("INSERT OR IGNORE INTO unique_texts VALUES (?, ?)", text, record)
    _exclude_from_others(database, record)
    return FENCED if is_refused else WRITTEN


def record_adoption(
    database: Database,
    backend: str,
    key: str,
    record: str,
    account: str,
    organizations: Sequence[str],
) -> None:
    """Record that a resource adopts `record`, and finish the intent that created it."""
    database.run("DELETE FROM intents WHERE record = ?", record)
    # The adoption also resolves the resource's own open intent.
    discard(database, backend, key)
    _exclude_from_others(database, record)
    database.run(
        "INSERT OR IGNORE INTO held VALUES (?, ?, ?, ?, ?, NULL)",
        backend,
        key,
        record,
        account,
        json.dumps(sorted(organizations)),
    )


def withdraw(database: Database, backend: str, key: str, owner: str, turns: Sequence[str]) -> None:
    """Forget a process's own intent: its request cannot have created anything."""
    database.run(
        "DELETE FROM intents WHERE backend = ? AND key = ? AND owner = ?", backend, key, owner
    )
    free_turns(database, owner, turns)


def discard(database: Database, backend: str, key: str) -> None:
    """Forget an open intent of any owner."""
    database.run("DELETE FROM intents" + _OWN + " AND record IS NULL", backend=backend, key=key)


def finish(database: Database, backend: str, records: Sequence[str]) -> None:
    """Finish the intents that created `records`, which a state holds."""
    for record in records:
        found = database.run(
            "SELECT key FROM intents WHERE record = ? AND backend IN ('', ?)", record, backend
        )
        for (key,) in found:
            # The row excludes the record from other intents only until it is deleted here.
            _exclude_from_others(database, record)
            own = {"backend": backend, "key": key, "record": record}
            database.run(
                "INSERT OR REPLACE INTO held"
                " SELECT :backend, key, record, account, organizations, CASE WHEN repeats > 0 THEN"
                " json_object('body', json(body), 'since', since, 'known', json(known),"
                " 'owner', owner, 'sent_at', sent_at) END FROM intents"
                + _OWN
                + " AND record = :record",
                **own,
            )
            database.run("DELETE FROM intents" + _OWN + " AND record = :record", **own)


def exclude(database: Database, backend: str, key: str, records: Sequence[str]) -> None:
    """Record in an open intent that it did not create `records`, which states hold."""
    for record in records:
        database.run(
            "UPDATE intents SET known = json_insert(known, '$[#]', :excluded)" + _OWN,
            backend=backend,
            key=key,
            excluded=record,
        )


def forget_holder(database: Database, backend: str, key: str, record: str) -> None:
    """Forget that a resource holds `record`."""
    own = {"backend": backend, "key": key, "record": record}
    database.run("DELETE FROM intents" + _OWN + " AND record = :record", **own)
    database.run(
        "DELETE FROM held WHERE backend = :backend AND key = :key AND record = :record", **own
    )


def forget_record(database: Database, record: str) -> None:
    """Forget a record that no longer exists in the account, whoever created or held it."""
    for table in ("intents", "held", "unique_texts"):
        database.run(f"DELETE FROM {table} WHERE record = ?", record)


def rename(database: Database, backend: str, record: str, old: str, new: str) -> None:
    """Record that the state of a renamed resource has a new key."""
    database.run(
        "UPDATE OR REPLACE held SET key = ? WHERE backend = ? AND record = ? AND key = ?",
        new,
        backend,
        record,
        old,
    )


def forget_repeat(database: Database, record: str) -> None:
    """Stop searching for the record that the first attempt of a repeated POST may have created."""
    database.run("UPDATE held SET repeated = NULL WHERE record = ?", record)


def insert_rows(database: Database, tables: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    """Insert the rows of the machine's earlier journal."""
    for name in ("intents", "held", "unique_texts"):
        for row in tables[name]:
            places = ", ".join("?" * len(row))
            database.run(f"INSERT OR IGNORE INTO {name} VALUES ({places})", *row)


def delete_rows(database: Database, backend: str, keys: Sequence[str]) -> None:
    """Delete rows that were moved to another journal."""
    for key in keys:
        database.run("DELETE FROM intents WHERE backend = ? AND key = ?", backend, key)
    database.run("DELETE FROM held WHERE backend = ?", backend)


def _exclude_from_others(database: Database, record: str) -> None:
    """Record in all open intents that they did not create `record`."""
    database.run(
        "UPDATE intents SET known = json_insert(known, '$[#]', ?) WHERE record IS NULL", record
    )


COMMANDS: Mapping[str, Callable[..., Any]] = {
    "begin": begin,
    "answer": record_id,
    "hold": record_adoption,
    "drop": withdraw,
    "forget": discard,
    "finish": finish,
    "exclude": exclude,
    "release": forget_holder,
    "gone": forget_record,
    "rename": rename,
    "forget_repeat": forget_repeat,
    "take_turns": take_turns,
    "free_turns": free_turns,
    "bury": fence,
    "bring": insert_rows,
    "take_away": delete_rows,
}
"""The commands by name. Logs contain these names and those of parameters: change neither."""
