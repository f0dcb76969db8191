"""Runs, attempts and charges. A row stands before a call is made, and is settled after it.

What a call cost is a Decimal, or None when nobody can tell; None is never counted as zero. Each row carries a
checksum, so that a damaged amount is noticed instead of added up.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from aiprov.state import totals
from aiprov.state.answers import put_answer
from aiprov.state.asked import refuse_double
from aiprov.state.charges import By, Charges, Entry, Spent, spent_on, tally
from aiprov.state.db import Database, utc_text
from aiprov.state.liveness import Liveness
from aiprov.state.rows import FIELDS, SELECT, amount, charge, seal, unsealed
from aiprov.state.totals import Cap, Scope

_INSERT = f"INSERT INTO attempts ({', '.join(FIELDS)}, seal) VALUES ({', '.join('?' * len(FIELDS))}, ?)"  # noqa: S608
_CLOSING = ("ended_at", "outcome", "error_code", "cost", "usage", "price", "status", "ms")
_SET = ", ".join(f"{name} = ?" for name in _CLOSING)
_CLOSE = f"UPDATE attempts SET {_SET}, seal = ? WHERE id = ? AND outcome IS NULL"  # noqa: S608
_TELL = json.JSONEncoder(default=str)  # whatever a provider says: a paid answer is not lost over it


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
        self._begun: dict[int, dict[str, Any]] = {}  # the rows of this process's open attempts, as they were written

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
            with self._transaction(durable=False) as connection:
                row = (run_id, shown, utc_text(moment), os.getpid())
                connection.execute("INSERT INTO runs (id, command, started_at, pid) VALUES (?, ?, ?, ?)", row)
        except BaseException:
            self._runs.end(run_id)
            raise
        return run_id

    def end_run(self, run_id: str, exit_code: int) -> None:
        """Close a run. Attempts of it that never reported back are unknown charges from now on."""
        with self._transaction(durable=False) as connection:
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
        caps: Sequence[Cap] = (),
        host: str | None = None,
        shared: bool = False,
    ) -> int:
        """Note that a call is about to be made; what it could cost is reserved from then on.

        A killed process does not lose the note; a power cut in the next moments may.

        Args:
            run_id: From `begin_run`.
            operation: `transcription`, `chat`, ...
            path: The input that the call is for.
            audio_s: Seconds of audio in the call.
            estimate: What it is expected to cost, in US dollars.
            free: A local engine: whatever happens to the call, it costs nothing.
            caps: What the call must not cross, all that is reserved counted in; none holds for a free one.
            host: Where the call goes.
            shared: An answer that another run gets to the same request will do.

        Returns:
            The attempt's id, for `settle` or `fail`.

        Raises:
            BudgetReached: The call could cross a cap, or its cost is not known (code `unpriced`). Nothing is noted.
            AskedAlreadyError: It is shared, and another living run is asking the same, or has the answer by now.
        """
        row: dict[str, Any] = dict.fromkeys(FIELDS) | {
            "run_id": run_id,
            "operation": operation,
            "provider": provider,
            "model": model,
            "request_hash": request_hash,
            "path": os.fsencode(path),
            "audio_s": _real(audio_s),
            "estimate": _money(estimate),
            "free": int(free),
            "started_at": utc_text(self._now()),
            "host": host,
        }
        with self._transaction(durable=False) as connection:
            if shared:
                refuse_double(connection, run_id, request_hash, self._runs.alive)
            totals.refuse_beyond(connection, row, caps)
            totals.add(connection, row, charge(row))
            attempt_id = int(connection.execute(_INSERT, (*row.values(), seal(row))).lastrowid or 0)
        self._begun[attempt_id] = row
        return attempt_id

    def settle(
        self,
        attempt_id: int,
        *,
        cost: Decimal | None,
        usage: Mapping[str, Any],
        answer: bytes | None,
        outcome: str = "ok",
        price: Mapping[str, Any] | None = None,
        status: int | None = None,
        ms: float | None = None,
        wait: bool = True,
    ) -> None:
        """Keep the charge and the raw answer, in one transaction; what was paid for outlasts a power cut.

        Args:
            attempt_id: From `begin_attempt`; an attempt is settled once.
            cost: US dollars, also where it is more than was reserved; None when the price is not known: then the
                estimate stays reserved.
            usage: What the provider billed, as it said so.
            answer: Kept under the attempt's request hash, in place of an earlier one; None keeps none.
            outcome: A word for how it went.
            price: The unit prices of the cost, their source and date; what JSON can say.
            status: The HTTP status.
            ms: How long the call took.
            wait: Whether to wait for the disk when it is not free. Who does not calls `flush` next, in a thread.
        """
        closing = {"outcome": outcome, "cost": _money(cost), "usage": _json(usage)} | _facts(price, status, ms)
        with self._transaction(durable=wait and cost != 0) as connection:
            request_hash = self._close(connection, attempt_id, closing)
            if answer is not None:
                put_answer(connection, request_hash, attempt_id, answer)

    def fail(
        self,
        attempt_id: int,
        error_code: str,
        cost: Decimal | None = None,
        *,
        status: int | None = None,
        ms: float | None = None,
    ) -> None:
        """Keep that a call failed.

        Args:
            attempt_id: From `begin_attempt`.
            error_code: The error's code: what kind of failure it was.
            cost: `Decimal(0)` when the provider refused before it worked; None when nobody can tell (a timeout, a
                cut connection): then it is an unknown charge, unless the attempt was free, and the estimate stays
                reserved.
            status: The HTTP status, when there was one.
            ms: How long the call took.
        """
        closing = {"outcome": "failed", "error_code": error_code, "cost": _money(cost)} | _facts(None, status, ms)
        with self._transaction(durable=False) as connection:
            self._close(connection, attempt_id, closing)

    def charges(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        by: By = "day",
        run_id: str | None = None,
    ) -> list[Charges]:
        """Add up what was spent.

        Args:
            since: Leave out attempts that began before.
            until: Leave out attempts that began then or later.
            by: One row per UTC day, day and provider, run, provider, model (of a provider) or input file.
            run_id: Only of this run.

        Raises:
            IntegrityError: A row is not what was written.
        """
        return tally(self._entries(since, until, run_id), by)

    def spent(self, scope: Scope, run_id: str | None = None) -> Decimal:
        """Return what counts against a cap, in US dollars: charges, and what is reserved for open and unknown ones.

        Args:
            scope: `day` and `month` are the present ones, in UTC.
            run_id: Which `run`.

        Raises:
            IntegrityError: The total is not what was written.
        """
        name = totals.key(scope, run_id or "", utc_text(self._now()))
        with self._named_errors(), (connection := self._connection).busy:
            return totals.read(connection, [name])[name]

    def audit(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Compare the totals with the rows. Returns total and sum of each that differs; empty when all is well.

        Raises:
            IntegrityError: A row or a total is not what was written.
        """
        with self._transaction(durable=False) as connection:
            return totals.differences(connection)

    def of_input(self, run_id: str, path: Path) -> Spent:
        """What a run has spent on one input, and where it was sent, failed attempts included."""
        query = "SELECT cost, outcome, error_code, host FROM attempts WHERE run_id = ? AND path = ? AND free = 0"
        return spent_on(self._rows(query, (run_id, os.fsencode(path))))

    def departures(self, run_id: str) -> dict[str, int]:
        """How many inputs of a run were sent to which host, whatever came of it."""
        rows = self._rows(
            "SELECT path, cost, outcome, error_code, host FROM attempts WHERE run_id = ? AND free = 0", (run_id,)
        )
        sent = {(path, host) for path, *rest in rows for host in spent_on([rest]).hosts}
        return dict(Counter(host for _, host in sorted(sent)))

    def _entries(self, since: datetime | None, until: datetime | None, run: str | None) -> Iterator[Entry]:
        bounds = ["" if since is None else utc_text(since), "~" if until is None else utc_text(until)]
        alive: dict[str, bool] = {}
        where = "started_at >= ? AND started_at < ?" + ("" if run is None else " AND run_id = ?")
        for found in self._rows(f"{SELECT} WHERE {where} ORDER BY id", bounds if run is None else [*bounds, run]):
            with self._named_errors():
                row = unsealed(found)
            run_id = row["run_id"]
            if row["outcome"] is None and run_id not in alive:
                alive[run_id] = self._runs.alive(run_id)
            yield Entry.of(row, running=row["outcome"] is None and alive[run_id])

    def _close(self, connection: sqlite3.Connection, attempt_id: int, closing: Mapping[str, Any]) -> str:
        before = self._begun.pop(attempt_id, None) or self._unsettled(connection, attempt_id)
        row = {**before, **closing, "ended_at": utc_text(self._now())}
        closed = connection.execute(_CLOSE, (*(row[name] for name in _CLOSING), seal(row), attempt_id))
        if not closed.rowcount:
            raise ValueError(f"attempt {attempt_id} is settled already")
        totals.add(connection, row, totals.change(before, row))
        return str(row["request_hash"])

    def _unsettled(self, connection: sqlite3.Connection, attempt_id: int) -> dict[str, Any]:
        """The row of an attempt that another process began, or whose first settling did not come through."""
        found = connection.execute(f"{SELECT} WHERE id = ?", (attempt_id,)).fetchone()
        if found is None:
            raise ValueError(f"there is no attempt {attempt_id}")
        return unsealed(found)


def _facts(price: Mapping[str, Any] | None, status: int | None, ms: float | None) -> dict[str, Any]:
    known = {"status": status, "ms": _real(ms)}
    return known if price is None else known | {"price": _json(price)}


def _money(known: Decimal | None) -> str | None:
    return None if known is None else amount(known)


def _json(told: Mapping[str, Any] | None) -> str | None:
    return None if told is None else _TELL.encode(told)


def _real(number: float | None) -> float | None:
    # The checksum is over what SQLite gives back: always a float.
    return None if number is None else float(number)
