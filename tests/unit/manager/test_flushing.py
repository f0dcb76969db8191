"""Waiting for the disk together: nobody goes on before what he committed is there, and one wait serves many."""

from __future__ import annotations

import asyncio
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
    await asyncio.to_thread(disk.begun.acquire)


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


def test_who_does_not_wait_is_flushed_all_the_same() -> None:
    async def play() -> int:
        disk = Disk()
        disk.committed = 7
        disk.gate.release(2)
        flushing = Flushing(disk.flush)
        flushing.soon()
        await flushing.done()
        return disk.safe

    assert asyncio.run(play()) == 7


def test_a_disk_that_refuses_is_told_to_who_waits_and_the_next_wait_asks_again() -> None:
    answers = [StorageError("the disk is full"), StorageError("the disk is full"), None]

    def flush() -> None:
        if (answer := answers.pop(0)) is not None:
            raise answer

    async def play() -> None:
        flushing = Flushing(flush)
        flushing.soon()
        with pytest.raises(StorageError):
            await flushing.done()
        with pytest.raises(StorageError):
            await flushing.done()
        await flushing.done()

    asyncio.run(play())
    assert answers == []


def test_another_event_loop_begins_anew() -> None:
    disk = Disk()
    disk.gate.release(2)
    flushing = Flushing(disk.flush)
    for number in (1, 2):
        disk.committed = number
        asyncio.run(flushing.done())
        assert disk.safe == number
