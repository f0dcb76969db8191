"""Requests that a living run is asking right now: nobody else has to pay for the same answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable


class AskedAlreadyError(Exception):
    """Another run is asking the very same, or its answer is there by now. Never leaves the package."""


def refuse_double(connection: sqlite3.Connection, run_id: str, request_hash: str, alive: Callable[[str], bool]) -> None:
    """Let an attempt pass when nobody else is at the same request, in the caller's transaction.

    Args:
        run_id: Whose attempt it is.
        alive: Whether a run's process lives.

    Raises:
        AskedAlreadyError: Somebody is.
    """
    if connection.execute("SELECT 1 FROM answers WHERE request_hash = ?", (request_hash,)).fetchone():
        raise AskedAlreadyError
    query = "SELECT run_id FROM attempts WHERE request_hash = ? AND outcome IS NULL AND free = 0 AND run_id != ?"
    if any(alive(other) for (other,) in connection.execute(query, (request_hash, run_id)).fetchall()):
        raise AskedAlreadyError
