"""A manager over played providers, with a clock that moves only when somebody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from aiprov.core.failures import Kind
from aiprov.core.requests import ChatMessage, ChatRequest, ModelCapability
from aiprov.core.routing import ModelFacts
from aiprov.errors import ProviderError
from aiprov.manager import Entry, Policy, ProviderManager, Roster, Time
from aiprov.prices import OwnPrice, PriceBook
from aiprov.providers.fake import FakeProvider
from aiprov.state import Cap, State

T = TypeVar("T")
BEGIN = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
# 100 tokens in and 20 out, as the fake says of every answer, then cost 14 cents.
PRICE = OwnPrice(usd_per_million_input_tokens=Decimal(1000), usd_per_million_output_tokens=Decimal(2000))
COST = Decimal("0.140000000")


@dataclass
class Clock:
    """Time that passes only in sleep."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    def time(self) -> Time:
        return Time(lambda: self.seconds, lambda: BEGIN + timedelta(seconds=self.seconds), self.sleep, lambda: 0.5)


@dataclass
class World:
    """Providers by the order of their priority: 10, 20, ..."""

    folder: Path
    providers: tuple[FakeProvider, ...]
    strategy: Any = "fallback"
    clock: Clock = field(default_factory=Clock)
    prices: dict[tuple[str, str], OwnPrice] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)

    def roster(self) -> Roster:
        entries = tuple(
            Entry(provider, 10 * (place + 1), account=provider.name) for place, provider in enumerate(self.providers)
        )
        own = self.prices or {(each.name, f"{each.name}-chat"): PRICE for each in self.providers}
        return Roster(entries, Policy(strategy=self.strategy, **self.policy), PriceBook(own))

    def manager(self, state: State) -> ProviderManager:
        return ProviderManager(self.roster(), state, self.clock.time())

    def chat(self, text: str = "hello", provider: str | None = None, **wishes: Any) -> Any:
        """One call, in a process of its own as far as the state is concerned."""
        with State(self.folder / "state.sqlite3", now=lambda: BEGIN + timedelta(seconds=self.clock.seconds)) as state:
            return run(self.manager(state).chat_completion(asked(text, **wishes), provider))

    def failing(self, text: str = "hello", **wishes: Any) -> Any:
        """The error of one call."""
        try:
            answer = self.chat(text, **wishes)
        except Exception as error:
            return error
        raise AssertionError(f"answered by {answer.provider}")

    def calls(self) -> list[int]:
        return [len(provider.calls) for provider in self.providers]

    def charges(self) -> Any:
        with State(self.folder / "state.sqlite3") as state:
            return {row.key: row for row in state.charges(by="provider")}


def asked(text: str = "hello", **wishes: Any) -> ChatRequest:
    return ChatRequest([ChatMessage("user", text)], **wishes)


def fails(
    kind: Kind | str, provider: str = "one", *, times: int = 1, after: float | None = None
) -> list[ProviderError]:
    """Errors of a kind; each is a new one, as a provider's are."""
    return [
        ProviderError(f"{provider} {kind}", provider=provider, code=kind, retry_after_s=after) for _ in range(times)
    ]


def chats(name: str, **facts: Any) -> tuple[ModelFacts, ...]:
    return (ModelFacts(f"{name}-chat", ModelCapability.CHAT, **facts),)


def run(call: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(call)


def forever(kind: Kind | str, provider: str = "one") -> Iterator[ProviderError]:
    while True:
        yield from fails(kind, provider)


def capped(usd: str, scope: Any = "run") -> dict[str, Any]:
    return {"caps": (Cap(scope, Decimal(usd)),)}
