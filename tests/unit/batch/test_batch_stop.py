from __future__ import annotations

import os
import signal
import threading

import pytest

from aiprov.batch.stop import Stop
from aiprov.errors import Stopped


def test_nothing_is_raised_until_somebody_asks() -> None:
    stop = Stop()
    stop.check()
    assert not stop.requested
    stop.request()
    assert stop.requested
    with pytest.raises(Stopped) as caught:
        stop.check()
    assert caught.value.exit_code == 130
    assert "same command again" in str(caught.value.hint)


def test_a_request_wakes_everybody_once() -> None:
    stop, woken = Stop(), []
    with stop.waking(lambda: woken.append("a")), stop.waking(lambda: woken.append("b")):
        stop.request()
        stop.request()
    assert woken == ["a", "b"]


def test_nobody_is_woken_after_leaving() -> None:
    stop, woken = Stop(), []
    with stop.waking(lambda: woken.append("a")):
        pass
    stop.request()
    assert woken == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_a_request_and_the_old_handler_comes_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    stop = Stop()
    with stop.on_signals():
        os.kill(os.getpid(), number)
        assert stop.requested
    assert signal.getsignal(number) is before


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop = Stop()
        with stop.on_signals():
            os.kill(os.getpid(), signal.SIGHUP)
        assert not stop.requested
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_second_signal_ends_the_process_even_after_a_request_by_the_program() -> None:
    pid = os.fork()
    if pid == 0:
        stop = Stop()
        stop.request()
        with stop.on_signals():
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def other_thread() -> None:
        with Stop().on_signals():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=other_thread)
    thread.start()
    thread.join()
    assert seen == [before]
