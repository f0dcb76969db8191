"""Many processes at one ledger: no charge is lost, and no cap is crossed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.errors import BudgetReached
from aiprov.state import Cap, State

PROCESSES = 8


def begin(state: State, run: str, estimate: Decimal, caps: list[Cap]) -> int:
    return state.begin_attempt(
        run,
        operation="chat",
        provider="openai",
        model="m",
        request_hash=os.urandom(8).hex(),
        path=Path("a.mp3"),
        estimate=estimate,
        caps=caps,
    )


def at_once(work: Callable[[int], None]) -> None:
    """Run the work in processes that begin together; each gets its number."""
    start = os.pipe()
    children = []
    for number in range(PROCESSES):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.close(start[1])
                os.read(start[0], 1)
                work(number)
                code = 0
            finally:
                os._exit(code)
        children.append(pid)
    os.close(start[1])
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * PROCESSES
    os.close(start[0])


def test_eight_processes_with_two_hundred_charges_each_add_up_to_the_last_digit(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    State(path).close()

    def work(number: int) -> None:
        with State(path) as state:
            run = state.begin_run("test")
            for turn in range(200):
                attempt = begin(state, run, Decimal("0.01"), [Cap("month", Decimal(1000))])
                cost = Decimal(f"0.00{number + 1}") + Decimal(turn).scaleb(-20)
                state.settle(attempt, cost=cost, usage={}, answer=b"words", wait=False)

    at_once(work)
    with State(path) as state:
        (row,) = state.charges(by="provider")
        expected = sum((Decimal(f"0.00{number + 1}") for number in range(PROCESSES)), Decimal(0)) * 200
        expected += Decimal(sum(range(200)) * PROCESSES).scaleb(-20)
        assert (row.attempts, row.cost) == (1600, expected)
        assert state.audit() == {}
        runs = [state.spent("run", each.key) for each in state.charges(by="run")]
        assert sum(runs, Decimal(0)) == expected


@pytest.mark.parametrize("position", range(1, PROCESSES + 1))
def test_parallel_calls_whose_estimates_cross_the_cap_anywhere_never_exceed_it(tmp_path: Path, position: int) -> None:
    """The cap lies within the `position`-th call: exactly those before it pass."""
    path = tmp_path / "state.sqlite3"
    estimate = Decimal("0.3")
    cap = Cap("run", estimate * position - Decimal("0.01"))
    with State(path) as state:
        run = state.begin_run("test")

        def work(number: int) -> None:
            with State(path) as own:
                try:
                    attempt = begin(own, run, estimate, [cap])
                except BudgetReached:
                    return
                if number % 2:  # the others never report, and stay reserved
                    own.settle(attempt, cost=estimate, usage={}, answer=None, wait=False)

        at_once(work)
        assert sum(row.attempts for row in state.charges()) == position - 1
        assert state.spent("run", run) == estimate * (position - 1)
        assert state.spent("run", run) <= cap.usd
        assert state.audit() == {}


def test_what_a_killed_process_had_noted_is_there_and_stays_reserved(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    State(path).close()
    told = os.pipe()
    pid = os.fork()
    if pid == 0:
        state = State(path)
        run = state.begin_run("test")
        for _ in range(10_000):
            attempt = begin(state, run, Decimal("0.01"), [])
            state.settle(attempt, cost=None, usage={}, answer=str(attempt).encode(), wait=False)
            os.write(told[1], attempt.to_bytes(4, "big"))
        os._exit(0)
    os.close(told[1])
    with os.fdopen(told[0], "rb") as reports:
        seen = [int.from_bytes(reports.read(4), "big") for _ in range(50)]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        rest = reports.read()
    last = int.from_bytes(rest[-4:], "big") if rest else seen[-1]
    with State(path) as state:
        (row,) = state.charges(by="run")
        assert row.unpriced in (last, last + 1)  # it may die between the commit and the report
        assert state.spent("run", row.key) == row.attempts * Decimal("0.01")
        assert state.audit() == {}
