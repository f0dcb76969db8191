"""Waiting for the disk, shared: all who commit while one wait is under way share the next. Knows nothing of what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress


class Flushing:
    """Waits for the disk with one thread at a time, however many wait.

    Args:
        flush: Returns when all that was committed before it began is on the disk; run in a worker thread.
        soon_s: Who does not wait is flushed after so long, with all who came in between.
    """

    def __init__(self, flush: Callable[[], None], soon_s: float = 0.02) -> None:
        self._flush = flush
        self._soon_s = soon_s
        self._timed: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def done(self) -> None:
        """Return when all that was committed until now is on the disk.

        Raises:
            StorageError: The disk did not take it.
        """
        await asyncio.shield(self._waiting())  # who is stopped leaves the others waiting

    def soon(self) -> None:
        """Let what was committed until now reach the disk, without waiting; a failure shows with the next `done`."""
        loop = asyncio.get_running_loop()
        if self._timed is not loop:
            self._timed = loop
            loop.call_later(self._soon_s, self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timed = None
        with suppress(RuntimeError):  # the loop is about to end: closing the state flushes it
            flushed = loop.run_in_executor(None, self._flush)
            flushed.add_done_callback(lambda future: future.cancelled() or future.exception())

    def _waiting(self) -> asyncio.Task[None]:
        loop = asyncio.get_running_loop()
        if self._next is None or self._next.done() or self._next.get_loop() is not loop:
            self._next = loop.create_task(self._after(self._running))
        return self._next

    async def _after(self, running: asyncio.Task[None] | None) -> None:
        if running is not None and running.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([running])
        self._running, self._next = self._next, None  # what is committed from here on needs another wait
        await asyncio.to_thread(self._flush)
