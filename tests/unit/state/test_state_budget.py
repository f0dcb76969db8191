from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aiprov.errors import BudgetReached, IntegrityError, StorageError
from aiprov.state import Cap, State


class Clock:
    """A wall clock that tests turn."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 31, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path, clock: Clock) -> Iterator[State]:
    with State(tmp_path / "state.sqlite3", clock) as state:
        yield state
        assert state.audit() == {}


@pytest.fixture
def run(state: State) -> str:
    return state.begin_run("test")


def cap(usd: str, scope: Any = "run") -> list[Cap]:
    return [Cap(scope, Decimal(usd))]


def begin(state: State, run: str, estimate: str | None, caps: list[Cap] | None = None, **more: Any) -> int:
    given: dict[str, Any] = {"operation": "chat", "provider": "openai", "model": "m", "request_hash": "h"}
    money = None if estimate is None else Decimal(estimate)
    return state.begin_attempt(run, estimate=money, caps=caps or (), path=Path("a.mp3"), **(given | more))


def settle(state: State, attempt: int, cost: str | None, **more: Any) -> None:
    money = None if cost is None else Decimal(cost)
    state.settle(attempt, cost=money, usage={}, answer=b"words", **more)


def sql(path: Path, statement: str) -> list[Any]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute(statement).fetchall()
    connection.close()
    return rows


def test_a_call_that_could_cross_the_cap_is_refused_and_leaves_no_row(state: State, run: str) -> None:
    settle(state, begin(state, run, "4.99", cap("5")), "4.99")
    with pytest.raises(BudgetReached) as caught:
        begin(state, run, "0.02", cap("5"))
    assert caught.value.code == "budget"
    assert caught.value.exit_code == 5
    assert "the cap of $5 for this run" in caught.value.message
    assert "$4.99 is spent or reserved" in caught.value.message
    assert "openai/m could cost $0.02" in caught.value.message
    assert "raise the cap" in str(caught.value.hint)
    assert [row.attempts for row in state.charges(by="run")] == [1]


def test_a_cap_can_be_reached_to_the_last_digit_and_not_crossed_by_one(state: State, run: str) -> None:
    begin(state, run, "0.9999999999999999999999999999", cap("1"))
    begin(state, run, "0.0000000000000000000000000001", cap("1"))
    assert state.spent("run", run) == 1
    with pytest.raises(BudgetReached):
        begin(state, run, "0.0000000000000000000000000001", cap("1"))


def test_what_is_reserved_counts_before_anything_is_paid(state: State, run: str) -> None:
    begin(state, run, "0.6", cap("1"))
    with pytest.raises(BudgetReached):
        begin(state, run, "0.6", cap("1"))


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        (lambda state, attempt: settle(state, attempt, "0.1"), "0.1"),
        (lambda state, attempt: settle(state, attempt, "0.9"), "0.9"),  # the money is gone
        (lambda state, attempt: settle(state, attempt, None), "0.5"),
        (lambda state, attempt: state.fail(attempt, "rate_limited", Decimal(0)), "0"),
        (lambda state, attempt: state.fail(attempt, "bad_response", Decimal("0.2")), "0.2"),
        (lambda state, attempt: state.fail(attempt, "timeout"), "0.5"),
        (lambda state, attempt: None, "0.5"),
    ],
    ids=["cheaper", "overrun", "unpriced", "refused", "paid failure", "unknown", "never reported"],
)
def test_how_a_call_ends_decides_what_stays_reserved(state: State, run: str, end: Any, kept: str) -> None:
    end(state, begin(state, run, "0.5", cap("0.5")))
    state.end_run(run, 0)
    assert state.spent("run", run) == Decimal(kept)
    left = Decimal("0.9") - Decimal(kept)
    begin(state, run, str(left), cap("0.9"))
    with pytest.raises(BudgetReached):
        begin(state, run, "0.000001", cap("0.9"))


def test_free_calls_pass_every_cap_and_cost_nothing(state: State, run: str) -> None:
    attempts = [begin(state, run, estimate, cap("0"), free=True) for estimate in (None, "3", "3")]
    settle(state, attempts[0], "0")
    state.fail(attempts[1], "engine")
    assert state.spent("run", run) == 0


def test_with_a_cap_a_call_at_an_unknown_price_is_refused(state: State, run: str) -> None:
    with pytest.raises(BudgetReached, match="openai/m") as caught:
        begin(state, run, None, cap("5"))
    assert caught.value.code == "unpriced"
    assert "aiprov.yaml" in str(caught.value.hint)
    settle(state, begin(state, run, None), None)
    assert state.spent("run", run) == 0


def test_run_day_and_month_are_capped_each_for_itself(state: State, run: str, clock: Clock) -> None:
    begin(state, run, "1")
    other = state.begin_run("other")
    for scope, match in (("day", "this day"), ("month", "this month")):
        with pytest.raises(BudgetReached, match=match) as caught:
            begin(state, other, "1", cap("1.5", scope))
        assert f"wait for the next {scope}" in str(caught.value.hint)
    begin(state, other, "1", cap("1.5", "run"))
    clock.now += timedelta(hours=12)  # it is April
    begin(state, other, "1", [*cap("1", "day"), *cap("1", "month"), *cap("2", "run")])
    assert [state.spent("day"), state.spent("month"), state.spent("run", other)] == [1, 1, 2]


def test_the_strictest_of_several_caps_decides(state: State, run: str) -> None:
    with pytest.raises(BudgetReached, match=r"\$0\.5 for this day"):
        begin(state, run, "1", [*cap("2", "run"), *cap("0.5", "day"), *cap("3", "month")])


def test_a_charge_counts_for_the_day_on_which_the_call_began(state: State, run: str, clock: Clock) -> None:
    attempt = begin(state, run, "0.5")
    clock.now += timedelta(hours=12)
    settle(state, attempt, "0.3")
    assert [state.spent("day"), state.spent("month"), state.spent("run", run)] == [0, 0, Decimal("0.3")]


@pytest.mark.parametrize("usd", [Decimal("-1"), Decimal("NaN"), Decimal("Infinity"), 5.0])
def test_what_is_no_amount_of_money_is_no_cap(usd: Any) -> None:
    with pytest.raises(ValueError, match="amount of money"):
        Cap("run", usd)


def test_amounts_of_very_different_size_can_be_taken_away_again(state: State, run: str) -> None:
    large = begin(state, run, "123456789012345678901234567890")
    settle(state, begin(state, run, "0"), "1E-40")
    state.fail(large, "auth", Decimal(0))
    assert state.spent("run", run) == Decimal("1E-40")


def test_where_a_price_came_from_and_how_a_call_went_are_kept_in_the_ledger(
    state: State, run: str, tmp_path: Path
) -> None:
    attempt = begin(state, run, "1", host="api.example")
    settle(state, attempt, "0.5", status=200, ms=12, price={"input_mtok": Decimal("0.2"), "checked": "2026-03-01"})
    state.fail(begin(state, run, "1"), "server_error", status=503, ms=3.5)
    assert sql(tmp_path / "state.sqlite3", "SELECT host, price, status, ms, error_code FROM attempts") == [
        ("api.example", '{"input_mtok": "0.2", "checked": "2026-03-01"}', 200, 12.0, None),
        (None, None, 503, 3.5, "server_error"),
    ]


@pytest.mark.parametrize("column", ["host", "price", "status", "ms"])
@pytest.mark.parametrize("value", ["NULL", "'7'"])
def test_a_later_column_that_was_altered_or_emptied_is_noticed(tmp_path: Path, column: str, value: str) -> None:
    path = tmp_path / "state.sqlite3"
    with State(path) as state:
        settle(state, begin(state, state.begin_run("test"), "1", host="h"), "1", status=200, ms=1.0, price={"a": 1})
        sql(path, f"UPDATE attempts SET {column} = {value}")
        with pytest.raises(IntegrityError, match="row 1 of the ledger"):
            state.charges()


def test_a_damaged_total_stops_capped_calls_and_is_never_believed(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with State(path) as state:
        run = state.begin_run("test")
        begin(state, run, "1", cap("1"))
        sql(path, "UPDATE totals SET usd = '0'")
        for use in (lambda: begin(state, run, "1", cap("1")), lambda: state.spent("day"), state.audit):
            with pytest.raises(IntegrityError, match="the total of the"):
                use()
        assert [row.attempts for row in state.charges()] == [1]


def test_the_audit_names_totals_that_are_not_the_sum_of_their_rows(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with State(path) as state:
        run = state.begin_run("test")
        begin(state, run, "1")
        sql(path, "DELETE FROM totals WHERE scope LIKE 'run %'")
        assert state.audit() == {f"run {run}": (Decimal(0), Decimal(1))}


def test_when_the_row_cannot_be_written_nothing_is_reserved(state: State, run: str, tmp_path: Path) -> None:
    sql(tmp_path / "state.sqlite3", "CREATE TRIGGER full BEFORE INSERT ON attempts BEGIN SELECT RAISE(ABORT, 'x'); END")
    with pytest.raises(IntegrityError):
        begin(state, run, "1", cap("1"))
    sql(tmp_path / "state.sqlite3", "DROP TRIGGER full")
    assert state.spent("run", run) == 0


def commits(state: State, work: Any) -> list[str]:
    """How the connection was told to commit while `work` was done."""
    statements: list[str] = []
    state._connection.set_trace_callback(statements.append)
    work()
    state._connection.set_trace_callback(None)
    return [statement for statement in statements if "synchronous" in statement or statement == "COMMIT"]


def test_only_what_was_paid_waits_for_the_disk(state: State, run: str) -> None:
    begin(state, run, "1")
    assert commits(state, lambda: begin(state, run, "1")) == ["COMMIT"]
    assert commits(state, lambda: state.fail(1, "timeout")) == ["COMMIT"]
    assert commits(state, lambda: settle(state, 2, "1")) == ["PRAGMA synchronous = FULL", "COMMIT"]
    free = begin(state, run, None, free=True)
    assert commits(state, lambda: settle(state, free, "0")) == ["COMMIT"]
    unpriced = begin(state, run, None)
    assert commits(state, lambda: settle(state, unpriced, None)) == ["PRAGMA synchronous = FULL", "COMMIT"]
    later = begin(state, run, "1")
    assert commits(state, lambda: settle(state, later, "1", wait=False)) == ["COMMIT"]


class Disk:
    """Sees what is synced, and can fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.synced: list[str] = []
        self.broken = False
        self._sync = os.fdatasync
        monkeypatch.setattr(os, "fdatasync", self)

    def __call__(self, descriptor: int) -> None:
        if self.broken:
            raise OSError(5, "Input/output error")
        self.synced.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        self._sync(descriptor)


