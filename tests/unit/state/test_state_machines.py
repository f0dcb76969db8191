"""Whatever the order of calls, the budget and the breakers do what a few lines of plain Python would."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from aiprov.errors import BudgetReached
from aiprov.state import Cap, State
from aiprov.state.totals import Scope

STEPS = settings(max_examples=12, stateful_step_count=25, deadline=None)
START = datetime(2026, 3, 30, 12, tzinfo=UTC)
MONEY = st.decimals(0, 2, places=3)
CAPS = {cap.scope: cap for cap in (Cap("run", Decimal(3)), Cap("day", Decimal(4)), Cap("month", Decimal(5)))}


class WithState(RuleBasedStateMachine):
    """A state file of its own, and a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = START
        self.path = Path(self.folder.name) / "state.sqlite3"
        self.states = [State(self.path, lambda: self.now) for _ in range(2)]

    def teardown(self) -> None:
        for state in self.states:
            state.close()
        self.folder.cleanup()


class Budget(WithState):
    """The model: a list of what each call may cost or has cost, with its run, day and month."""

    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.runs = [state.begin_run("test") for state in self.states]
        self.kept: dict[int, tuple[dict[str, str], Decimal]] = {}

    def keys(self, run: int) -> dict[str, str]:
        return {"run": self.runs[run], "day": f"{self.now:%Y-%m-%d}", "month": f"{self.now:%Y-%m}"}

    def sum(self, scope: str, value: str) -> Decimal:
        return sum((usd for keys, usd in self.kept.values() if keys[scope] == value), Decimal(0))

    def change(self, attempt: int, usd: Decimal) -> None:
        self.kept[attempt] = (self.kept[attempt][0], usd)

    @rule(target=calls, run=st.integers(0, 1), estimate=MONEY, scopes=st.sets(st.sampled_from(sorted(CAPS))))
    def begin(self, run: int, estimate: Decimal, scopes: set[Scope]) -> object:
        keys, caps = self.keys(run), [CAPS[scope] for scope in sorted(scopes)]
        fits = all(self.sum(cap.scope, keys[cap.scope]) + estimate <= cap.usd for cap in caps)
        try:
            attempt = self.states[run].begin_attempt(
                self.runs[run],
                operation="chat",
                provider="p",
                model="m",
                request_hash="h",
                path=Path("a"),
                estimate=estimate,
                caps=caps,
            )
        except BudgetReached:
            assert not fits
            return multiple()
        assert fits
        self.kept[attempt] = (keys, estimate)
        return attempt

    @rule(attempt=consumes(calls), cost=st.none() | MONEY, by=st.integers(0, 1))
    def settle(self, attempt: int, cost: Decimal | None, by: int) -> None:
        self.states[by].settle(attempt, cost=cost, usage={}, answer=None, wait=False)
        self.change(attempt, self.kept[attempt][1] if cost is None else cost)

    @rule(attempt=consumes(calls), refused=st.booleans())
    def fail(self, attempt: int, refused: bool) -> None:
        self.states[0].fail(attempt, "server_error", Decimal(0) if refused else None)
        self.change(attempt, Decimal(0) if refused else self.kept[attempt][1])

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def audit(self) -> None:
        assert self.states[0].audit() == {}

    @invariant()
    def totals_are_the_sums(self) -> None:
        state, keys = self.states[1], self.keys(0)
        found = {scope: state.spent(cap.scope, self.runs[0]) for scope, cap in CAPS.items()}
        assert found == {scope: self.sum(scope, keys[scope]) for scope in CAPS}


class Breakers(WithState):
    """The model: one breaker as a handful of numbers."""

    scope = "p|m|chat"

    def __init__(self) -> None:
        super().__init__()
        self.failures, self.openings = 0, 0
        self.until: datetime | None = None
        self.probe_until: datetime | None = None

    def held(self) -> bool:
        return any(end is not None and end > self.now for end in (self.until, self.probe_until))

    @rule(by=st.integers(0, 1), trips=st.sampled_from([1, 3]), asked_s=st.none() | st.sampled_from([0.0, 7.0, 9000.0]))
    def failed(self, by: int, trips: int, asked_s: float | None) -> None:
        self.failures += 1
        wished_s = min(asked_s, 3600.0) if asked_s is not None else min(20.0 * 2**self.openings, 3600.0)
        if self.until is not None and self.until > self.now:
            if asked_s is not None:
                self.until = max(self.until, self.now + timedelta(seconds=wished_s))
        elif self.until is not None or self.failures >= trips:
            self.until, self.openings = self.now + timedelta(seconds=wished_s), self.openings + 1
        self.probe_until = None if self.until is not None else self.probe_until
        hold = self.states[by].failed(self.scope, "timeout", self.now, trips=trips, hold_s=20, retry_after_s=asked_s)
        assert (hold and (hold.until, hold.failures)) == (self.until and (self.until, self.failures))

    @rule(by=st.integers(0, 1))
    def succeeded(self, by: int) -> None:
        self.states[by].succeeded(self.scope)
        self.failures, self.openings, self.until, self.probe_until = 0, 0, None, None

    @rule(by=st.integers(0, 1))
    def try_probe(self, by: int) -> None:
        allowed = not self.held()
        assert self.states[by].try_probe(self.scope, self.now) is allowed
        if allowed and self.until is not None:
            self.probe_until = self.now + timedelta(seconds=600)

    @precondition(lambda self: self.probe_until is not None)
    @rule(by=st.integers(0, 1))
    def release(self, by: int) -> None:
        self.states[by].release(self.scope)
        self.probe_until = None

    @rule(by=st.integers(0, 1), prefix=st.sampled_from(["p", "p|m", "p|m|chat", "p|", "m", "q"]))
    def forget(self, by: int, prefix: str) -> None:
        self.states[by].forget(prefix)
        if prefix in ("p", "p|m", "p|m|chat"):
            self.failures, self.openings, self.until, self.probe_until = 0, 0, None, None

    @rule(seconds=st.sampled_from([1, 19, 20, 21, 599, 600, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def everybody_sees_the_same(self) -> None:
        for state in self.states:
            assert set(state.holds(self.now)) == ({self.scope} if self.held() else set())


def test_the_budget_does_what_its_model_does() -> None:
    run_state_machine_as_test(Budget, settings=STEPS)


def test_the_breaker_does_what_its_model_does() -> None:
    run_state_machine_as_test(Breakers, settings=STEPS)
