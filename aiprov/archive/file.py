"""Opening the archive's file, its tables and transactions, and what SQLite's errors mean."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from aiprov.errors import AiprovError, ConfigError, IntegrityError, StorageError

_APPLICATION_ID = 0x41495041  # "AIPA": marks the file as ours
_VERSION = 1
_BUSY_S = 30.0
_AGAIN = "move it away, and embed the transcripts again: the archive is made from them alone"

# Paths are bytes (PEP 383), because a file name need not be UTF-8. A meeting's excerpts have following numbers, from
# `first` on. `content` is compressed JSON; vectors are rows of signed bytes.
_TABLES = """
CREATE TABLE space (
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    identity TEXT NOT NULL,
    dimension INTEGER NOT NULL
);
CREATE TABLE meetings (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    handle TEXT NOT NULL,
    day TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    first INTEGER NOT NULL,
    content BLOB NOT NULL,
    excerpt_vectors BLOB NOT NULL,
    line_vectors BLOB NOT NULL
);
CREATE INDEX meetings_by_content ON meetings (sha256);
CREATE INDEX meetings_by_size ON meetings (length(content));
CREATE TABLE excerpts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    meeting INTEGER NOT NULL REFERENCES meetings (id),
    start REAL NOT NULL,
    "end" REAL NOT NULL,
    speakers TEXT NOT NULL
);
CREATE INDEX excerpts_by_meeting ON excerpts (meeting);
CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'porter unicode61 remove_diacritics 2')
"""

# https://www.sqlite.org/rescode.html
_STORAGE_CODES = {
    sqlite3.SQLITE_PERM: "permission denied",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_IOERR: "I/O error",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_BUSY: f"another process has kept it locked for {_BUSY_S:.0f} s",
    sqlite3.SQLITE_LOCKED: "another process keeps it locked",
}


class ArchiveFile:
    """One SQLite file with one connection, which threads take turns with.

    Args:
        path: The file.
        create: Make it (mode 0600) with its folder where it is missing.
        dry: Where it is missing, be empty instead, in memory alone.

    Raises:
        ConfigError: It is missing (`no_archive`).
        IntegrityError: It is damaged, foreign, or from a newer version of aiprov.
        StorageError: It cannot be opened, created or locked.
    """

    def __init__(self, path: Path, *, create: bool = False, dry: bool = False) -> None:
        self.path = path
        self._turn = threading.RLock()
        with self._named():
            there = path.exists()
            if not there and not dry:
                _make(path, create=create)
            self._connection = sqlite3.connect(
                path if there or not dry else ":memory:", timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            self._prepare()

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._connection.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is committed together or not at all."""
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._turn, self._named():
            yield self._connection

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError:
            raise  # our own mistake; it says nothing about the file
        except (sqlite3.Error, OSError) as error:
            raise _meaning(self.path, error) from error

    def _prepare(self) -> None:
        connection = self._connection
        empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        if not empty and owner != _APPLICATION_ID:
            found = f"{self.path} is a database of another program"
            raise IntegrityError(found, "choose another file with --archive", code="archive_foreign")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise IntegrityError(f"{self.path} was written by a newer aiprov", "update aiprov", code="archive_newer")
        # The log lets searches read while meetings are taken in; it is also how a power cut loses no half meeting.
        connection.execute("PRAGMA journal_mode = WAL")
        if empty:
            self._create()

    def _create(self) -> None:
        with self._transaction() as connection:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                return  # another process was faster
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
            for statement in _TABLES.split(";"):
                connection.execute(statement)


def _make(path: Path, *, create: bool) -> None:
    if not create:
        hint = "aiprov embed makes one from transcripts, minutes or recordings"
        raise ConfigError(f"there is no archive {path}", hint, code="no_archive")
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _meaning(path: Path, error: sqlite3.Error | OSError) -> AiprovError:
    if isinstance(error, OSError):
        return StorageError(f"cannot use {path}: {error.strerror or error}", "choose another file with --archive")
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _STORAGE_CODES:
        hint = "check the disk and the folder's permissions, or choose another file with --archive"
        return StorageError(f"cannot use {path}: {_STORAGE_CODES[code]}", hint)
    return IntegrityError(f"{path} is damaged, or no archive: {error}", _AGAIN, code="archive_damaged")
