"""Asking a run to stop: a token that long work looks at, and the signals that set it. Knows nothing of the work."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from aiprov.errors import Stopped

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_EXIT_CODE = Stopped.exit_code


class Stop:
    """Set once, for good. Any thread may ask; nothing here takes a lock, so a signal handler may set it."""

    def __init__(self) -> None:
        self._requested = False
        self._signalled = False
        self._wakers: list[Callable[[], object]] = []

    @property
    def requested(self) -> bool:
        """Whether the run was asked to stop."""
        return self._requested

    def request(self) -> None:
        """Ask the run to stop. Only the first call does anything."""
        if self._requested:
            return
        self._requested = True
        for wake in tuple(self._wakers):
            wake()

    def check(self) -> None:
        """Return at once, or raise Stopped when the run was asked to stop."""
        if self._requested:
            raise self.error()

    def error(self) -> Stopped:
        """What a stopped run ends with."""
        return Stopped(
            "stopped as asked; everything that was finished is kept", "run the same command again to go on from here"
        )

    @contextlib.contextmanager
    def waking(self, wake: Callable[[], object]) -> Iterator[None]:
        """Inside, the request calls `wake`, in the thread that asks and perhaps inside a signal handler."""
        self._wakers.append(wake)
        try:
            yield
        finally:
            self._wakers.remove(wake)

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Inside, the first SIGINT, SIGTERM or SIGHUP asks to stop, and the second ends the process at once.

        A signal that the process was told to ignore (as `nohup` does) stays ignored. Does nothing outside the main
        thread, where Python allows no signal handlers.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        # A plain handler, not the event loop's: it also runs while a callback keeps the loop busy.
        former = {each: signal.getsignal(each) for each in _SIGNALS}
        heeded = [each for each, handler in former.items() if handler is not signal.SIG_IGN]
        for each in heeded:
            signal.signal(each, self._on_signal)
        try:
            yield
        finally:
            for each in heeded:
                signal.signal(each, former[each])

    def _on_signal(self, *_: Any) -> None:
        if self._signalled:
            # Every write is atomic, so dying here is as safe as being killed.
            os._exit(_EXIT_CODE)
        self._signalled = True
        self.request()
