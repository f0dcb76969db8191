"""A file of the first version, with entries in it, is brought up to date."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aiprov.errors import BudgetReached, IntegrityError
from aiprov.state import Cap, State, schema

# Times and ends of five attempts: estimate, free, outcome, cost.
ROWS = [
    ("2026-02-28T23:59:59.000000+00:00", "0.9", 0, "ok", "0.1"),
    ("2026-03-01T00:00:00.000000+00:00", "0.9", 0, "failed", None),  # unknown: the estimate stays
    ("2026-03-01T10:00:00.000000+00:00", None, 0, None, None),  # never reported, never estimated
    ("2026-03-01T11:00:00.000000+00:00", "0.3", 1, "ok", "0"),
    ("2026-03-02T11:00:00.000000+00:00", "0.9", 0, "ok", "0.0000000000000000000000000000003"),
]


def columns(number: int) -> list[Any]:
    started_at, estimate, free, outcome, cost = ROWS[number]
    head = ["run-1", "chat", "openai", "m", f"h{number}", b"a.mp3", 60.0, estimate, free, started_at]
    return [*head, None, outcome, None, cost, "{}"]


def old_file(path: Path) -> None:
    """Write a file as the first version did."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(schema.MIGRATIONS[0])
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        for number in range(len(ROWS)):
            values = columns(number)
            row = (number + 1, *values, zlib.crc32(repr(values).encode()))
            connection.execute(f"INSERT INTO attempts VALUES ({','.join('?' * len(row))})", row)
        answer = ("h0", hashlib.sha256(b"words").hexdigest(), 1, zlib.compress(b"words"))
        connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", answer)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "state.sqlite3"
    old_file(path)
    return path


def now() -> datetime:
    return datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_old_rows_stay_readable_and_their_charges_are_in_the_totals(path: Path) -> None:
    for _ in range(2):
        with State(path, now) as state:
            assert state.audit() == {}
            assert state.spent("day") == Decimal("0.9")
            assert state.spent("month") == Decimal("0.9000000000000000000000000000003")
            assert state.spent("run", "run-1") == Decimal("1.0000000000000000000000000000003")
            (row,) = state.charges(by="run")
            assert (row.attempts, row.failed, row.unknown) == (5, 1, 2)
            assert state.answer("h0") == b"words"


def test_what_an_old_file_has_spent_counts_against_a_cap(path: Path) -> None:
    with State(path, now) as state:
        run = state.begin_run("test")

        def begin(estimate: str) -> int:
            return state.begin_attempt(
                run,
                operation="chat",
                provider="openai",
                model="m",
                request_hash="h",
                path=Path("a.mp3"),
                estimate=Decimal(estimate),
                caps=[Cap("day", Decimal(1))],
            )

        with pytest.raises(BudgetReached):
            begin("0.2")
        begin("0.1")


def test_an_open_attempt_of_an_old_file_can_be_settled(path: Path) -> None:
    with State(path, now) as state:
        state.settle(3, cost=Decimal("0.5"), usage={}, answer=b"late", status=200)
        assert state.audit() == {}
        assert state.spent("day") == Decimal("1.4")


def test_an_old_file_with_a_damaged_row_is_refused_and_stays_old(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE attempts SET cost = '0.01' WHERE id = 1")
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(IntegrityError, match="row 1 of the ledger"):
            State(path, now)
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path, timeout=0)) as connection:  # and nobody keeps it locked
        connection.execute("BEGIN IMMEDIATE")


def test_an_old_row_with_something_in_a_new_column_is_noticed(path: Path) -> None:
    State(path, now).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE attempts SET status = 200 WHERE id = 1")
    with State(path, now) as state, pytest.raises(IntegrityError, match="row 1 of the ledger"):
        state.charges()
