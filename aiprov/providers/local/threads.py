"""Blocking work beside the event loop, on threads that never keep the process alive."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from aiprov.errors import Stopped

_T = TypeVar("_T")

Check = Callable[[], None]
"""Called often by long work; raises to stop it."""


async def in_thread(work: Callable[[Check], _T], check: Check) -> _T:
    """Run blocking `work` in a thread of its own and wait for its result.

    The thread is a daemon: when the waiting task is cancelled, the caller goes on at once, and the work ends at its
    own next check or with the process.

    Args:
        work: Takes the check that it has to call: the caller's, which also stops work that nobody waits for any more.
        check: The caller's.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[_T] = loop.create_future()
    abandoned = threading.Event()

    def checked() -> None:
        if abandoned.is_set():
            raise Stopped("nobody waits for this work any more")
        check()

    def run() -> None:
        value, error = _tried(lambda: work(checked))
        if not loop.is_closed():
            loop.call_soon_threadsafe(_deliver, result, value, error)

    threading.Thread(target=run, daemon=True, name="aiprov-work").start()
    try:
        return await result
    finally:
        abandoned.set()


def _tried(work: Callable[[], _T]) -> tuple[_T | None, BaseException | None]:
    try:
        return work(), None
    except BaseException as error:  # handed on to whoever waits
        return None, error


def _deliver(result: asyncio.Future[_T], value: _T | None, error: BaseException | None) -> None:
    if result.done():
        return
    if error is not None:
        result.set_exception(error)
    else:
        result.set_result(value)  # type: ignore[arg-type]  # None only beside an error, or as the work's own result


@contextmanager
def held(lock: threading.Lock, check: Check) -> Iterator[None]:
    """Hold a lock; while others have it, the check is still called."""
    while not lock.acquire(timeout=0.2):
        check()
    try:
        yield
    finally:
        lock.release()
