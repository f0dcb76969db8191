"""One call to one candidate: reserved for and noted before, judged, charged and kept after.

Knows providers by their protocol, and nothing of who is asked next.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Generic

from aiprov.core.failures import Kind, rule_of
from aiprov.core.pricing import Price
from aiprov.core.requests import ModelCapability
from aiprov.core.results import Attempt, Provenance, Usage
from aiprov.core.routing import Candidate
from aiprov.errors import AiprovError, ConfigError, InputError, ProviderError
from aiprov.manager.failing import elsewhere, late
from aiprov.manager.flushing import Flushing
from aiprov.manager.identities import hash_of
from aiprov.manager.reserving import most
from aiprov.manager.roster import USUAL_ANSWER, Entry, Roster, scopes
from aiprov.manager.tasks import R, Task, closed, usage_of
from aiprov.manager.under_way import UnderWay
from aiprov.providers.base import Hooks
from aiprov.state import AskedAlreadyError, State

# Seconds that one call may take in all, and what audio adds. Local engines take the time they need.
_LIMITS_S = {ModelCapability.CHAT: 300.0, ModelCapability.EMBEDDING: 120.0, ModelCapability.TRANSCRIPTION: 300.0}
# US dollars. The record of a smaller charge reaches the disk some milliseconds after the answer reaches the caller:
# a kill never loses it, a power cut just then may.
_WORTH_A_WAIT = Decimal("0.01")
# Seconds between two looks at a call of another process, for the same answer.
_LOOK_AGAIN_S = 0.5
# Failures that a provider reports before it has worked: they cost nothing. Of others nobody can tell.
_UNBILLED = frozenset(
    {Kind.RATE_LIMITED, Kind.OVERLOADED, Kind.QUOTA, Kind.AUTH, Kind.NOT_FOUND, Kind.TOO_LARGE, Kind.CONTEXT_LENGTH,
     Kind.INVALID_REQUEST}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Time:
    """Clocks, sleep and chance, so that tests own them."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random


