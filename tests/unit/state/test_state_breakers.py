from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aiprov.errors import IntegrityError
from aiprov.state import Hold, State

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MODEL = "openai|whisper-1|transcription"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "state.sqlite3") as state:
        yield state


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def fail(state: State, at: float = 0, scope: str = MODEL, **more: Any) -> Hold | None:
    return state.failed(scope, "server_error", later(at), **({"trips": 1, "hold_s": 30.0} | more))


def held_s(hold: Hold | None, at: float = 0) -> float:
    assert hold is not None
    return (hold.until - later(at)).total_seconds()


def test_so_many_failures_in_a_row_open_a_breaker_and_a_success_begins_anew(state: State) -> None:
    assert [fail(state, trips=3) for _ in range(2)] == [None, None]
    assert state.holds(NOW) == {}
    state.succeeded(MODEL)
    assert [fail(state, trips=3) for _ in range(2)] == [None, None]
    expected = Hold(MODEL, "server_error", later(30), 3)
    assert fail(state, trips=3) == expected
    assert state.holds(NOW) == {MODEL: expected}


def test_a_hold_ends_at_its_moment(state: State) -> None:
    fail(state)
    assert list(state.holds(later(29.999))) == [MODEL]
    assert not state.try_probe(MODEL, later(29.999))
    assert state.holds(later(30)) == {}
    assert state.try_probe(MODEL, later(30))


def test_each_opening_without_a_success_doubles_the_hold_up_to_an_hour(state: State) -> None:
    at, lengths = 0.0, []
    for _ in range(9):
        lengths.append(held_s(fail(state, at), at))
        at += lengths[-1]
    assert lengths == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    state.succeeded(MODEL)
    assert held_s(fail(state, at), at) == 30


def test_a_failure_after_a_hold_opens_again_at_once(state: State) -> None:
    for _ in range(5):
        fail(state, trips=5)
    assert held_s(fail(state, 40, trips=5), 40) == 60


def test_calls_that_were_on_their_way_do_not_lengthen_a_hold(state: State) -> None:
    fail(state)
    assert held_s(fail(state, 5)) == 30
    assert held_s(fail(state, 30), 30) == 60


@pytest.mark.parametrize(
    ("asked_s", "expected_s"),
    [(2.0, 2), (0.0, 0), (90.0, 90), (100_000.0, 3600), (-5.0, 30), (float("nan"), 30), (float("inf"), 30)],
)
def test_what_the_provider_asks_for_is_the_length_of_the_hold_where_it_makes_sense(
    state: State, asked_s: float, expected_s: float
) -> None:
    assert held_s(fail(state, retry_after_s=asked_s)) == expected_s


def test_a_call_on_its_way_can_bring_the_wish_for_a_longer_hold(state: State) -> None:
    fail(state)
    assert held_s(fail(state, 10, retry_after_s=5)) == 30
    assert held_s(fail(state, 10, retry_after_s=90)) == 100


def test_jitter_lengthens_a_hold_by_its_share(state: State) -> None:
    assert held_s(fail(state, jitter=0.1)) == 33
    assert held_s(fail(state, scope="b", retry_after_s=10, jitter=0.1)) == 11


def test_one_caller_alone_sends_the_probe_and_the_others_see_the_hold_until_it_reports(
    state: State, tmp_path: Path
) -> None:
    fail(state)
    with State(tmp_path / "state.sqlite3") as other:
        assert state.try_probe(MODEL, later(31))
        assert not other.try_probe(MODEL, later(32))
        assert other.holds(later(32))[MODEL].until == later(631)
        state.succeeded(MODEL)
        assert other.holds(later(33)) == {}
        assert other.try_probe(MODEL, later(33))


def test_a_probe_that_fails_opens_again_for_all(state: State) -> None:
    fail(state)
    assert state.try_probe(MODEL, later(31))
    assert held_s(fail(state, 35, trips=5), 35) == 60
    assert not state.try_probe(MODEL, later(94))
    assert state.try_probe(MODEL, later(95))


def test_a_probe_whose_process_died_stops_the_others_for_ten_minutes(state: State) -> None:
    fail(state)
    assert state.try_probe(MODEL, later(31))
    assert not state.try_probe(MODEL, later(630))
    assert state.try_probe(MODEL, later(631))


