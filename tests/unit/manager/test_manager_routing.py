"""Who answers, who is asked when one fails, and what the answer says of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.core.failures import Kind
from aiprov.core.requests import ModelCapability
from aiprov.core.results import Usage
from aiprov.errors import ConfigError, ProviderError
from aiprov.prices import OwnPrice
from aiprov.providers.fake import FakeProvider
from aiprov.state import State
from manager_world import COST, World, asked, chats, fails, forever, run


def two(folder: Path, *script: object, **more: object) -> World:
    return World(folder, (FakeProvider("one", script), FakeProvider("two")), **more)  # type: ignore[arg-type]


def test_an_answer_says_who_gave_it_for_how_much_and_why_from_there(tmp_path: Path) -> None:
    answer = two(tmp_path).chat()
    assert (answer.content, answer.provider, answer.model, answer.cost) == ("You said: hello", "one", "one-chat", COST)
    (attempt,) = answer.attempts
    assert (attempt.provider, attempt.outcome, attempt.cost, attempt.error_code) == ("one", "ok", COST, None)
    origin = answer.provenance
    assert (origin.model_asked, origin.host, origin.strategy) == ("one-chat", "fake.invalid", "fallback")
    assert origin.reason == "the first in order of priority (10)"
    assert origin.price_source.startswith("aiprov.yaml")
    assert len(origin.request_hash) == 64


@pytest.mark.parametrize("kind", [Kind.QUOTA, Kind.AUTH, Kind.NOT_FOUND, Kind.RATE_LIMITED, Kind.CONTEXT_LENGTH])
def test_a_failure_that_another_could_survive_is_handed_on_at_once(tmp_path: Path, kind: Kind) -> None:
    world = two(tmp_path, *fails(kind, times=9))
    answer = world.chat()
    assert (answer.provider, world.calls(), world.clock.slept) == ("two", [1, 1], [])
    assert [(a.provider, a.outcome, a.error_code) for a in answer.attempts] == [
        ("one", "failed", kind),
        ("two", "ok", None),
    ]
    assert answer.provenance.reason == "the one before it failed"


def test_a_server_error_is_tried_three_times_more_with_waits_before_the_next_is_asked(tmp_path: Path) -> None:
    world = two(tmp_path, *fails(Kind.SERVER, times=9))
    assert world.chat().provider == "two"
    assert world.calls() == [4, 1]
    assert world.clock.slept == [0.25, 0.5, 1.0]  # half of the ceiling: chance is 0.5 here


def test_what_recovers_answers_itself(tmp_path: Path) -> None:
    world = two(tmp_path, *fails(Kind.OVERLOADED, times=2), "at last")
    answer = world.chat()
    assert (answer.content, answer.provider, len(answer.attempts)) == ("at last", "one", 3)


def test_a_wrong_request_is_not_tried_elsewhere(tmp_path: Path) -> None:
    world = two(tmp_path, *fails(Kind.INVALID_REQUEST))
    assert world.failing().code == Kind.INVALID_REQUEST
    assert world.calls() == [1, 0]


def test_with_the_strategy_priority_the_failure_of_the_first_is_the_answer(tmp_path: Path) -> None:
    world = two(tmp_path, *fails(Kind.AUTH), strategy="priority")
    assert world.failing().code == Kind.AUTH
    assert world.calls() == [1, 0]


def test_who_is_named_is_the_only_one_asked(tmp_path: Path) -> None:
    world = two(tmp_path)
    assert world.chat(provider="two").provider == "two"
    assert world.chat("again", model="two/two-chat").provider == "two"
    assert world.calls() == [0, 2]


def test_a_provider_or_model_that_nobody_has_is_named(tmp_path: Path) -> None:
    world = two(tmp_path)
    missing = world.failing(provider="three")
    assert isinstance(missing, ConfigError)
    assert "three" in missing.message
    assert "one, two" in str(missing.hint)
    assert "'gpt-9'" in world.failing(model="gpt-9").message


def test_when_all_fail_every_failure_is_told_in_order(tmp_path: Path) -> None:
    world = World(
        tmp_path,
        (FakeProvider("one", forever(Kind.QUOTA)), FakeProvider("two", forever(Kind.AUTH, "two"))),
    )
    error = world.failing()
    assert isinstance(error, ProviderError)
    assert error.message.index("one quota_exhausted") < error.message.index("two auth")
    assert [a.error_code for a in error.attempts] == [Kind.QUOTA, Kind.AUTH]  # type: ignore[attr-defined]


def test_a_wait_that_is_asked_for_is_kept_and_a_long_one_parks(tmp_path: Path) -> None:
    alone = World(tmp_path, (FakeProvider("one", [*fails(Kind.RATE_LIMITED, after=2.0), "yes"]),))
    assert alone.chat().content == "yes"
    assert alone.clock.slept == [2.0]
    parked = World(tmp_path / "other", (FakeProvider("one", forever_after(100_000.0)),)).failing()
    assert parked.parked_s == 100_000.0


def forever_after(seconds: float) -> list[ProviderError]:
    return fails(Kind.RATE_LIMITED, times=9, after=seconds)


def test_no_item_makes_more_calls_than_its_policy_allows(tmp_path: Path) -> None:
    world = two(tmp_path, *fails(Kind.SERVER, times=99), policy={"calls": 3})
    assert world.failing().code == Kind.SERVER
    assert world.calls() == [3, 0]


def test_an_empty_answer_is_paid_tried_once_more_and_then_handed_on(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one", [" ", " "]), FakeProvider("two")))
    answer = world.chat()
    assert (answer.provider, world.calls()) == ("two", [2, 1])
    assert [attempt.error_code for attempt in answer.attempts] == [Kind.BAD_RESULT, Kind.BAD_RESULT, None]
    assert world.charges()["one"].cost == 2 * COST


def test_the_cheapest_for_this_very_request_is_asked_first(tmp_path: Path) -> None:
    dear_to_read = OwnPrice(usd_per_million_input_tokens=Decimal(3), usd_per_million_output_tokens=Decimal(1))
    dear_to_write = OwnPrice(usd_per_million_input_tokens=Decimal(1), usd_per_million_output_tokens=Decimal(60))
    prices = {("one", "one-chat"): dear_to_read, ("two", "two-chat"): dear_to_write}
    world = two(tmp_path, strategy="cost_optimized", prices=prices)
    assert world.chat("short", max_tokens=4000).provider == "one"
    assert world.chat("long " * 60_000, max_tokens=100).provider == "two"


def test_an_unknown_price_is_never_chosen_over_a_known_one_and_local_beats_all(tmp_path: Path) -> None:
    prices = {("two", "two-chat"): OwnPrice(Decimal(999), Decimal(999))}
    world = two(tmp_path, strategy="cost_optimized", prices=prices)
    assert world.chat().provider == "two"
    world.providers += (FakeProvider("here", local=True),)
    answer = world.chat("other")
    assert (answer.provider, answer.cost, answer.provenance.host) == ("here", Decimal(0), None)


def test_a_model_that_cannot_do_it_is_left_out_and_the_error_says_why(tmp_path: Path) -> None:
    small, large = FakeProvider("one", offers=chats("one", context_tokens=500)), FakeProvider("two")
    world = World(tmp_path, (small, large))
    assert world.chat("word " * 2000).provider == "two"
    world.providers = (small,)
    error = world.failing("word " * 2000)
    assert isinstance(error, ConfigError)
    assert "one (one-chat) reads 500 tokens" in error.message


def test_the_same_request_is_answered_from_the_state_whoever_answered_it(tmp_path: Path) -> None:
    world = two(tmp_path, *fails(Kind.AUTH))
    first, second = world.chat(), world.chat()
    assert world.calls() == [1, 1]
    assert (second.content, second.provider, second.cost, second.attempts) == (first.content, "two", Decimal(0), ())
    assert second.provenance.stored
    assert world.chat(temperature=0.7).attempts, "a temperature asks for variety"
    assert world.chat(temperature=0.7).attempts


def test_usage_is_priced_as_the_provider_counted_it(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one", usage=Usage(input_tokens=1_000_000, output_tokens=1)),))
    answer = world.chat()
    assert answer.cost == Decimal("1000.002000000")
    assert answer.usage.input_tokens == 1_000_000


def test_a_price_that_nobody_knows_is_unknown_and_not_zero(tmp_path: Path) -> None:
    world = World(tmp_path, (FakeProvider("one"),), prices={("else", "else"): OwnPrice(Decimal(1), Decimal(1))})
    assert world.chat().cost is None
    row = world.charges()["one"]
    assert (row.unpriced, row.cost) == (1, Decimal(0))


def test_another_roster_takes_effect_with_the_next_call(tmp_path: Path) -> None:
    world = two(tmp_path)
    with State(tmp_path / "state.sqlite3") as state:
        manager = world.manager(state)
        assert run(manager.chat_completion(asked("a"))).provider == "one"
        world.providers = (FakeProvider("three"),)
        manager.roster = world.roster()
        assert run(manager.chat_completion(asked("b"))).provider == "three"


def test_providers_are_compared_by_what_this_request_would_cost_without_a_call(tmp_path: Path) -> None:
    world = two(tmp_path, prices={("two", "two-chat"): OwnPrice(Decimal(1), Decimal(2))})
    world.providers += (FakeProvider("here", local=True),)
    with State(tmp_path / "state.sqlite3") as state:
        manager = world.manager(state)
        found = run(manager.compare_providers(asked(max_tokens=500), ModelCapability.CHAT))
    assert [row["provider"] for row in found["providers"]] == ["here", "two", "one"]
    assert found["cheapest"] == "here/here-chat"
    here, second, unknown = found["providers"]
    assert here["cost"]["total_cost"] == 0
    assert second["cost"]["usd_per_million_output_tokens"] == 2.0
    assert second["cost"]["total_cost"] == pytest.approx(0.001, rel=0.1)
    assert unknown["cost"] is None
    assert world.calls() == [0, 0, 0]
