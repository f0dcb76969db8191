"""The very same request in several processes: one pays, the others wait for its answer. Runs stand for processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.failures import Kind
from aiprov.core.requests import ModelCapability, TranscriptionRequest
from aiprov.core.results import Transcript
from aiprov.core.routing import ModelFacts
from aiprov.errors import ProviderError, Stopped
from aiprov.manager import Chatting, Transcribing
from aiprov.providers.base import Hooks
from aiprov.providers.fake import FakeProvider
from aiprov.state import State
from manager_world import COST, World, asked, run
from transcribe_world import put_long

TASK = Chatting(asked())


@dataclass
class Other:
    """Another process that is asking the same, and does something while it is waited for.

    Attributes:
        then: What it does at each look: it gets the state, the attempt, and how many looks there were before.
    """

    world: World
    then: Callable[[State, int, int], object] = lambda state, attempt, looks: None
    looks: list[float] = field(default_factory=list)

    def meet(self, task: Any = TASK, **more: Any) -> Any:
        """Serve the task while the other is under way."""
        path = self.world.folder / "state.sqlite3"
        with State(path) as theirs, State(path) as ours:
            manager = self.world.manager(ours)
            attempt = begun(theirs, manager.route(task).hashes(task.content)[0])

            async def sleep(seconds: float) -> None:
                self.then(theirs, attempt, len(self.looks))
                self.looks.append(seconds)
                await self.world.clock.sleep(seconds)

            manager._time = replace(self.world.clock.time(), sleep=sleep)
            return run(manager.serve(task, **more))


def begun(state: State, hashed: str, run_id: str = "") -> int:
    run_id = run_id or state.begin_run("other")
    return state.begin_attempt(
        run_id, operation="chat", provider="one", model="m", request_hash=hashed, path=Path("chat")
    )


def answers(state: State, attempt: int, looks: int) -> None:
    """The other gets its answer at the third look."""
    if looks == 2:
        content = TASK.encode(run_apart(FakeProvider("one", ["from there"])))
        state.settle(attempt, cost=COST, usage={}, answer=content)


def run_apart(provider: FakeProvider) -> Any:
    with ThreadPoolExecutor(1) as threads:  # an event loop is running here
        return threads.submit(run, provider.chat(asked(), "one-chat", Hooks())).result()


def test_who_asks_the_same_waits_for_the_answer_of_the_other_and_pays_nothing(tmp_path: Path) -> None:
    one = FakeProvider("one")
    other = Other(World(tmp_path, (one,)), answers)
    found = other.meet()
    assert (found.content, found.cost, found.attempts, found.provenance.stored) == ("from there", 0, (), True)
    assert (len(other.looks), one.calls) == (3, [])
    assert other.world.charges()["one"].cost == COST


def test_when_the_other_dies_or_fails_the_request_goes_on(tmp_path: Path) -> None:
    ends: list[Callable[[State, int], object]] = [
        lambda state, _attempt: state.close(),
        lambda state, attempt: state.fail(attempt, Kind.SERVER),
    ]
    for number, end in enumerate(ends):
        one = FakeProvider("one", ["from here"])
        other = Other(
            World(tmp_path / str(number), (one,)), lambda state, at, looks, end=end: looks != 1 or end(state, at)
        )
        found = other.meet()
        assert (found.content, found.cost, len(other.looks), len(one.calls)) == ("from here", COST, 2, 1)


def test_nobody_waits_longer_than_an_item_may_take(tmp_path: Path) -> None:
    one = FakeProvider("one")
    other = Other(World(tmp_path, (one,)))
    with pytest.raises(ProviderError, match="another process is asking one") as caught:
        other.meet()
    assert (caught.value.code, one.calls) == (Kind.TIMEOUT, [])
    assert caught.value.parked_s is not None
    assert 800 < other.world.clock.seconds < 1000


def test_who_waits_can_be_stopped(tmp_path: Path) -> None:
    other = Other(World(tmp_path, (FakeProvider("one"),)))

    def check() -> None:
        if other.looks:
            raise Stopped("stopped")

    with pytest.raises(Stopped):
        other.meet(hooks=Hooks(check=check))
    assert len(other.looks) == 1


def test_what_is_asked_anew_does_not_wait(tmp_path: Path) -> None:
    recording = put_long(tmp_path / "in", "short.wav", 2)
    forced = Transcribing(TranscriptionRequest(recording), "content", 2.0, reusable=False, fresh=True)
    for number, task in enumerate((replace(TASK, reusable=False), forced)):
        one = FakeProvider("one")
        other = Other(World(tmp_path / str(number), (one,)))
        other.meet(task)
        assert (len(one.calls), other.looks) == (1, [])


def test_another_request_does_not_wait(tmp_path: Path) -> None:
    one = FakeProvider("one")
    with State(tmp_path / "state.sqlite3") as theirs, State(tmp_path / "state.sqlite3") as ours:
        begun(theirs, "f" * 64)
        run(World(tmp_path, (one,)).manager(ours).serve(TASK))
    assert len(one.calls) == 1


def test_an_attempt_of_the_own_run_that_never_came_back_holds_nobody_up(tmp_path: Path) -> None:
    one = FakeProvider("one")
    with State(tmp_path / "state.sqlite3") as state:
        manager, run_id = World(tmp_path, (one,)).manager(state), state.begin_run("library")
        begun(state, manager.route(TASK).hashes(TASK.content)[0], run_id)
        run(manager.serve(TASK, run_id=run_id))
    assert len(one.calls) == 1


def test_a_local_engine_waits_for_nobody(tmp_path: Path) -> None:
    here = FakeProvider("one", local=True)
    other = Other(World(tmp_path, (here,)))
    assert other.meet().provider == "one"
    assert other.looks == []


def test_of_eight_that_ask_at_the_same_moment_one_pays(tmp_path: Path) -> None:
    one = FakeProvider("one", delay_s=0.05)
    world = World(tmp_path, (one,))
    State(tmp_path / "state.sqlite3").close()

    def ask(_: int) -> str:
        with State(tmp_path / "state.sqlite3") as state:
            manager = world.manager(state)
            manager._time = replace(world.clock.time(), sleep=lambda _: asyncio.sleep(0.005))
            return str(run(manager.serve(TASK)).content)

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(8))) == {"You said: hello"}
    assert len(one.calls) == 1
    assert world.charges()["one"].cost == COST


def test_of_two_runs_over_one_recording_in_parts_each_part_is_paid_once(tmp_path: Path) -> None:
    facts = ModelFacts("one-ear", ModelCapability.TRANSCRIPTION, words=True, segments=True, max_audio_s=10.0)
    one = FakeProvider("one", offers=(facts,), delay_s=0.01)
    world = World(tmp_path, (one,))
    recording = put_long(tmp_path / "in", "long.wav", 40)
    task = Transcribing(TranscriptionRequest(recording), "content", 40.0, reusable=False)
    State(tmp_path / "state.sqlite3").close()

    def transcribe(_: int) -> Transcript:
        with State(tmp_path / "state.sqlite3") as state:
            manager = world.manager(state)
            manager._time = replace(world.clock.time(), sleep=lambda _: asyncio.sleep(0.005))
            return run(manager.serve(task))

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(transcribe, range(2))
    assert first.text == second.text
    parts = [call.clip.start_s for call in one.calls]  # type: ignore[union-attr]
    assert len(parts) == len(set(parts)) > 3
