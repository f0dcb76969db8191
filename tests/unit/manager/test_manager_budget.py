"""Money, privacy and breakers: nothing is spent beyond the cap, sent where it must not go, or asked in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.core.failures import Kind
from aiprov.core.requests import ChatMessage, ChatRequest, Image
from aiprov.core.results import Usage
from aiprov.errors import BudgetReached, ConfigError, ProviderError
from aiprov.providers.base import Request
from aiprov.providers.fake import FakeProvider
from aiprov.state import State
from manager_world import COST, PRICE, World, asked, capped, chats, fails, forever, run

# An answer of 20 tokens, as the fake gives them; what it reads is less than what is reserved for it.
SHORT = {"max_tokens": 20}


def test_a_call_that_could_cross_the_cap_is_not_made(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one"),), policy=capped("0.01"))
    error = world.failing(**SHORT)
    assert isinstance(error, BudgetReached)
    assert world.calls() == [0]


def test_within_the_cap_calls_go_on_until_the_next_could_cross_it(tmp_path: Path) -> None:
    one = FakeProvider("one")
    world = World(tmp_path, (one,), policy=capped("0.60"))
    with State(tmp_path / "state.sqlite3") as state:
        manager = world.manager(state)

        async def ask() -> int:
            for number in range(10):
                await manager.chat_completion(asked(f"question {number}", **SHORT))
            return 10

        with pytest.raises(BudgetReached):
            run(ask())
    assert len(one.calls) == 4
    assert world.charges()["one"].cost == 4 * COST


def test_eight_at_once_never_cross_the_cap_together(tmp_path: Path) -> None:
    one = FakeProvider("one", delay_s=0.001)
    world = World(tmp_path, (one,), policy=capped("0.60"))
    with State(tmp_path / "state.sqlite3") as state:
        manager = world.manager(state)

        async def ask() -> list[object]:
            calls = [manager.chat_completion(asked(f"question {number}", **SHORT)) for number in range(8)]
            return await asyncio.gather(*calls, return_exceptions=True)

        found = run(ask())
    assert any(isinstance(each, BudgetReached) for each in found)
    assert Decimal(0) < world.charges()["one"].cost <= Decimal("0.60")


def test_what_others_reserve_too_much_of_is_waited_for(tmp_path: Path) -> None:
    """Eight at once, of which two can be reserved for: all are answered, since each costs less than it reserves."""
    one = FakeProvider("one", delay_s=0.001, usage=Usage(input_tokens=5, output_tokens=1))
    world = World(tmp_path, (one,), policy=capped("0.30"))
    with State(tmp_path / "state.sqlite3") as state:
        manager = world.manager(state)

        async def ask() -> int:
            return len(
                await asyncio.gather(
                    *(manager.chat_completion(asked(f"question {number}", **SHORT)) for number in range(8))
                )
            )

        assert run(ask()) == 8
    assert world.charges()["one"].cost == 8 * Decimal("0.007")


def test_budget_is_asked_again_on_the_hop_from_a_free_provider_to_a_paid_one(tmp_path: Path) -> None:
    free = FakeProvider("here", fails(Kind.ENGINE, "here"), local=True)
    paid = FakeProvider("paid")
    world = World(tmp_path, (free, paid), policy=capped("0.01"))
    error = world.failing(**SHORT)
    assert (error.code, world.calls()) == (Kind.ENGINE, [1, 0]), "one failed recording does not end a run"
    assert "the run may cost" in error.message or "$0.01" in error.message


def test_who_would_cost_too_much_is_passed_over_for_one_that_is_free(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("paid"), FakeProvider("here", local=True)), policy=capped("0.01"))
    assert world.chat(**SHORT).provider == "here"
    assert world.calls() == [0, 1]


def test_with_a_cap_a_price_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one"),), prices={("else", "else"): PRICE}, policy=capped("100"))
    assert world.failing(**SHORT).code == "unpriced"
    assert world.calls() == [0]


def test_what_a_picture_can_cost_at_most_is_reserved(tmp_path: Path) -> None:
    """Claude's newest take 4784 tokens for one, OpenAI's 2500 patches of two or three tokens at most."""
    offers = chats("one", images=True)
    world = World(tmp_path, (FakeProvider("one", offers=offers),), policy=capped("6.10"))
    request = ChatRequest([ChatMessage("user", "", (Image(b"png", "image/png"),))], max_tokens=20)
    with State(tmp_path / "state.sqlite3") as state, pytest.raises(BudgetReached):
        run(world.manager(state).chat_completion(request))
    world.policy = capped("9")
    with State(tmp_path / "state.sqlite3") as state:
        assert run(world.manager(state).chat_completion(request)).provider == "one"


def test_with_privacy_local_no_other_provider_is_asked_and_nothing_is_done_when_there_is_none(tmp_path: Path) -> None:
    cloud, here = FakeProvider("cloud"), FakeProvider("here", forever(Kind.ENGINE, "here"), local=True)
    world = World(tmp_path, (cloud, here), policy={"privacy": "local"})
    assert world.failing().code == Kind.ENGINE
    world.providers = (cloud,)
    error = world.failing()
    assert isinstance(error, ConfigError)
    assert error.code == "privacy"
    assert cloud.calls == []


def test_without_leave_what_begins_here_does_not_go_to_the_cloud_when_it_fails(tmp_path: Path) -> None:
    here, cloud = FakeProvider("here", forever(Kind.ENGINE, "here"), local=True), FakeProvider("cloud")
    world = World(tmp_path, (here, cloud), policy={"cloud_fallback": "never"})
    assert world.failing().code == Kind.ENGINE
    assert cloud.calls == []
    world.policy = {"cloud_fallback": "allow"}
    assert world.chat().provider == "cloud"


def test_without_leave_the_cloud_may_still_come_first_and_fall_back_to_here(tmp_path: Path) -> None:
    cloud, here = FakeProvider("cloud", forever(Kind.AUTH, "cloud")), FakeProvider("here", local=True)
    assert World(tmp_path, (cloud, here), policy={"cloud_fallback": "never"}).chat().provider == "here"


def test_a_provider_that_keeps_failing_is_left_alone_by_the_next_process_too(tmp_path: Path) -> None:
    one, two = FakeProvider("one", forever(Kind.SERVER)), FakeProvider("two")
    world = World(tmp_path, (one, two))
    for number in range(3):
        assert world.chat(f"question {number}").provider == "two"
    asked_before = len(one.calls)
    assert asked_before >= 5
    assert world.chat("one more").provider == "two"
    assert len(one.calls) == asked_before


def test_one_real_item_closes_the_breaker_again(tmp_path: Path) -> None:
    one, two = FakeProvider("one", fails(Kind.SERVER, times=5)), FakeProvider("two")
    world = World(tmp_path, (one, two))
    for number in range(2):
        world.chat(f"question {number}")
    assert len(one.calls) == 5
    world.clock.seconds += 7200
    assert world.chat("is it back?").provider == "one"
    assert world.chat("is it really?").provider == "one"


def test_a_spent_account_stops_all_of_its_models_at_once(tmp_path: Path) -> None:
    one, two = FakeProvider("one", fails(Kind.QUOTA)), FakeProvider("two")
    world = World(tmp_path, (one, two))
    world.chat("first")
    world.chat("second")
    assert len(one.calls) == 1


def test_when_everybody_is_held_back_the_error_says_for_how_long(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one", forever(Kind.AUTH)),))
    world.failing("first")
    error = world.failing("second")
    assert isinstance(error, ProviderError)
    assert error.code == Kind.AUTH
    assert error.parked_s is not None
    assert error.parked_s >= 3600
    assert world.calls() == [1]


def test_a_new_key_is_another_account(tmp_path: Path) -> None:
    from aiprov.providers.registry import account_of

    assert account_of("openai", "sk-first-key-0123") != account_of("openai", "sk-other-key-0123")
    assert "first" not in account_of("openai", "sk-first-key-0123")


class Absent(FakeProvider):
    """A local engine that is not installed."""

    def identity(self, request: Request, model: str) -> Mapping[str, object]:
        raise ConfigError("the engine is not installed", code="not_installed")


def test_without_leave_an_engine_that_is_not_installed_sends_nothing_to_the_cloud_either(tmp_path: Path) -> None:
    here, cloud = Absent("here", local=True), FakeProvider("cloud")
    error = World(tmp_path, (here, cloud), policy={"cloud_fallback": "never"}).failing()
    assert (error.code, cloud.calls) == ("not_installed", [])


def test_a_rate_limit_is_waited_out_by_every_item_when_nobody_else_is_left(tmp_path: Path) -> None:
    one = FakeProvider("one", fails(Kind.RATE_LIMITED, after=20.0))
    world = World(tmp_path, (one,))
    with State(tmp_path / "state.sqlite3", now=world.clock.time().now) as state:
        manager = world.manager(state)

        async def ask() -> list[object]:
            return await asyncio.gather(
                *(manager.chat_completion(asked(f"question {number}")) for number in range(12)), return_exceptions=True
            )

        answers = run(ask())
    assert [getattr(each, "provider", each) for each in answers] == ["one"] * 12


def test_an_item_that_ends_before_its_call_gives_its_probe_back(tmp_path: Path) -> None:
    one, two = FakeProvider("one", fails(Kind.QUOTA)), FakeProvider("two")
    world = World(tmp_path, (one, two))
    world.chat("first")
    world.clock.seconds += 7200
    world.policy = capped("0.0001")
    assert isinstance(world.failing("too dear"), BudgetReached)
    world.policy = {}
    assert world.chat("second").provider == "one"


def test_an_answer_that_a_cap_cut_short_is_not_the_answer_without_a_cap(tmp_path: Path) -> None:
    one = FakeProvider("one")
    world = World(tmp_path, (one,), policy=capped("100"))
    world.chat()
    world.policy = {}
    assert world.chat().attempts
    assert [call.max_tokens for call in one.calls] == [4096, None]  # type: ignore[union-attr]


def test_equal_requests_at_the_same_time_are_one(tmp_path: Path) -> None:
    one = FakeProvider("one", delay_s=0.001)
    world = World(tmp_path, (one,))
    with State(tmp_path / "state.sqlite3") as state:
        manager = world.manager(state)

        async def ask() -> list[object]:
            return await asyncio.gather(*(manager.chat_completion(asked("the same")) for _ in range(5)))

        run(ask())
    assert len(one.calls) == 1


def test_who_is_named_is_asked_whatever_a_models_name_begins_with(tmp_path: Path) -> None:
    cloud, here = FakeProvider("cloud"), FakeProvider("here", local=True)
    world = World(tmp_path, (cloud, here))
    assert isinstance(world.failing(provider="here", model="cloud/cloud-chat"), ConfigError)
    assert cloud.calls == []
