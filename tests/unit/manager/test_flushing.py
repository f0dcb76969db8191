"""Waiting for the disk together: nobody goes on before what he committed is there, and one wait serves many."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from aiprov.errors import StorageError
from aiprov.manager.flushing import Flushing


class Disk:
    """Takes what was committed when a flush begins, and says so when it is let go."""

    def __init__(self) -> None:
        self.committed, self.safe, self.flushes = 0, 0, 0
        self.gate = threading.Semaphore(0)
        self.begun = threading.Semaphore(0)

    def flush(self) -> None:
        taken = self.committed
        self.flushes += 1
        self.begun.release()
        self.gate.acquire()
        self.safe = taken


async def begun(disk: Disk) -> None:
    assert await asyncio.to_thread(disk.begun.acquire, timeout=20)


def test_what_is_committed_during_a_flush_waits_for_another_one_and_shares_it() -> None:
    async def play() -> list[int]:
        disk = Disk()
        flushing = Flushing(disk.flush)
        disk.committed = 1
        first = asyncio.create_task(flushing.done())
        await begun(disk)
        disk.committed = 2
        later = [asyncio.create_task(flushing.done()) for _ in range(5)]
        disk.gate.release()
        await first
        seen = [disk.safe, sum(task.done() for task in later)]
        disk.gate.release()
        await asyncio.gather(*later)
        return [*seen, disk.safe, disk.flushes]

    assert asyncio.run(play()) == [1, 0, 2, 2]


def test_those_who_do_not_wait_are_flushed_together_and_who_comes_later_anew() -> None:
    async def play() -> list[int]:
        disk = Disk()
        disk.gate.release(2)
        flushing = Flushing(disk.flush, soon_s=0.0)
        seen = []
        for committed in (1, 2):
            disk.committed = committed
            for _ in range(5):
                flushing.soon()
            await begun(disk)
            seen.append(disk.flushes)
        await asyncio.get_running_loop().shutdown_default_executor()
        return [*seen, disk.safe]

    assert asyncio.run(play()) == [1, 2, 2]


@pytest.mark.parametrize("soon_s", [0.0, 3600.0])
def test_an_event_loop_that_ends_before_a_flush_leaves_nothing_behind(
    caplog: pytest.LogCaptureFixture, soon_s: float
) -> None:
    disk = Disk()
    disk.gate.release(9)
    flushing = Flushing(disk.flush, soon_s)

    async def ends() -> None:
        flushing.soon()
        await asyncio.get_running_loop().shutdown_default_executor()
        await asyncio.sleep(0)

    async def goes_on() -> None:
        flushing.soon()
        await begun(disk)

    asyncio.run(ends())
    assert disk.flushes == 0
    flushing._soon_s = 0.0
    asyncio.run(goes_on())  # its loop does not count on the timer of the one before
    gc.collect()
    assert (disk.flushes, caplog.messages) == (1, [])


def test_a_disk_that_refuses_is_told_to_who_waits_and_the_next_wait_asks_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers = [StorageError("the disk is full"), StorageError("the disk is full"), None]
    refused = threading.Semaphore(0)

    def flush() -> None:
        refused.release()
        if (answer := answers.pop(0)) is not None:
            raise answer

    async def play() -> None:
        flushing = Flushing(flush, soon_s=0.0)
        flushing.soon()
        await asyncio.to_thread(refused.acquire)
        with pytest.raises(StorageError):
            await flushing.done()
        await flushing.done()

    asyncio.run(play())
    assert answers == []
    assert caplog.messages == []


def test_another_event_loop_begins_anew() -> None:
    disk = Disk()
    disk.gate.release(2)
    flushing = Flushing(disk.flush)
    for number in (1, 2):
        disk.committed = number
        asyncio.run(flushing.done())
        assert disk.safe == number