@dataclass(slots=True)
class Caller(Generic[R]):
    """Makes the calls for one task.

    Attributes:
        run_id: The run in the ledger.
        flushing: Waits for the disk, together with all other items.
        under_way: The paid calls of all items.
        attempts: What was tried so far.
        ends_s: When the task has taken too long, on the monotonic clock.
        opened: Whether the last failure opened a breaker.
        told: Whether the candidate has told by an answer that all is well.
        hashes: The request's hash by provider, as far as it is known already.
    """

    task: Task[R]
    roster: Roster
    state: State
    run_id: str
    hooks: Hooks
    time: Time
    flushing: Flushing
    under_way: UnderWay
    attempts: list[Attempt] = field(default_factory=list)
    ends_s: float = 0.0
    opened: bool = False
    told: bool = False
    hashes: Mapping[str, str] = field(default_factory=dict)

    async def attempted(self, candidate: Candidate, why: str) -> R:
        """Make one call: its attempt stands in the ledger before, its charge and answer after."""
        entry = self.roster.entry(candidate.provider)
        hashed = self.hashes.get(candidate.provider) or hash_of(self.task, entry, candidate.model)
        await self._paced(entry)
        attempt = await self._begun_once(entry, candidate, hashed)
        if isinstance(attempt, bytes):
            return self._recalled(attempt, entry, candidate, hashed)
        with nullcontext() if entry.provider.local else self.under_way.call():
            return await self._answered(attempt, entry, candidate, why, hashed)

    async def _answered(self, attempt: int, entry: Entry, candidate: Candidate, why: str, hashed: str) -> R:
        began, began_at = self.time.monotonic(), self.time.now()
        try:
            answer = await self._called(entry, candidate)
        except asyncio.CancelledError:
            self.state.fail(attempt, "stopped", Decimal(0) if entry.provider.local else None, ms=self._ms(began))
            raise
        except AiprovError as error:
            cost = Decimal(0) if entry.provider.local or _is_unbilled(error) else None
            self._failed_at(attempt, entry, candidate, error, began, cost)
            raise
        usage = usage_of(answer)
        price = self._price(entry, candidate, usage)
        cost = None if price is None else price.usd
        try:
            answer = self.task.checked(answer)
        except ProviderError as error:  # what cannot be an answer is billed all the same
            self._failed_at(attempt, entry, candidate, error, began, cost)
            raise
        self._settled(attempt, candidate, answer, price, began)
        self.state.succeeded(scopes(entry, candidate.facts), began_at)
        self.told = True
        await self._kept(cost)
        return closed(answer, cost, tuple(self.attempts), self.provenance(entry, candidate, answer, price, why, hashed))

    async def _kept(self, cost: Decimal | None) -> None:
        """What was paid for outlasts a power cut before anybody hears of it; for fractions of a cent nobody waits."""
        if cost is None or cost >= _WORTH_A_WAIT:
            await self.flushing.done()
        elif cost:
            self.flushing.soon()

    async def _paced(self, entry: Entry) -> None:
        if entry.pace is not None:
            need = self.task.need
            tokens = need.input_tokens + (need.output_tokens or USUAL_ANSWER)
            wait_s = entry.pace.wait_s(self.time.monotonic(), tokens)
            self.ends_s += wait_s  # the user's own limit does not eat the item's time
            await self.time.sleep(wait_s)

    async def _begun_once(self, entry: Entry, candidate: Candidate, hashed: str) -> int | bytes:
        """Begin a call; or, where another process is asking the same, wait for its answer and return that."""
        while True:
            try:
                return self._begun(entry, candidate, hashed)
            except AskedAlreadyError:
                if (answer := self.state.answer(hashed)) is not None:
                    return answer
            if self.left_s() <= 0:
                raise elsewhere(candidate)
            self.hooks.check()
            await self.time.sleep(_LOOK_AGAIN_S)

    def _recalled(self, answer: bytes, entry: Entry, candidate: Candidate, hashed: str) -> R:
        """An answer that another process has paid for."""
        found, host = self.task.decode(answer), entry.provider.host
        origin = Provenance(candidate.model, found.model, host=host, request_hash=hashed, stored=True)
        return closed(found, Decimal(0), tuple(self.attempts), origin)

    def _begun(self, entry: Entry, candidate: Candidate, hashed: str) -> int:
        return self.state.begin_attempt(
            self.run_id,
            operation=candidate.facts.capability.value,
            provider=candidate.provider,
            model=candidate.model,
            request_hash=hashed,
            path=self.task.path,
            audio_s=self.task.audio_s,
            estimate=most(self.task, self.roster, candidate),
            free=entry.provider.local,
            caps=self.roster.policy.caps,
            host=entry.provider.host,
            shared=self.task.shared and not entry.provider.local,
        )

    async def _called(self, entry: Entry, candidate: Candidate) -> R:
        call = self.task.call(entry.provider, candidate.model, self.hooks)
        if entry.provider.local:
            return await call
        limit_s = min(entry.timeout_s or self.limit_s(), max(self.left_s(), 1.0))
        try:
            async with asyncio.timeout(limit_s):
                return await call
        except TimeoutError:
            raise late(candidate, limit_s) from None

    def _price(self, entry: Entry, candidate: Candidate, usage: Usage) -> Price | None:
        capability = candidate.facts.capability
        return self.roster.prices.cost(
            candidate.provider, candidate.model, usage, capability=capability, local=entry.provider.local
        )

    def _settled(self, attempt: int, candidate: Candidate, answer: R, price: Price | None, began: float) -> None:
        ms = self._ms(began)
        cost = None if price is None else price.usd
        usage = usage_of(answer)
        told = {name: value for name in Usage.__dataclass_fields__ if (value := getattr(usage, name))}
        self.state.settle(
            attempt, cost=cost, usage=told, answer=self.task.encode(answer), price=_shown(price), ms=ms, wait=False
        )
        self.attempts.append(Attempt(candidate.provider, candidate.model, "ok", cost, ms=ms))

    def _failed_at(
        self,
        attempt: int,
        entry: Entry,
        candidate: Candidate,
        error: AiprovError,
        began: float,
        cost: Decimal | None,
    ) -> None:
        """Keep a failure in the ledger and hold it against whom it concerns."""
        status = error.status if isinstance(error, ProviderError) else None
        ms = self._ms(began)
        self.state.fail(attempt, error.code, cost, status=status, ms=ms)
        self.attempts.append(Attempt(candidate.provider, candidate.model, "failed", cost, error.code, status, ms))
        self.opened = isinstance(error, ProviderError) and self._blamed(entry, candidate, error)

    def _blamed(self, entry: Entry, candidate: Candidate, error: ProviderError) -> bool:
        """Count a failure where it belongs; say whether that opened a breaker."""
        rule = rule_of(error.code)
        if rule.scope == "none":
            return False
        account, model = scopes(entry, candidate.facts)
        hold = self.state.failed(
            account if rule.scope == "account" else model,
            error.code,
            self.time.now(),
            trips=rule.trips,
            hold_s=rule.hold_s,
            retry_after_s=error.retry_after_s,
            jitter=self.time.jitter() / 4,
        )
        return hold is not None

    def release(self, candidate: Candidate) -> None:
        """Give a probe back that told nothing of the provider."""
        self.state.release(scopes(self.roster.entry(candidate.provider), candidate.facts))

    def provenance(
        self, entry: Entry, candidate: Candidate, answer: R, price: Price | None, why: str, hashed: str
    ) -> Provenance:
        """Where an answer came from."""
        return Provenance(
            model_asked=candidate.model,
            model_served=answer.model,
            strategy=self.roster.policy.strategy,
            reason=why,
            host=entry.provider.host,
            price_source=None if price is None else f"{price.source} ({price.checked})",
            request_hash=hashed,
        )

    def limit_s(self) -> float:
        """Seconds that one call may take."""
        return _LIMITS_S[self.task.need.capability] + (self.task.audio_s or 0.0)

    def left_s(self) -> float:
        """Seconds that are left to the task."""
        return self.ends_s - self.time.monotonic()

    def _ms(self, began: float) -> float:
        return round((self.time.monotonic() - began) * 1000, 3)


def _is_unbilled(error: AiprovError) -> bool:
    """Whether a failure cost nothing: what was stopped on the way, or failed in a way nobody foresaw, may have."""
    if isinstance(error, ProviderError):
        return error.unsent or error.code in _UNBILLED
    return isinstance(error, ConfigError | InputError)


def _shown(price: Price | None) -> dict[str, str] | None:
    """The unit prices as the ledger keeps them."""
    if price is None:
        return None
    return {**{unit: str(rate) for unit, rate in price.rates.items()}, "source": price.source, "checked": price.checked}
