"""Limits that the user states of a provider, texts by the hundred, and a configuration that changes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.core.failures import Kind
from aiprov.core.requests import EmbeddingRequest
from aiprov.core.results import ChatResult
from aiprov.errors import ProviderError
from aiprov.manager import Chatting, Pace
from aiprov.manager.batching import batched
from aiprov.manager.flushing import Flushing
from aiprov.manager.loop import Item
from aiprov.manager.under_way import UnderWay
from aiprov.prices import OwnPrice
from aiprov.providers.base import Hooks
from aiprov.providers.fake import FakeProvider
from aiprov.state import State
from manager_world import World, asked, fails, run


def test_calls_are_spaced_so_that_no_minute_has_more_than_it_may() -> None:
    pace = Pace(requests=60)
    assert [pace.wait_s(100.0, 10) for _ in range(4)] == [0.0, 1.0, 2.0, 3.0]
    assert pace.wait_s(500.0, 10) == 0.0


def test_tokens_are_paced_likewise_and_the_tighter_limit_counts() -> None:
    pace = Pace(requests=6000, tokens=600)
    assert [pace.wait_s(0.0, 100), pace.wait_s(0.0, 10), pace.wait_s(0.0, 1)] == [0.0, 10.0, 11.0]


def test_a_provider_with_a_pace_is_waited_for(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one"),))
    with State(tmp_path / "state.sqlite3") as state:
        manager = world.manager(state)
        entry = replace(manager.roster.entries[0], pace=Pace(requests=30))
        manager.roster = replace(manager.roster, entries=(entry,))
        for number in range(3):
            run(manager.chat_completion(asked(f"question {number}")))
    assert world.clock.slept == [0.0, 2.0, 2.0]


def test_texts_keep_their_order_over_batches_and_no_batch_is_too_large() -> None:
    texts = [f"text {number}" for number in range(1300)] + ["long " * 100_000, "x" * 399_999, "end"]
    batches = batched(texts)
    assert [text for batch in batches for text in batch] == texts
    assert all(len(batch) <= 512 for batch in batches)
    assert all(sum(map(len, batch)) <= 400_000 or len(batch) == 1 for batch in batches)
    assert batched([]) == [[]]


def embed(world: World, texts: list[str]) -> object:
    with State(world.folder / "state.sqlite3") as state:
        return run(world.manager(state).generate_embedding(EmbeddingRequest(texts)))


def test_many_texts_are_embedded_by_one_provider_and_paid_once(tmp_path: Path) -> None:
    prices = {
        (name, f"{name}-embedding"): OwnPrice(usd_per_million_input_tokens=Decimal(10)) for name in ("one", "two")
    }
    one, two = FakeProvider("one"), FakeProvider("two")
    world = World(tmp_path, (one, two), prices=prices)
    texts = [f"text {number}" for number in range(1100)]
    found = embed(world, texts)
    assert len(found.embeddings) == 1100  # type: ignore[attr-defined]
    assert found.embeddings[1099] == embed(world, ["text 1099"]).embeddings[0]  # type: ignore[attr-defined]
    assert (found.cost, len(found.attempts)) == (Decimal("0.003"), 3)  # type: ignore[attr-defined]
    again = embed(world, texts)
    assert (again.cost, again.embeddings) == (0, found.embeddings)  # type: ignore[attr-defined]
    assert two.calls == []


def test_vectors_of_two_models_are_never_mixed(tmp_path: Path) -> None:
    one = FakeProvider("one", [lambda: None, *fails(Kind.QUOTA, times=3)])
    world = World(tmp_path, (one, FakeProvider("two")))
    with pytest.raises(ProviderError, match="quota"):
        embed(world, [f"text {number}" for number in range(600)])


def test_waiting_for_its_pace_does_not_eat_the_time_of_an_item(tmp_path: Path) -> None:
    """One call an hour: the second waits longer than an item may take, and is answered."""
    left: list[float] = []
    world = World(tmp_path, (FakeProvider("one"),))

    class Watching(Item[ChatResult]):
        def left_s(self) -> float:
            left.append(Item.left_s(self))
            return left[-1]

    with State(tmp_path / "state.sqlite3") as state:
        manager = world.manager(state)
        entry = replace(manager.roster.entries[0], pace=Pace(tokens=20))
        manager.roster = replace(manager.roster, entries=(entry,))
        for number in range(2):
            task = Chatting(asked(f"question {number}"), reusable=False)
            item = Watching(task, manager.roster, state, "a run", Hooks(), world.clock.time(), *shared(state))
            run(item.served(manager.route(task).order))
    assert world.clock.slept[1] > 900
    assert min(left) > 800


def shared(state: State) -> tuple[Flushing, UnderWay]:
    return Flushing(state.flush), UnderWay()
