from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aiprov.state import Charges, State


class Clock:
    """A wall clock that tests turn."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path, clock: Clock) -> Iterator[State]:
    with State(tmp_path / "state.sqlite3", clock) as state:
        yield state


def begin(state: State, run_id: str, **more: Any) -> int:
    given: dict[str, Any] = {
        "operation": "transcription",
        "provider": "openai",
        "model": "whisper-1",
        "request_hash": "h1",
        "path": Path("meetings/a.mp3"),
        "audio_s": 60,
    }
    return state.begin_attempt(run_id, **(given | more))


def settle(state: State, attempt: int, cost: str | None, answer: bytes | None = b"words") -> None:
    state.settle(attempt, cost=None if cost is None else Decimal(cost), usage={"seconds": 60}, answer=answer)


def total(state: State) -> Charges:
    (row,) = state.charges(by="provider")
    return row


def test_charge_and_answer_come_together(state: State) -> None:
    attempt = begin(state, state.begin_run("transcribe"))
    assert state.answer("h1") is None
    settle(state, attempt, "0.006")
    assert state.answer("h1") == b"words"
    assert total(state) == Charges("openai", attempts=1, cost=Decimal("0.006"), audio_s=60.0)


@pytest.mark.parametrize(
    ("before", "usage", "told"),
    [(None, {"audio_s": 12.5}, 12.5), (60, {"audio_s": 12.5}, 60.0), (None, {"audio_s": "many"}, 0.0), (None, {}, 0.0)],
)
def test_audio_whose_length_nobody_knew_before_is_as_long_as_its_answer_says(
    state: State, before: float | None, usage: dict[str, Any], told: float
) -> None:
    attempt = begin(state, state.begin_run("transcribe"), audio_s=before)
    state.settle(attempt, cost=Decimal("0.1"), usage=usage, answer=None)
    assert total(state).audio_s == told


def test_when_the_answer_cannot_be_stored_there_is_no_charge_either(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = begin(state, state.begin_run("transcribe"))

    def fails(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("aiprov.state.ledger.put_answer", fails)
    with pytest.raises(Exception, match="No space left"):
        settle(state, attempt, "0.006")
    assert (total(state).cost, total(state).running) == (Decimal(0), 1)
    monkeypatch.undo()
    settle(state, attempt, "0.006")
    assert (total(state).cost, state.answer("h1")) == (Decimal("0.006"), b"words")


def test_an_attempt_of_a_living_run_is_running_and_of_an_ended_one_unknown(state: State) -> None:
    run_id = state.begin_run("transcribe")
    begin(state, run_id)
    assert (total(state).running, total(state).unknown) == (1, 0)
    state.end_run(run_id, 130)
    assert (total(state).running, total(state).unknown, total(state).cost) == (0, 1, Decimal(0))


def test_an_attempt_of_a_dead_process_is_an_unknown_charge(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    pid = os.fork()
    if pid == 0:
        state = State(path)
        begin(state, state.begin_run("transcribe"))
        begin(state, state.begin_run("transcribe"), provider="local", free=True)
        os._exit(0)
    os.waitpid(pid, 0)
    with State(path) as state:
        rows = state.charges(by="provider")
        assert [(row.key, row.unknown, row.running) for row in rows] == [("local", 0, 0), ("openai", 1, 0)]
        assert len(os.listdir(tmp_path / "runs")) == 2
        state.begin_run("next")
        assert len(os.listdir(tmp_path / "runs")) == 1  # the dead ones are swept


def test_a_run_of_another_process_is_seen_alive(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    ready, done = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        state = State(path)
        begin(state, state.begin_run("transcribe"))
        os.write(ready[1], b"x")
        os.close(done[1])
        os.read(done[0], 1)
        os._exit(0)
    os.close(done[0])
    os.read(ready[0], 1)
    with State(path) as state:
        assert total(state).running == 1
        os.close(done[1])
        os.waitpid(pid, 0)
        assert total(state).unknown == 1


def test_the_four_ends_of_a_paid_attempt(state: State) -> None:
    run_id = state.begin_run("transcribe")
    settle(state, begin(state, run_id), "0.01")
    settle(state, begin(state, run_id), None)
    state.fail(begin(state, run_id), "rate_limited", Decimal(0))
    state.fail(begin(state, run_id), "timed_out")
    state.fail(begin(state, run_id), "too_long", Decimal("0.002"))
    state.end_run(run_id, 3)
    row = total(state)
    assert (row.attempts, row.failed, row.unpriced, row.unknown) == (5, 3, 1, 1)
    assert (row.cost, row.audio_s) == (Decimal("0.012"), 120.0)


def test_free_attempts_never_leave_a_charge_open(state: State) -> None:
    run_id = state.begin_run("transcribe")
    settle(state, begin(state, run_id, provider="local", free=True), "0")
    state.fail(begin(state, run_id, provider="local", free=True), "crashed")
    begin(state, run_id, provider="local", free=True)
    state.end_run(run_id, 0)
    expected = Charges("local", attempts=3, failed=1, audio_s=60.0, free_audio_s=60.0)
    assert total(state) == expected


def test_amounts_add_up_to_the_last_digit(state: State) -> None:
    run_id = state.begin_run("transcribe")
    for _ in range(10):
        settle(state, begin(state, run_id), "0.1")
    settle(state, begin(state, run_id), "0.0000000000000000001")
    assert total(state).cost == Decimal("1.0000000000000000001")


@pytest.mark.parametrize("cost", [Decimal("NaN"), Decimal("Infinity"), Decimal("-0.01"), 0.1, "0.1"])
def test_what_is_no_amount_of_money_is_refused(state: State, cost: Any) -> None:
    attempt = begin(state, state.begin_run("transcribe"))
    with pytest.raises(ValueError, match="amount of money"):
        state.settle(attempt, cost=cost, usage={}, answer=b"words")
    assert state.answer("h1") is None
    settle(state, attempt, "0.1")


def test_whatever_a_provider_says_of_its_usage_the_answer_is_kept(state: State) -> None:
    attempt = begin(state, state.begin_run("transcribe"))
    odd = {"seconds": Decimal("1.5"), "bytes": b"x", "not a number": float("nan"), "set": {1}}
    state.settle(attempt, cost=Decimal("0.1"), usage=odd, answer=b"words")
    assert (state.answer("h1"), total(state).cost) == (b"words", Decimal("0.1"))


def test_using_a_closed_state_is_our_mistake_and_no_damage(tmp_path: Path) -> None:
    state = State(tmp_path / "state.sqlite3")
    state.close()
    with pytest.raises(sqlite3.ProgrammingError):
        state.charges()


def test_an_attempt_is_settled_once(state: State) -> None:
    attempt = begin(state, state.begin_run("transcribe"))
    settle(state, attempt, "0.1")
    for again in (lambda: settle(state, attempt, "0.1"), lambda: state.fail(attempt, "late")):
        with pytest.raises(ValueError, match="settled already"):
            again()
    with pytest.raises(ValueError, match="no attempt 99"):
        settle(state, 99, "0.1")
    assert total(state).cost == Decimal("0.1")


def test_a_forced_call_replaces_the_answer_and_keeps_both_charges(state: State) -> None:
    run_id = state.begin_run("transcribe")
    settle(state, begin(state, run_id), "0.1", b"first")
    settle(state, begin(state, run_id), "0.2", b"second")
    assert state.answer("h1") == b"second"
    assert total(state).cost == Decimal("0.3")


def test_charges_by_day_run_provider_model_and_file(state: State, clock: Clock) -> None:
    first = state.begin_run("transcribe")
    settle(state, begin(state, first), "0.1")
    settle(state, begin(state, first, model="gpt-4o-transcribe", path=Path("b.mp3")), "0.2")
    clock.now += timedelta(days=1)
    second = state.begin_run("transcribe")
    settle(state, begin(state, second, provider="local", model="base", free=True), "0")

    def sums(by: Any) -> dict[str, Decimal]:
        return {row.key: row.cost for row in state.charges(by=by)}

    assert sums("day") == {"2026-03-01": Decimal("0.3"), "2026-03-02": Decimal(0)}
    assert sums("run") == {first: Decimal("0.3"), second: Decimal(0)}
    assert sums("provider") == {"local": Decimal(0), "openai": Decimal("0.3")}
    assert sums("model") == {
        "local/base": Decimal(0),
        "openai/gpt-4o-transcribe": Decimal("0.2"),
        "openai/whisper-1": Decimal("0.1"),
    }
    assert sums("file") == {"b.mp3": Decimal("0.2"), "meetings/a.mp3": Decimal("0.1")}


def test_since_and_until_take_any_time_zone_and_leave_out_the_end(state: State, clock: Clock) -> None:
    run_id = state.begin_run("transcribe")
    start = clock.now
    for hour in range(4):
        clock.now = start + timedelta(hours=hour)
        settle(state, begin(state, run_id), f"0.{hour + 1}")
    zone = timezone(timedelta(hours=9))
    rows = state.charges(
        since=(start + timedelta(hours=1)).astimezone(zone), until=(start + timedelta(hours=3)).astimezone(zone)
    )
    assert [row.cost for row in rows] == [Decimal("0.5")]


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=366), timedelta(days=-20_000)])
def test_a_clock_that_jumps_loses_no_charge(state: State, clock: Clock, jump: timedelta) -> None:
    run_id = state.begin_run("transcribe")
    attempt = begin(state, run_id)
    clock.now += jump
    settle(state, attempt, "0.1")
    settle(state, begin(state, run_id), "0.2")
    state.end_run(run_id, 0)
    assert total(state).cost == Decimal("0.3")


def test_run_ids_are_short_unique_and_in_order_of_time(state: State, clock: Clock) -> None:
    ids = []
    for _ in range(20):
        ids.append(state.begin_run("transcribe"))
        clock.now += timedelta(seconds=1)
    assert ids == sorted(set(ids))
    assert all(len(each) < 24 for each in ids)


def test_any_file_name_can_be_charged_for(state: State) -> None:
    names = ["a\udcff.mp3", "new\nline.mp3", "ж" * 120, "-rf", "quote'.mp3"]
    run_id = state.begin_run("transcribe \udcff")
    for name in names:
        settle(state, begin(state, run_id, path=Path(name), request_hash=name.encode("utf-8", "replace").hex()), "0.1")
    assert [row.key for row in state.charges(by="file")] == sorted(names)


def test_many_threads_share_one_ledger(state: State) -> None:
    run_id = state.begin_run("transcribe")

    def work(number: int) -> None:
        for turn in range(5):
            settle(state, begin(state, run_id, request_hash=f"{number}-{turn}"), "0.001")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (total(state).attempts, total(state).cost) == (40, Decimal("0.040"))


def test_an_attempt_can_be_settled_by_another_process_and_then_no_more_by_the_one_that_began_it(
    state: State, tmp_path: Path
) -> None:
    attempt = begin(state, state.begin_run("transcribe"), estimate=Decimal("0.5"))
    with State(tmp_path / "state.sqlite3") as other:
        settle(other, attempt, "0.1")
    with pytest.raises(ValueError, match="settled already"):
        settle(state, attempt, "0.2")
    assert (total(state).cost, state.audit(), state.spent("day")) == (Decimal("0.1"), {}, Decimal("0.1"))


def test_a_settling_that_did_not_come_through_can_be_made_again(state: State) -> None:
    attempt = begin(state, state.begin_run("transcribe"), estimate=Decimal("0.5"))
    with pytest.raises(TypeError):
        state.settle(attempt, cost=Decimal("0.1"), usage={}, answer="no bytes")  # type: ignore[arg-type]
    assert state.spent("day") == Decimal("0.5")
    settle(state, attempt, "0.1")
    assert (total(state).cost, state.audit()) == (Decimal("0.1"), {})
