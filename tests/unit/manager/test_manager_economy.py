"""What a call does no more often than it has to: look at the state, hash the request, ask for prices."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.failures import Kind
from aiprov.errors import ProviderError
from aiprov.manager import Chatting, ProviderManager
from aiprov.prices import PriceBook
from aiprov.providers.fake import FakeProvider
from aiprov.state import State
from manager_world import World, asked, fails, run


def test_a_call_makes_two_transactions_and_four_looks_outside_them(tmp_path: Path) -> None:
    with State(tmp_path / "state.sqlite3") as state:
        manager = World(tmp_path, (FakeProvider("one"), FakeProvider("two"))).manager(state)
        run(manager.chat_completion(asked("first")))
        statements: list[str] = []
        state._connection.set_trace_callback(statements.append)
        run(manager.chat_completion(asked("second")))
    inside, looks, begun = False, 0, 0
    for statement in statements:
        begun += statement == "BEGIN IMMEDIATE"
        inside = (inside or statement == "BEGIN IMMEDIATE") and statement != "COMMIT"
        looks += statement.startswith("SELECT") and not inside
    assert (begun, looks) == (2, 4)


def test_a_stored_answer_is_one_look_whoever_could_have_given_it(tmp_path: Path) -> None:
    everybody = tuple(FakeProvider(f"p{number}") for number in range(9))
    with State(tmp_path / "state.sqlite3") as state:
        manager = World(tmp_path, everybody).manager(state)
        run(manager.chat_completion(asked(), "p8"))
        statements: list[str] = []
        state._connection.set_trace_callback(statements.append)
        assert run(manager.chat_completion(asked())).provider == "p8"
    assert len([statement for statement in statements if "FROM answers" in statement]) == 1


def test_only_who_is_asked_has_a_price_unless_somebody_looks_at_prices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    priced: list[str] = []
    expected = PriceBook.expected

    def noted(book: PriceBook, provider: str, model: str, **work: Any) -> Any:
        priced.append(provider)
        return expected(book, provider, model, **work)

    monkeypatch.setattr(PriceBook, "expected", noted)
    with State(tmp_path / "state.sqlite3") as state:
        manager = World(tmp_path, (FakeProvider("one"), FakeProvider("two"))).manager(state)
        run(manager.chat_completion(asked()))
        assert set(priced) == {"one"}
        assert all(each.cost is not None for each in manager.route(Chatting(asked())).order)


def test_a_request_is_hashed_once_for_each_who_could_answer_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    identity = FakeProvider.identity

    def noted(provider: FakeProvider, *request: Any) -> Any:
        hashed.append(provider.name)
        return identity(provider, *request)

    monkeypatch.setattr(FakeProvider, "identity", noted)
    with State(tmp_path / "state.sqlite3") as state:
        manager = World(tmp_path, (FakeProvider("one", fails(Kind.QUOTA)), FakeProvider("two"))).manager(state)
        found = run(manager.chat_completion(asked()))
        assert sorted(hashed) == ["one", "two"]
        assert found.provenance is not None
        assert state.answer(found.provenance.request_hash)
        assert run(manager.chat_completion(asked())).provenance.request_hash == found.provenance.request_hash  # type: ignore[union-attr]


def test_who_waits_for_an_equal_request_goes_on_with_the_providers_of_before(tmp_path: Path) -> None:
    one = FakeProvider("one", [*fails(Kind.INVALID_REQUEST), "yes"], delay_s=0.001)
    world = World(tmp_path, (one,))

    async def ask(manager: ProviderManager) -> list[Any]:
        calls = [asyncio.create_task(manager.chat_completion(asked())) for _ in range(2)]
        await asyncio.sleep(0)  # both are under way, the second behind the first
        world.providers = (FakeProvider("another"),)
        manager.roster = world.roster()
        return await asyncio.gather(*calls, return_exceptions=True)

    with State(tmp_path / "state.sqlite3") as state:
        failed, answered = run(ask(world.manager(state)))
    assert isinstance(failed, ProviderError)
    assert (answered.provider, answered.content) == ("one", "yes")
