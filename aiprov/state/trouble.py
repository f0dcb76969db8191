"""What SQLite's errors mean for people. Knows no table and no query."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from aiprov.errors import AiprovError, IntegrityError, StorageError

# SQLite does not queue those who wait: with many processes on a slow disk one can have bad luck for seconds, and what
# waits may be the record of a paid answer.
BUSY_S = 30.0
KEPT = "the file is kept as it is: restore it from a backup, or move it away to begin a new one (finished outputs stay)"

# https://www.sqlite.org/rescode.html
_STORAGE_CODES = {
    sqlite3.SQLITE_PERM: "permission denied",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_IOERR: "I/O error",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_NOLFS: "large files are not supported there",
    sqlite3.SQLITE_BUSY: f"another process has kept it locked for {BUSY_S:.0f} s",
    sqlite3.SQLITE_LOCKED: "another process keeps it locked",
}


class NamedErrors:
    """Turns SQLite's and the system's errors into the package's. Used a dozen times a call: so no generator.

    Args:
        path: The state file, for the message.

    Raises:
        StorageError: The file cannot be used.
        IntegrityError: It is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: BaseException | None, _where: object) -> None:
        # A ProgrammingError is our own mistake, such as using what was closed; it says nothing about the file.
        if isinstance(error, sqlite3.Error | OSError) and not isinstance(error, sqlite3.ProgrammingError):
            raise _meaning(self._path, error) from error


def _meaning(path: Path, error: sqlite3.Error | OSError) -> AiprovError:
    if isinstance(error, OSError):
        return StorageError(f"cannot use {path}: {error.strerror or error}", "check the disk")
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _STORAGE_CODES:
        hint = "check the disk and the folder's permissions, then run the same command again"
        return StorageError(f"cannot use {path}: {_STORAGE_CODES[code]}", hint)
    return damage(path, str(error))


def damage(path: Path, found: str, hint: str = KEPT) -> IntegrityError:
    """A file that is not what was written.

    Args:
        found: What shows it.
        hint: What to do about it.
    """
    return IntegrityError(f"{path} is damaged: {found}", hint, code="state_damaged")
