"""A batch for the signal tests: some jobs end at once, then one is at work until it is told to stop.

Usage: slow_batch.py ROOT HOME QUICK HOW [wait]; says on stdout what happens. HOW is how the slow job waits:
`awaiting`, `polling` in a thread, or `deaf` to every request. With `wait` it waits for another run's lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aiprov.batch.stop import Stop
from aiprov.batch.work import Call, Job
from aiprov.errors import AiprovError
from batch_world import ToyWork, Witness, World


def say(words: str) -> None:
    os.write(1, f"{words}\n".encode())  # print() must not be entered from a signal handler while it is at work


async def awaiting(call: Call) -> None:
    await asyncio.sleep(3600)


async def polling(call: Call) -> None:
    def poll() -> None:
        while True:
            call.stop.check()
            time.sleep(0.01)

    await asyncio.to_thread(poll)


async def deaf(call: Call) -> None:
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


class Talker(Witness):
    def noted(self, message: str) -> None:
        say(message)


def main(root: str, home: str, quick: str, how: str, *rest: str) -> int:
    waits: Callable[[Call], object] = {"awaiting": awaiting, "polling": polling, "deaf": deaf}[how]

    def work_on(job: Job, call: Call) -> object:
        if len(calls) <= int(quick):
            return None
        say("at work")
        return waits(call)

    calls: list[str] = []

    def adjust(work: ToyWork) -> None:
        work.before, work.workers, work.calls = work_on, 1, calls

    stop = Stop()
    world = World(Path(root), Path(home))
    try:
        with stop.waking(lambda: say("stopping")):
            report = world.shout(work=adjust, stop=stop, wait="wait" in rest, witness=Talker())
    except AiprovError as error:
        say(f"{error.code} {error.message}")
        return error.exit_code
    say(f"{report.ended_by.code if report.ended_by else 'ended'} {report.count('done')}")
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
