"""Answers in pieces: the usual loop until the first piece; after it, nobody else is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

from aiprov.core.failures import Kind
from aiprov.core.results import ChatResult
from aiprov.core.routing import Candidate
from aiprov.errors import ProviderError
from aiprov.manager.loop import Item
from aiprov.manager.tasks import Chatting
from aiprov.providers.base import Hooks, Provider


@dataclass(frozen=True, slots=True)
class _Streaming(Chatting):
    """A conversation whose answer is handed on while it comes. Text goes into `pieces`, and last None.

    Attributes:
        began: Holds something when the first piece has come.
    """

    pieces: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    began: list[bool] = field(default_factory=list)

    async def call(self, provider: Provider, model: str, hooks: Hooks) -> ChatResult:
        """Make the one call."""
        async for piece in provider.stream(self.bounded(provider), model, hooks):
            if isinstance(piece, ChatResult):
                return piece
            self.began.append(True)
            self.pieces.put_nowait(piece)
        raise _endless(provider, model)


@dataclass(slots=True)
class _Streamed(Item[ChatResult]):
    """After the first piece, whatever goes wrong is not tried again, here or elsewhere: the caller has heard it."""

    async def attempted(self, candidate: Candidate, why: str) -> ChatResult:
        try:
            return await Item.attempted(self, candidate, why)  # classes with slots are made anew: no super()
        except ProviderError as error:
            if not cast(_Streaming, self.task).began:
                raise
            raise _broken(self.roster.entry(candidate.provider).provider, candidate.model, error) from error


async def stream(item: Item[ChatResult], order: Sequence[Candidate]) -> AsyncIterator[str | ChatResult]:
    """Serve an item whose task is a `Chatting`, piece by piece, and last the whole."""
    asked = cast(Chatting, item.task)
    task = _Streaming(asked.request, reusable=False, ceiling=asked.ceiling)
    streamed = _Streamed(
        task, item.roster, item.state, item.run_id, item.hooks, item.time, item.flushing, item.under_way
    )
    served = asyncio.create_task(_served(streamed, order, task.pieces))
    try:
        while (piece := await task.pieces.get()) is not None:
            yield piece
        yield await served
    finally:
        served.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await served


async def _served(item: Item[Any], order: Sequence[Candidate], pieces: asyncio.Queue[str | None]) -> ChatResult:
    try:
        return cast(ChatResult, await item.served(order))
    finally:
        pieces.put_nowait(None)


def _broken(provider: Provider, model: str, error: ProviderError) -> ProviderError:
    return ProviderError(
        f"the answer of {provider.name} ({model}) broke off: {error.message}",
        "what came is not the whole answer; ask again",
        provider=provider.name,
        model=model,
        status=error.status,
        code="broken_stream",
    )


def _endless(provider: Provider, model: str) -> ProviderError:
    return ProviderError(
        f"the answer of {provider.name} ({model}) has no end",
        "ask again, or another provider",
        provider=provider.name,
        model=model,
        retryable=True,
        code=Kind.BAD_RESPONSE,
    )
