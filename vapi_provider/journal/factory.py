"""Factories of the journal that a run uses and of its store."""

from __future__ import annotations

import os

from vapi_provider.journal.blobs import Blobs
from vapi_provider.journal.file_store import FileStore
from vapi_provider.journal.journal import Journal
from vapi_provider.settings.backend import Backend
from vapi_provider.settings.journal_location import JournalPlace, Location


def open_journal(
    place: JournalPlace, account: str, backend: Backend, operation: str = ""
) -> Journal:
    """Return the journal at a place; it connects on first use."""
    if place.shared is None:
        return Journal(place.file, account, backend, operation=operation)
    # Lazy imports: most runs use a file.
    from vapi_provider.journal.file_migration import EarlierJournal
    from vapi_provider.journal.shared_store import SharedStore

    before = FileStore(place.file, operation)
    earlier = EarlierJournal(before, backend.identity)
    store = SharedStore(blobs_of(place.shared), operation, earlier)
    return Journal(store, account, backend, operation=operation)


def blobs_of(location: Location) -> Blobs:
    """Return the store of texts at a location."""
    # Lazy imports: each module needs a library that only its kind of store needs.
    if location.scheme == "postgres":
        from vapi_provider.journal.postgres import PostgresBlobs

        return PostgresBlobs(location)
    from vapi_provider.journal.object_store import ObjectBlobs

    return ObjectBlobs(location, os.environ)