def test_a_probe_that_told_nothing_is_given_back(state: State) -> None:
    fail(state)
    assert state.try_probe(MODEL, later(31))
    state.release(MODEL)
    assert state.holds(later(32)) == {}
    assert state.try_probe(MODEL, later(32))
    assert not state.try_probe(MODEL, later(32))


def test_a_probe_of_account_and_model_takes_both_or_none(state: State) -> None:
    fail(state, scope="openai", hold_s=10)
    fail(state, hold_s=20)
    assert not state.try_probe(["openai", MODEL], later(15))
    assert state.try_probe("openai", later(15))
    state.release("openai")
    assert state.try_probe(["openai", MODEL], later(25))
    assert set(state.holds(later(25))) == {"openai", MODEL}


def test_of_many_processes_exactly_one_sends_the_probe(state: State, tmp_path: Path) -> None:
    fail(state)
    start = os.pipe()
    children = []
    for _ in range(8):
        pid = os.fork()
        if pid == 0:
            os.close(start[1])
            os.read(start[0], 1)
            os._exit(int(State(tmp_path / "state.sqlite3").try_probe(MODEL, later(60))))
        children.append(pid)
    os.close(start[1])
    assert sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children) == 1


def test_where_nothing_failed_success_and_probe_only_look(state: State) -> None:
    statements: list[str] = []
    state._connection.set_trace_callback(statements.append)
    state.succeeded(MODEL)
    state.release(MODEL)
    assert state.try_probe(["openai", MODEL], NOW)
    assert len(statements) == 3
    assert all(statement.startswith("SELECT") for statement in statements)


def test_a_success_that_began_before_the_last_failure_ends_no_hold(state: State) -> None:
    fail(state, 10)
    state.succeeded(MODEL, began=later(9))
    assert list(state.holds(later(11))) == [MODEL]
    state.succeeded(MODEL, began=later(11))
    assert state.holds(later(12)) == {}


def test_a_success_stops_the_count_whenever_it_began(state: State) -> None:
    fail(state, 10, trips=2)
    state.succeeded(MODEL, began=later(9))
    assert fail(state, 12, trips=2) is None


def test_a_hold_is_known_to_the_next_run(tmp_path: Path) -> None:
    with State(tmp_path / "state.sqlite3") as state:
        fail(state)
    with State(tmp_path / "state.sqlite3") as state:
        assert held_s(state.holds(NOW)[MODEL]) == 30


def test_who_is_let_through_is_one_and_its_failure_holds_twice_as_long(state: State) -> None:
    for scope in ("openai", MODEL, "openai2|a|chat"):
        fail(state, scope=scope)
    assert {hold.scope for hold in state.let_through("openai", later(1), ["server_error"])} == {"openai", MODEL}
    assert set(state.holds(later(1))) == {"openai2|a|chat"}
    assert [state.try_probe(["openai", MODEL], later(2)) for _ in range(2)] == [True, False]
    assert held_s(fail(state, 3), 3) == 60
    assert state.let_through("openai", later(4), ["timeout"]) == []
    assert MODEL in state.holds(later(4))


def test_forgetting_an_account_closes_its_models_and_nobody_elses(state: State) -> None:
    for scope in ("open", "open|a|chat", "openai2|a|chat", "openai", MODEL, "other|openai|chat"):
        fail(state, scope=scope)
    state.forget("openai")
    assert set(state.holds(NOW)) == {"open", "open|a|chat", "openai2|a|chat", "other|openai|chat"}
    state.forget("open")
    assert set(state.holds(NOW)) == {"openai2|a|chat", "other|openai|chat"}


def test_a_clock_that_was_wrong_by_years_holds_nobody_for_years(state: State) -> None:
    wrong = timedelta(days=3650).total_seconds()
    fail(state, wrong)
    assert state.holds(NOW) == {}
    assert state.try_probe(MODEL, NOW)
    assert not state.try_probe(MODEL, NOW)
    assert held_s(fail(state, 5), 5) == 60


def test_a_damaged_time_is_noticed(state: State, tmp_path: Path) -> None:
    fail(state)
    with sqlite3.connect(tmp_path / "state.sqlite3") as connection:
        connection.execute("UPDATE breakers SET until = '2026-03-01T12:0x'")
    connection.close()
    with pytest.raises(IntegrityError, match="breaker of openai"):
        state.holds(NOW)