def test_a_flush_syncs_the_newest_entries_once(state: State, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    settle(state, begin(state, run, "1"), "1", wait=False)
    assert disk.synced == []
    for _ in range(2):
        state.flush()
    assert disk.synced == ["state.sqlite3-wal"]


def test_a_flush_that_the_disk_refuses_says_so_and_is_still_owed(
    state: State, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    settle(state, begin(state, run, "1"), "1", wait=False)
    disk.broken = True
    with pytest.raises(StorageError, match="Input/output error"):
        state.flush()
    disk.broken = False
    state.flush()
    assert disk.synced == ["state.sqlite3-wal"]


def test_after_many_commits_a_flush_brings_the_log_into_the_file_too(
    state: State, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aiprov.state.db._LOG_COMMITS", 4)
    for answer, brought in ((b"first words", False), (b"second words", True)):
        state.settle(begin(state, run, "1"), cost=Decimal(1), usage={}, answer=answer, wait=False)
        state.flush()
        assert (answer in (tmp_path / "state.sqlite3").read_bytes()) is brought


def test_closing_brings_the_rest_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    state = State(tmp_path / "state.sqlite3")
    settle(state, begin(state, state.begin_run("test"), "1"), "1", wait=False)
    disk.broken = True
    with pytest.raises(StorageError):
        state.close()
    with pytest.raises(sqlite3.ProgrammingError):
        state.charges()  # closed all the same
