"""Opening the state file, its connections and transactions. Knows no table.

A file that is damaged, foreign or newer is never repaired, replaced or written to: it is named and kept.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiprov.errors import IntegrityError
from aiprov.state import schema
from aiprov.state.place import folder_locked, network_filesystem
from aiprov.state.trouble import BUSY_S, KEPT, NamedErrors, damage

# A file up to this size is checked whole whenever it is opened (about 1 GB/s); in a larger one damage shows when it
# is read, and charges and answers carry their own checksums.
_CHECKED_BYTES = 64 << 20
# SQLite brings its log into the file when so many pages are in it: whoever commits then waits some milliseconds for the
# disk. After so many commits `flush` does it first, in its thread.
_LOG_PAGES, _LOG_COMMITS = 4000, 200
_CHUNK = 5000  # below SQLite's limit of 32766 values in a statement


class _Connection(sqlite3.Connection):
    """A connection that can be referred to weakly, so that it goes when its thread goes."""

    durable = True

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # Held while it is used: SQLite ends the process when a connection is closed in another thread's use of it.
        self.busy = threading.RLock()

    def sync_commits(self, durable: bool) -> None:
        """Choose whether a commit waits for the disk. Not inside a transaction."""
        if durable != self.durable:
            self.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self.durable = durable


class Database:
    """One SQLite file with one connection per thread: WAL, waits up to 30 s for a lock.

    Args:
        path: The file; created (mode 0600) with its folder when missing.

    Raises:
        IntegrityError: The file is damaged, foreign, or from a newer version of aiprov.
        StorageError: It cannot be opened, created or locked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._naming = NamedErrors(path)
        self._threads = threading.local()
        self._unsynced, self._logged, self._flushing = 0, 0, threading.Lock()
        self._open: weakref.WeakSet[_Connection] = weakref.WeakSet()
        with self._named_errors():
            self._refuse_a_lone_journal()
            if not path.exists():
                self._create()
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
            connection = _connected(path)
            self._check(connection)
            self._adopt(connection)

    def close(self) -> None:
        """Bring to the disk what is not there yet, and close every thread's connection, when it is done with it."""
        try:
            self.flush()
        finally:
            with self._flushing:  # a thread may be at it
                for connection in list(self._open):
                    with connection.busy:
                        connection.close()

    def flush(self) -> None:
        """Wait until all that was committed so far is on the disk. Many callers share one wait.

        Call it from a worker thread: a busy disk takes milliseconds.

        Raises:
            StorageError: The disk did not take it.
        """
        with self._flushing, self._named_errors():
            if not (commits := self._unsynced):
                return
            self._unsynced = 0  # before the wait: what is committed during it needs another one
            try:
                _sync(self.path.with_name(f"{self.path.name}-wal"))
            except OSError:
                self._unsynced += commits
                raise
            self._logged += commits
            if self._logged >= _LOG_COMMITS:
                self._logged = 0
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    @property
    def warning(self) -> str | None:
        """A sentence when the file lies where SQLite's locks may fail, such as NFS; else None."""
        kind = network_filesystem(self.path)
        if kind is None:
            return None
        return f"{self.path} lies on {kind}, where file locks may fail: set AIPROV_HOME to a folder on a local disk"

    @contextlib.contextmanager
    def _transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Everything inside is committed together or not at all.

        Args:
            durable: A power cut loses nothing either. Without, it may take the last moments, and the file stays
                whole; a killed process loses nothing in any case, since the system keeps what was written.
                Source: https://www.sqlite.org/pragma.html#pragma_synchronous, WAL mode.
        """
        with self._named_errors(), (connection := self._connection).busy:
            connection.sync_commits(durable)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
                if not durable:
                    self._unsynced += 1
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._named_errors(), (connection := self._connection).busy:
            return connection.execute(query, values).fetchall()

    def _rows_among(self, query: str, keys: Iterable[Any]) -> Iterator[Any]:
        """Run `query` once for every few thousand keys; its `IN (?)` takes them."""
        wanted = list(keys)
        for start in range(0, len(wanted), _CHUNK):
            part = wanted[start : start + _CHUNK]
            yield from self._rows(query.replace("(?)", f"({','.join('?' * len(part))})"), part)

    @property
    def _connection(self) -> _Connection:
        connection: _Connection | None = getattr(self._threads, "connection", None)
        if connection is None:
            connection = _connected(self.path)
            self._adopt(connection)
        return connection

    def _adopt(self, connection: _Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        self._threads.connection = connection
        self._open.add(connection)

    def _named_errors(self) -> NamedErrors:
        return self._naming

    def _damaged(self, found: str, hint: str = KEPT) -> IntegrityError:
        return damage(self.path, found, hint)

    def _refuse_a_lone_journal(self) -> None:
        """Notice that `-wal`, which may hold the newest charges, or the file that it belongs to, was removed.

        SQLite makes `-wal` before `-shm` and removes it after, so `-shm` never stands alone by itself.
        """
        wal, shm = (self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))
        if not self.path.exists() and wal.exists() and wal.stat().st_size:
            raise self._damaged(f"it is gone, but {wal.name} is there", f"put it back, or move {wal.name} away, too")
        with contextlib.suppress(FileNotFoundError):
            before = shm.stat().st_ino
            # Another process may open or close the file right now: the look at -shm counts only between two at -wal.
            if not wal.exists() and shm.stat().st_ino == before and not wal.exists():
                hint = f"put it back; if it is lost, remove {shm.name} to go on with what was saved before"
                raise self._damaged(f"{wal.name}, which holds the newest entries, is gone", hint)

    def _create(self) -> None:
        """Build the file beside its place and rename it, so that an empty file never passes for a new one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(f".{self.path.name}.new")
        with folder_locked(self.path.parent):
            if self.path.exists():
                return
            for leftover in ("", "-journal", "-wal", "-shm"):
                new.with_name(new.name + leftover).unlink(missing_ok=True)
            os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            with contextlib.closing(_connected(new)) as connection:
                connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
                _migrate(connection)
                # Here, where nobody else is: switching a file that others use can fail without waiting for them.
                connection.execute("PRAGMA journal_mode = WAL")
            new.replace(self.path)

    def _check(self, connection: _Connection) -> None:
        """Refuse what is not ours before anything writes to it.

        Only SQLite itself may open the file: closing it elsewhere in this process would drop SQLite's locks.
        Source: https://www.sqlite.org/howtocorrupt.html, section 2.2.
        """
        if not self.path.stat().st_size:
            raise self._damaged("it is empty")
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        if owner != schema.APPLICATION_ID:
            found = f"{self.path} is a database of another program (application id {owner})"
            raise IntegrityError(found, "set AIPROV_HOME to another folder", code="state_foreign")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        known = len(schema.MIGRATIONS)
        if version > known:
            found = f"{self.path} was written by a newer aiprov (its version {version}, known here {known})"
            raise IntegrityError(found, "update aiprov, or set AIPROV_HOME to another folder", code="state_newer")
        if self.path.stat().st_size <= _CHECKED_BYTES:
            verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if verdict != "ok":
                raise self._damaged(" ".join(verdict.split()))
        if version < known:
            _migrate(connection)


def utc_text(moment: datetime) -> str:
    """Write a moment so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _connected(path: Path) -> _Connection:
    # Transactions are begun by hand: Python's implicit ones would be deferred.
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, factory=_Connection, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    return connection


def _sync(wal: Path) -> None:
    """Wait for the disk. SQLite puts no lock on this file, so that opening and closing it loses none."""
    descriptor = os.open(wal, os.O_RDONLY)
    try:
        getattr(os, "fdatasync", os.fsync)(descriptor)  # macOS has only the latter
    finally:
        os.close(descriptor)


def _migrate(connection: _Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while this one waited for the lock.
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for statement in ";".join(schema.MIGRATIONS[version:]).split(";"):
            connection.execute(statement)
        schema.fill(connection, version)
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.close()  # which rolls back: others wait for the lock, and the error keeps this frame alive
        raise
