"""Texts of a shared journal in an object store: S3, Google Cloud Storage or Azure Blob Storage.

obstore is imported when the journal is used. Only S3 was tested on a server: Google and Azure are
untested.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from vapi_provider.journal.blobs import StoreError, one_line
from vapi_provider.settings.journal_location import Location

if TYPE_CHECKING:
    from obstore.store import ObjectStore

REQUEST_SECONDS = 10
RETRY_SECONDS = 20

READERS = 16
"""The number of objects that are read concurrently."""

_CLOCK = "clock/now"
"""An object that is put to read the store's clock from its timestamp."""

R = TypeVar("R")


class ObjectBlobs:
    """Texts stored as objects under one prefix."""

    def __init__(self, location: Location, environment: Mapping[str, str]) -> None:
        self.shown = location.shown
        self._location = location
        self._environment = environment
        self._lock = threading.Lock()
        self._opened: ObjectStore | None = None

    def create(self, name: str, text: str) -> bool:
        """Put an object under a free name (`If-None-Match: *`); return False if it is taken."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        def put(store: ObjectStore) -> bool:
            try:
                obstore.put(store, name, text.encode(), mode="create", use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return False
            return True

        return self._run(put)

    def put(self, name: str, text: str) -> None:
        """Put an object, replacing any object of that name."""
        import obstore

        self._run(lambda store: obstore.put(store, name, text.encode(), use_multipart=False))

    def names(self, prefix: str, after: str = "") -> Sequence[str]:
        """Return the names, sorted by their bytes."""
        return sorted(name for name, _ in self._list(prefix, after))

    def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """Get objects concurrently."""
        if len(names) < 2:
            return {name: text for name in names if (text := self._get(name)) is not None}
        with ThreadPoolExecutor(min(READERS, len(names))) as readers:
            texts = zip(names, readers.map(self._get, names), strict=True)
            return {name: text for name, text in texts if text is not None}

    def ages(self, prefix: str) -> Mapping[str, float]:
        """Return ages by the store's clock, which the timestamp of a newly put object shows."""
        import obstore

        self.put(_CLOCK, "{}")
        now: Any = self._run(lambda store: obstore.head(store, _CLOCK))["last_modified"]
        return {name: (now - put).total_seconds() for name, put in self._list(prefix, "")}

    def remove(self, names: Collection[str]) -> None:
        """Delete objects, in one request if the store supports that."""
        import obstore

        if names:
            self._run(lambda store: obstore.delete(store, sorted(names)))

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            self._opened = None

    def _list(self, prefix: str, after: str) -> list[tuple[str, Any]]:
        import obstore

        def collect(store: ObjectStore) -> list[tuple[str, Any]]:
            stream: Any = obstore.list(  # pyright: ignore[reportUnknownMemberType] - pyarrow's
                store, prefix.rstrip("/"), offset=after or None, chunk_size=1000
            )
            return [(meta["path"], meta["last_modified"]) for chunk in stream for meta in chunk]

        return self._run(collect)

    def _get(self, name: str) -> str | None:
        import obstore

        def get(store: ObjectStore) -> str | None:
            try:
                return bytes(obstore.get(store, name).bytes()).decode()
            except FileNotFoundError:
                return None

        return self._run(get)

    def _run(self, work: Callable[[ObjectStore], R]) -> R:
        try:
            from obstore.exceptions import BaseError
        except ImportError as error:
            raise StoreError(one_line(str(error))) from None
        try:
            with self._lock:
                if self._opened is None:
                    self._opened = _open(self._location, self._environment)
                store = self._opened
            return work(store)
        except (BaseError, OSError, ValueError) as error:
            raise StoreError(_reason(error)) from None


def _open(location: Location, environment: Mapping[str, str]) -> ObjectStore:
    from obstore.store import AzureStore, GCSStore, S3Store

    from vapi_provider.journal.store_credentials import azure_config, google_config, s3_config

    options: Any = {
        "client_options": {
            "allow_http": location.is_plain,
            "timeout": timedelta(seconds=REQUEST_SECONDS),
            "connect_timeout": timedelta(seconds=REQUEST_SECONDS / 2),
        },
        "retry_config": {"max_retries": 4, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        "prefix": location.path,
    }
    if location.scheme == "s3":
        return S3Store(location.host, config=s3_config(location, environment), **options)
    if location.scheme == "gs":
        return GCSStore(location.host, config=google_config(environment), **options)
    return AzureStore(location.host, config=azure_config(location, environment), **options)


def _reason(error: Exception) -> str:
    """Return an error's message without its debug output, on one line."""
    text = str(error).split("\n\nDebug source", 1)[0]
    return one_line(text) or type(error).__name__
