"""Answers in pieces, and answers that must fit a schema."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aiprov.core.failures import Kind
from aiprov.core.requests import ChatRequest
from aiprov.core.results import ChatResult
from aiprov.errors import ConfigError, ProviderError
from aiprov.providers.base import Hooks
from aiprov.providers.fake import FakeProvider
from aiprov.state import State
from manager_world import COST, World, asked, fails, run

SCHEMA = {
    "type": "object",
    "properties": {"owner": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["owner", "days"],
    "additionalProperties": False,
}
GOOD = json.dumps({"owner": "Maria", "days": 3})


class Breaking(FakeProvider):
    """Its stream breaks after the first piece."""

    async def stream(self, request: ChatRequest, model: str, hooks: Hooks) -> AsyncIterator[str | ChatResult]:
        self.calls.append(request)
        yield "Half of "
        raise ProviderError("the connection broke", provider=self.name, code=Kind.NETWORK)


def streamed(world: World) -> list[Any]:
    async def collect(state: State) -> list[Any]:
        return [piece async for piece in world.manager(state).stream_chat(asked("one two three"))]

    with State(world.folder / "state.sqlite3") as state:
        return run(collect(state))


def test_an_answer_comes_in_pieces_and_last_as_a_whole_with_its_cost(tmp_path: Path) -> None:
    *pieces, whole = streamed(World(tmp_path, (FakeProvider("one"),)))
    assert pieces == ["You ", "said: ", "one ", "two ", "three "]
    assert (whole.content, whole.cost, whole.provider) == ("".join(pieces), COST, "one")


def test_until_the_first_piece_another_is_asked(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one", fails(Kind.AUTH)), FakeProvider("two")))
    *_, whole = streamed(world)
    assert (whole.provider, [attempt.error_code for attempt in whole.attempts]) == ("two", [Kind.AUTH, None])


def test_after_the_first_piece_nobody_else_is_asked_and_the_charge_stays_open(tmp_path: Path) -> None:
    world = World(tmp_path, (Breaking("one"), FakeProvider("two")))
    with pytest.raises(ProviderError) as caught:
        streamed(world)
    assert caught.value.code == "broken_stream"
    assert world.calls() == [1, 0]
    assert world.charges()["one"].unknown == 1


def test_who_stops_listening_stops_the_call(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one"),))

    async def first(state: State) -> Any:
        pieces = world.manager(state).stream_chat(asked("one two three"))
        piece = await anext(pieces)  # type: ignore[call-overload]
        await pieces.aclose()  # type: ignore[attr-defined]
        return piece

    with State(tmp_path / "state.sqlite3") as state:
        assert run(first(state)) == "You "


@pytest.mark.parametrize("text", [GOOD, f"```json\n{GOOD}\n```", f"  {GOOD}\n"])
def test_an_answer_that_fits_its_schema_is_parsed(tmp_path: Path, text: str) -> None:
    answer = World(tmp_path, (FakeProvider("one", [text]),)).chat(response_schema=SCHEMA)
    assert answer.data == {"owner": "Maria", "days": 3}


@pytest.mark.parametrize("bad", ["no JSON at all", '{"owner": "Maria"}', '{"owner": 1, "days": 3}', "[" * 100_000])
def test_one_that_does_not_fit_is_sent_back_once_with_the_reason(tmp_path: Path, bad: str) -> None:
    one = FakeProvider("one", [bad, GOOD])
    answer = World(tmp_path, (one, FakeProvider("two"))).chat(response_schema=SCHEMA)
    assert (answer.data["days"], answer.cost, len(answer.attempts)) == (3, 2 * COST, 2)
    repair = one.calls[1].messages[-1].content  # type: ignore[union-attr]
    assert repair.startswith("This does not fit the schema: ")
    assert "Maria" not in repair


def test_a_second_one_that_does_not_fit_is_no_answer(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one", ["nonsense", "more nonsense"]), FakeProvider("two")))
    error = world.failing(response_schema=SCHEMA)
    assert error.code == Kind.BAD_RESULT
    assert "nonsense" not in error.message
    assert world.charges()["one"].cost == 2 * COST


def test_a_schema_that_is_none_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one"),))
    assert isinstance(world.failing(response_schema={"type": "no such type"}), ConfigError)
    assert world.calls() == [0]


def test_a_repaired_answer_costs_nothing_the_second_time(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one", ["nonsense", GOOD]),))
    world.chat(response_schema=SCHEMA)
    again = world.chat(response_schema=SCHEMA)
    assert (again.data["owner"], again.cost, world.calls()) == ("Maria", Decimal(0), [2])


def test_a_repair_is_asked_with_its_schema_and_what_does_not_fit_is_not_kept(tmp_path: Path) -> None:
    one = FakeProvider("one", ["nonsense", "more nonsense", GOOD])
    world = World(tmp_path, (one,))
    world.failing(response_schema=SCHEMA)
    roles = [message.role for message in one.calls[1].messages]  # type: ignore[union-attr]
    assert roles == ["system", "user", "assistant", "user"]
    assert world.chat(response_schema=SCHEMA).data["owner"] == "Maria"


class Endless(FakeProvider):
    """Its stream stops without an end."""

    async def stream(self, request: ChatRequest, model: str, hooks: Hooks) -> AsyncIterator[str | ChatResult]:
        self.calls.append(request)
        yield "Half of "


def test_a_stream_that_began_is_not_tried_again_whatever_ends_it(tmp_path: Path) -> None:
    world = World(tmp_path, (Endless("one"), FakeProvider("two")))
    with pytest.raises(ProviderError) as caught:
        streamed(world)
    assert (caught.value.code, world.calls()) == ("broken_stream", [1, 0])


def test_an_answer_in_pieces_takes_no_schema(tmp_path: Path) -> None:
    async def first(state: State) -> Any:
        return await anext(
            World(tmp_path, (FakeProvider("one"),)).manager(state).stream_chat(asked(response_schema=SCHEMA))
        )

    with State(tmp_path / "state.sqlite3") as state, pytest.raises(ConfigError):
        run(first(state))
