"""Paid calls of this process that are under way: who finds no room in the budget waits for one of them to end.

What a call reserves is often more than what it costs, so room may come back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class UnderWay:
    """Counts calls, and wakes who waits for an end."""

    def __init__(self) -> None:
        self._calls = 0
        self._waiting: set[asyncio.Future[None]] = set()

    @contextmanager
    def call(self) -> Iterator[None]:
        """One call, from its reservation to its charge."""
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1
            while self._waiting:
                waiter = self._waiting.pop()
                with suppress(RuntimeError):  # its event loop has ended
                    waiter.get_loop().call_soon_threadsafe(_wake, waiter)

    async def another_ended(self) -> bool:
        """Wait until a call ends; False at once when none is under way."""
        if not self._calls:
            return False
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)
        return True


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
