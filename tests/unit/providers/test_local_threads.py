"""Work in threads of its own: results, stopping, and locks."""

from __future__ import annotations

import asyncio
import threading

import pytest

from aiprov.errors import InputError, Stopped
from aiprov.providers.local.threads import Check, held, in_thread


def nothing() -> None:
    return None


def test_the_result_and_the_error_of_the_work_arrive() -> None:
    def failing(_check: Check) -> None:
        raise InputError("no")

    assert asyncio.run(in_thread(lambda check: 7, nothing)) == 7
    with pytest.raises(InputError):
        asyncio.run(in_thread(failing, nothing))


def test_the_callers_check_stops_the_work() -> None:
    def stop() -> None:
        raise Stopped("now")

    with pytest.raises(Stopped, match="now"):
        asyncio.run(in_thread(lambda check: check(), stop))


def test_work_that_nobody_waits_for_is_stopped_at_its_next_check() -> None:
    started, left, ended = threading.Event(), threading.Event(), threading.Event()
    seen: list[str] = []

    def work(check: Check) -> None:
        started.set()
        left.wait(10)
        try:
            check()
        except Stopped:
            seen.append("stopped")
        ended.set()

    async def leave() -> None:
        waiting = asyncio.ensure_future(in_thread(work, nothing))
        await asyncio.to_thread(started.wait, 10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        left.set()
        await asyncio.to_thread(ended.wait, 10)

    asyncio.run(leave())
    assert seen == ["stopped"]


def test_whoever_waits_for_a_lock_can_be_stopped() -> None:
    lock = threading.Lock()

    def stop() -> None:
        raise Stopped("now")

    with lock, pytest.raises(Stopped), held(lock, stop):
        pytest.fail("the lock was taken")
    with held(lock, stop):
        assert lock.locked()
    assert not lock.locked()
