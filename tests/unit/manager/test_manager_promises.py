"""Between and around the calls: the disk is waited for, a stop is heard, time and tries are counted right."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.core.failures import Kind
from aiprov.core.requests import ModelCapability, TranscriptionRequest
from aiprov.core.results import Usage
from aiprov.core.routing import ModelFacts
from aiprov.errors import ProviderError, Stopped, StorageError
from aiprov.manager import Chatting
from aiprov.prices import OwnPrice
from aiprov.providers.base import Hooks
from aiprov.providers.fake import FakeProvider
from aiprov.state import State
from manager_world import World, asked, capped, fails, forever, run
from transcribe_world import put_long

DEAR = OwnPrice(usd_per_million_input_tokens=Decimal(1000), usd_per_million_output_tokens=Decimal(2000))
# 100 tokens in and 20 out then cost less than a cent.
CHEAP = OwnPrice(usd_per_million_input_tokens=Decimal(1), usd_per_million_output_tokens=Decimal(2))


class Disk:
    """Takes its time until it is let go; may refuse then."""

    def __init__(self, refusal: StorageError | None = None) -> None:
        self.asked, self.gate, self.refusal = False, threading.Semaphore(0), refusal

    def flush(self) -> None:
        self.asked = True
        self.gate.acquire()
        if self.refusal is not None:
            raise self.refusal


def heard_before_the_disk(folder: Path, disk: Disk, price: OwnPrice | None, patch: pytest.MonkeyPatch) -> bool:
    """Whether the caller has an answer while the disk has not yet got it."""
    key = ("one", "one-chat") if price else ("else", "else")
    world = World(folder, (FakeProvider("one"),), prices={key: price or DEAR})
    with State(folder / "state.sqlite3") as state:
        patch.setattr(state, "flush", disk.flush)
        manager = world.manager(state)

        async def ask() -> bool:
            call = asyncio.create_task(manager.chat_completion(asked()))
            while not (disk.asked or call.done()):
                await asyncio.sleep(0)
            for _ in range(5):  # whoever does not wait is through by now
                await asyncio.sleep(0)
            heard = call.done()
            disk.gate.release(9)
            await call
            return heard

        try:
            return run(ask())
        finally:
            patch.undo()


@pytest.mark.parametrize("price", [DEAR, None], ids=["14 cents", "unknown"])
def test_what_was_paid_is_on_the_disk_before_anybody_hears_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, price: OwnPrice | None
) -> None:
    assert not heard_before_the_disk(tmp_path, Disk(), price, monkeypatch)


def test_for_fractions_of_a_cent_nobody_waits_though_the_disk_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert heard_before_the_disk(tmp_path, Disk(), CHEAP, monkeypatch)


def test_a_disk_that_does_not_take_what_was_paid_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageError, match="full"):
        heard_before_the_disk(tmp_path, Disk(StorageError("the disk is full")), DEAR, monkeypatch)


def test_a_stop_is_heard_between_two_tries(tmp_path: Path) -> None:
    one = FakeProvider("one", forever(Kind.SERVER))
    world = World(tmp_path, (one,))

    def check() -> None:
        if world.clock.slept:
            raise Stopped("stopped")

    with State(tmp_path / "state.sqlite3") as state, pytest.raises(Stopped):
        run(world.manager(state).serve(Chatting(asked()), hooks=Hooks(check=check)))
    assert len(one.calls) == 1


def test_an_item_ends_when_its_time_is_over_and_is_worth_another_run(tmp_path: Path) -> None:
    """A chat may take three calls of 300 s; here each takes 400 s, and fails in a way that is tried four times."""
    one = FakeProvider("one")
    world = World(tmp_path, (one,))

    def slow() -> ProviderError:
        world.clock.seconds += 400
        return fails(Kind.SERVER)[0]

    one._script = iter([slow] * 9)
    error = world.failing()
    assert (error.code, len(one.calls)) == (Kind.SERVER, 3)
    assert error.parked_s is not None


def test_a_part_that_was_tried_again_by_itself_is_not_tried_again_with_the_whole(tmp_path: Path) -> None:
    facts = ModelFacts("one-ear", ModelCapability.TRANSCRIPTION, words=True, segments=True, max_audio_s=15.0)
    one = FakeProvider("one", forever(Kind.SERVER), offers=(facts,))
    recording = put_long(tmp_path / "in", "long.wav", 40)
    with State(tmp_path / "state.sqlite3") as state, pytest.raises(ProviderError) as caught:
        run(World(tmp_path, (one,)).manager(state).transcribe(TranscriptionRequest(recording)))
    tries = Counter(call.clip.start_s for call in one.calls)  # type: ignore[union-attr]
    assert caught.value.code == Kind.SERVER
    assert set(tries.values()) == {4}
    assert len(tries) > 2


def test_waiting_for_room_in_the_budget_is_not_a_try(tmp_path: Path) -> None:
    """The second of two waits for the first, is refused once, and may still make the second of its two calls."""
    script = ["first", *fails(Kind.OVERLOADED), "second"]
    one = FakeProvider("one", script, usage=Usage(input_tokens=5, output_tokens=1), delay_s=0.001)
    world = World(tmp_path, (one,), policy=capped("0.20") | {"calls": 2})
    with State(tmp_path / "state.sqlite3") as state:
        manager = world.manager(state)

        async def both() -> list[str]:
            calls = [manager.chat_completion(asked(text, max_tokens=20)) for text in ("a", "b")]
            return [answer.content for answer in await asyncio.gather(*calls)]

        assert run(both()) == ["first", "second"]
