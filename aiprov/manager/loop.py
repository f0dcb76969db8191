"""The only retry loop: candidates in order, every failure answered by `core.routing`.

Knows providers by their protocol alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from aiprov.core.failures import Kind
from aiprov.core.routing import PATIENCE_S, Candidate, Standing, decide, reason
from aiprov.errors import AiprovError, BudgetReached, ConfigError, ProviderError
from aiprov.manager.calling import Caller
from aiprov.manager.failing import all_failed, held
from aiprov.manager.roster import scopes
from aiprov.manager.tasks import R

# An item may take as long as so many calls, waits included.
_ITEM_CALLS = 3
_ENOUGH = 99
# A hold of up to this length may be another item's probe, which ends sooner; it is looked at again so often.
_LONGEST_PROBE_S, _LOOK_AGAIN_S = 600.0, 5.0


@dataclass(slots=True)
class Item(Caller[R]):
    """One task on its way through the candidates.

    Attributes:
        errors: Why those that failed did, in order.
        tries: Calls made so far; the parts of a recording count as one.
        inside: It is a part of an item whose breakers were asked already.
    """

    errors: list[AiprovError] = field(default_factory=list)
    tries: int = 0
    inside: bool = False

    async def served(self, order: Sequence[Candidate]) -> R:
        """Ask the candidates in turn until one answers.

        Raises:
            ProviderError: Nobody did; `attempts` says what was tried.
            BudgetReached: What was left would have cost too much.
        """
        self.ends_s = self.time.monotonic() + _ITEM_CALLS * self.limit_s()
        for hop, candidate in enumerate(order):
            answer = await self._asked(candidate, hop, order[hop + 1 :])
            if answer is not None:
                return answer
        raise self._failed()

    async def _asked(self, candidate: Candidate, hop: int, others: Sequence[Candidate]) -> R | None:
        """Ask one candidate if its breaker lets a call through; None hands on to the next."""
        if self.inside:
            return await self._tried(candidate, hop, others)
        if not await self._opens(candidate, others):
            return None
        self.told = False
        try:
            return await self._tried(candidate, hop, others)
        finally:  # whatever happened: a probe that told nothing is given back
            if not self.told:
                self.release(candidate)

    async def _tried(self, candidate: Candidate, hop: int, others: Sequence[Candidate]) -> R | None:
        """Ask one candidate, again where that helps; None hands on to the next."""
        retried = 0
        while True:
            self.hooks.check()
            self.tries += 1
            try:
                return await self.attempted(candidate, reason(candidate, self.roster.policy.strategy, hop))
            except (BudgetReached, ConfigError) as refused:
                if refused.code == BudgetReached.code and await self._room():
                    continue
                self.errors.append(refused)
                return None
            except ProviderError as error:
                failure = error
            self.errors.append(failure)
            # With attempts of its own, a loop inside has tried again already; an open breaker sends us elsewhere.
            tried = _ENOUGH if failure.attempts or (self.opened and others) else retried
            standing = Standing(tried, bool(others), self.left_s(), self.roster.policy.calls - self.tries)
            found = decide(failure.code, failure.retry_after_s, standing, self.time.jitter())
            if found.action == "next":
                return None
            if found.action != "retry":
                failure.parked_s = found.wait_s if found.action == "park" else None
                raise self._failed()
            await self.time.sleep(found.wait_s)
            retried += 1

    async def _room(self) -> bool:
        """Wait for another paid call to end: it may have cost less than it reserved. That time is not the item's."""
        began = self.time.monotonic()
        ended = await self.under_way.another_ended()
        self.ends_s += self.time.monotonic() - began
        self.tries -= ended
        return ended

    async def _opens(self, candidate: Candidate, others: Sequence[Candidate]) -> bool:
        """Whether the breakers let a call through; of a held one, the wait is noted as its failure.

        Where nobody else is left, a rate limit is waited out: it is over in a moment, and all items meet it.
        """
        names, waited_s = scopes(self.roster.entry(candidate.provider), candidate.facts), 0.0
        while not self.state.try_probe(names, now := self.time.now()):
            open_holds = self.state.holds(now)
            holds = [open_holds[scope] for scope in names if scope in open_holds]
            left_s = max(((hold.until - now).total_seconds() for hold in holds), default=0.0)
            limited = all(hold.kind == Kind.RATE_LIMITED for hold in holds)
            if others or not limited or waited_s >= PATIENCE_S or left_s > _LONGEST_PROBE_S:
                self.errors.append(held(candidate, holds, now))
                return False
            wait_s = min(max(left_s, 0.5), _LOOK_AGAIN_S)
            waited_s, self.ends_s = waited_s + wait_s, self.ends_s + wait_s
            await self.time.sleep(wait_s)
        return True

    def _failed(self) -> AiprovError:
        """What the caller hears when nobody answered."""
        refused = [error for error in self.errors if isinstance(error, BudgetReached)]
        if refused and not any(isinstance(error, ProviderError) for error in self.errors):
            return refused[0]
        names = {getattr(error, "provider", None) for error in self.errors}
        error = self.errors[-1] if len(names) == 1 else all_failed(self.errors)
        if isinstance(error, ProviderError):
            error.attempts = tuple(self.attempts)
        return error
