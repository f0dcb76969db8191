"""Runs, attempts and charges. A row stands before a call is made, and is settled after it.

What a call cost is a Decimal, or None when nobody can tell; None is never counted as zero. Each row carries a
checksum, so that a damaged amount is noticed instead of added up.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiprov.state.answers import put_answer
from aiprov.state.charges import By, Charges, Entry, tally
from aiprov.state.db import Database, utc_text
from aiprov.state.liveness import Liveness

_FIELDS = (
    "run_id", "operation", "provider", "model", "request_hash", "path", "audio_s", "estimate", "free",
    "started_at", "ended_at", "outcome", "error_code", "cost", "usage",
)  # fmt: skip
_SELECT = f"SELECT id, seal, {', '.join(_FIELDS)} FROM attempts"  # noqa: S608


class Ledger(Database):
    """The money's part of the state.

    Args:
        path: The state file.
        now: The wall clock; for tests.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__(path)
        self._now = now
        self._runs = Liveness(path.parent / "runs")

    def close(self) -> None:
        """Close every thread's connection; runs that were not ended count as dead."""
        self._runs.release()
        super().close()

    def begin_run(self, command: str) -> str:
        """Open a run and return its id: short, unique, in order of time."""
        moment = self._now()
        run_id = f"{moment.astimezone(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        with self._named_errors():
            self._runs.sweep()
            self._runs.begin(run_id)
        shown = command.encode("utf-8", "backslashreplace").decode()  # file names in it need not be UTF-8
        try:
            with self._transaction() as connection:
                row = (run_id, shown, utc_text(moment))
                connection.execute("INSERT INTO runs (id, command, started_at) VALUES (?, ?, ?)", row)
        except BaseException:
            self._runs.end(run_id)
            raise
        return run_id

    def end_run(self, run_id: str, exit_code: int) -> None:
        """Close a run. Attempts of it that never reported back are unknown charges from now on."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE runs SET ended_at = ?, exit_code = ? WHERE id = ?", (utc_text(self._now()), exit_code, run_id)
            )
        self._runs.end(run_id)

    def begin_attempt(
        self,
        run_id: str,
        *,
        operation: str,
        provider: str,
        model: str,
        request_hash: str,
        path: Path,
        audio_s: float | None = None,
        estimate: Decimal | None = None,
        free: bool = False,
    ) -> int:
        """Note that a call is about to be made; returns when the note is on disk.

        Args:
            run_id: From `begin_run`.
            operation: `transcription`, `chat`, ...
            path: The input that the call is for.
            audio_s: Seconds of audio in the call.
            estimate: What it is expected to cost, in US dollars.
            free: A local engine: whatever happens to the call, it costs nothing.

        Returns:
            The attempt's id, for `settle` or `fail`.
        """
        amount = None if estimate is None else _amount(estimate)
        values = (
            run_id,
            operation,
            provider,
            model,
            request_hash,
            os.fsencode(path),
            _seconds(audio_s),
            amount,
            int(free),
        )
        row: dict[str, Any] = dict.fromkeys(_FIELDS) | dict(zip(_FIELDS, values, strict=False))
        row["started_at"] = utc_text(self._now())
        with self._transaction() as connection:
            marks = ", ".join("?" * (len(_FIELDS) + 1))
            cursor = connection.execute(
                f"INSERT INTO attempts ({', '.join(_FIELDS)}, seal) VALUES ({marks})",  # noqa: S608
                (*row.values(), _seal(row)),
            )
            return int(cursor.lastrowid or 0)

    def settle(
        self,
        attempt_id: int,
        *,
        cost: Decimal | None,
        usage: Mapping[str, Any],
        answer: bytes | None,
        outcome: str = "ok",
    ) -> None:
        """Keep the charge and the raw answer, in one transaction.

        Args:
            attempt_id: From `begin_attempt`; an attempt is settled once.
            cost: US dollars; None when the price is not known.
            usage: What the provider billed, as it said so.
            answer: Kept under the attempt's request hash, in place of an earlier one; None keeps none.
            outcome: A word for how it went.
        """
        told = json.dumps(usage, default=str)  # whatever a provider says: a paid answer is not lost over it
        with self._transaction() as connection:
            closing = {"outcome": outcome, "cost": None if cost is None else _amount(cost), "usage": told}
            request_hash = self._close(connection, attempt_id, closing)
            if answer is not None:
                put_answer(connection, request_hash, attempt_id, answer)

    def fail(self, attempt_id: int, error_code: str, cost: Decimal | None = None) -> None:
        """Keep that a call failed.

        Args:
            attempt_id: From `begin_attempt`.
            error_code: The error's code.
            cost: `Decimal(0)` when the provider refused before it worked; None when nobody can tell (a timeout, a
                cut connection): then it is an unknown charge, unless the attempt was free.
        """
        with self._transaction() as connection:
            closing = {"outcome": "failed", "error_code": error_code, "cost": None if cost is None else _amount(cost)}
            self._close(connection, attempt_id, closing)

    def charges(self, since: datetime | None = None, until: datetime | None = None, by: By = "day") -> list[Charges]:
        """Add up what was spent.

        Args:
            since: Leave out attempts that began before.
            until: Leave out attempts that began then or later.
            by: One row per UTC day, run, provider, model (of a provider) or input file.

        Raises:
            IntegrityError: A row is not what was written.
        """
        return tally(self._entries(since, until), by)

    def _entries(self, since: datetime | None, until: datetime | None) -> Iterator[Entry]:
        low = "" if since is None else utc_text(since)
        high = "~" if until is None else utc_text(until)
        rows = self._rows(f"{_SELECT} WHERE started_at >= ? AND started_at < ? ORDER BY id", (low, high))
        alive: dict[str, bool] = {}
        for attempt_id, seal, *values in rows:
            row = self._sealed(attempt_id, seal, values)
            run_id = row["run_id"]
            if row["outcome"] is None and run_id not in alive:
                alive[run_id] = self._runs.alive(run_id)
            yield Entry.of(row, running=row["outcome"] is None and alive[run_id])

    def _close(self, connection: sqlite3.Connection, attempt_id: int, closing: Mapping[str, Any]) -> str:
        found = connection.execute(f"{_SELECT} WHERE id = ?", (attempt_id,)).fetchone()
        if found is None:
            raise ValueError(f"there is no attempt {attempt_id}")
        row = self._sealed(found[0], found[1], found[2:])
        if row["outcome"] is not None:
            raise ValueError(f"attempt {attempt_id} is settled already")
        row |= {**closing, "ended_at": utc_text(self._now())}
        assignments = ", ".join(f"{name} = ?" for name in _FIELDS)
        connection.execute(
            f"UPDATE attempts SET {assignments}, seal = ? WHERE id = ?",  # noqa: S608
            (*row.values(), _seal(row), attempt_id),
        )
        return str(row["request_hash"])

    def _sealed(self, attempt_id: int, seal: int, values: Any) -> dict[str, Any]:
        row = dict(zip(_FIELDS, values, strict=True))
        if _seal(row) != seal:
            raise self._damaged(f"row {attempt_id} of the ledger does not match its checksum")
        return row


def _seal(row: Mapping[str, Any]) -> int:
    return zlib.crc32(repr([row[name] for name in _FIELDS]).encode("utf-8", "backslashreplace"))


def _amount(money: Decimal) -> str:
    if not isinstance(money, Decimal) or not money.is_finite() or money < 0:
        raise ValueError("an amount of money is a finite Decimal of at least 0")
    return str(money)


def _seconds(length: float | None) -> float | None:
    # The checksum is over what SQLite gives back: always a float.
    return None if length is None else float(length)
