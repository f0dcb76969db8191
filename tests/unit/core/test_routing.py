"""Who is asked, in which order, and what follows from a failure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from aiprov.core.failures import RULES, Kind
from aiprov.core.requests import ModelCapability
from aiprov.core.routing import (
    PATIENCE_S,
    Candidate,
    Decision,
    ModelFacts,
    Need,
    Standing,
    backoff_s,
    decide,
    ordered,
    unfit,
)

CHAT, SPEECH = ModelCapability.CHAT, ModelCapability.TRANSCRIPTION
TODAY = "2026-11-24"


def candidate(provider: str, priority: int = 50, cost: str | None = "0.1", **more: object) -> Candidate:
    facts = ModelFacts(f"{provider}-model", CHAT)
    return Candidate(provider, facts, priority, cost=None if cost is None else Decimal(cost), **more)  # type: ignore[arg-type]


def names(candidates: list[Candidate]) -> list[str]:
    return [each.provider for each in candidates]


def test_fallback_goes_by_priority_whatever_it_costs() -> None:
    found = [candidate("local", 100, "0"), candidate("anthropic", 60, "0.01"), candidate("openai", 50, "9")]
    assert names(ordered(found, "fallback")) == ["openai", "anthropic", "local"]


def test_priority_has_one_candidate_and_no_other() -> None:
    found = [candidate("local", 100), candidate("openai", 50, refusal="has no key"), candidate("anthropic", 60)]
    assert names(ordered(found, "priority")) == ["anthropic"]


def test_cost_optimized_takes_what_is_free_first_then_the_cheapest_and_unknown_prices_last() -> None:
    found = [candidate("a", 1, None), candidate("b", 2, "0.2"), candidate("c", 3, "0.1"), candidate("local", 100, "0")]
    assert names(ordered(found, "cost_optimized")) == ["local", "c", "b", "a"]


def test_equal_costs_go_by_priority() -> None:
    found = [candidate("b", 60, "0"), candidate("a", 70, "0"), candidate("c", 50, "0")]
    assert names(ordered(found, "cost_optimized")) == ["c", "b", "a"]


def test_who_is_held_back_comes_after_everybody_else() -> None:
    found = [candidate("openai", 50, held_s=12.0), candidate("local", 100)]
    assert names(ordered(found, "fallback")) == ["local", "openai"]
    assert names(ordered(found, "priority")) == ["local"]


def test_who_is_refused_is_never_asked() -> None:
    assert ordered([candidate("openai", refusal="is disabled")], "fallback") == []


@pytest.mark.parametrize(
    ("need", "facts", "why"),
    [
        (Need(CHAT), ModelFacts("m", SPEECH), "does transcription"),
        (Need(SPEECH, language="de"), ModelFacts("m", SPEECH, languages=("en",)), "language de"),
        (Need(SPEECH, translates=True), ModelFacts("m", SPEECH), "does not translate"),
        (Need(CHAT, images=True), ModelFacts("m", CHAT), "takes no images"),
        (Need(CHAT, input_tokens=9000), ModelFacts("m", CHAT, context_tokens=8192), "8192 tokens"),
        (
            Need(CHAT, input_tokens=8000, output_tokens=500),
            ModelFacts("m", CHAT, context_tokens=8192),
            "about 8500 are asked",
        ),
        (Need(CHAT, output_tokens=5000), ModelFacts("m", CHAT, max_output_tokens=4096), "at most 4096"),
        (Need(CHAT), ModelFacts("m", CHAT, shutdown=TODAY, successor="n"), "use n"),
    ],
)
def test_a_model_that_cannot_do_it_is_left_out_with_the_reason(need: Need, facts: ModelFacts, why: str) -> None:
    assert why in str(unfit(need, facts, TODAY))


def test_a_model_that_can_do_it_is_not_left_out() -> None:
    able = ModelFacts("m", CHAT, context_tokens=8192, images=True, shutdown="2027-02-26")
    assert unfit(Need(CHAT, input_tokens=8000, output_tokens=192, images=True), able, TODAY) is None


ALONE = Standing(retried=0, others=False, left_s=900.0, calls_left=8)
WITH_OTHERS = Standing(retried=0, others=True, left_s=900.0, calls_left=8)


@pytest.mark.parametrize("kind", [Kind.QUOTA, Kind.AUTH, Kind.NOT_FOUND, Kind.CONTEXT_LENGTH, Kind.TOO_LARGE])
def test_what_waiting_does_not_mend_is_never_tried_again_at_the_same_place(kind: Kind) -> None:
    assert decide(kind, None, WITH_OTHERS, 0.5).action == "next"
    assert decide(kind, None, ALONE, 0.5).action == "give_up"


def test_a_request_that_is_wrong_is_wrong_everywhere() -> None:
    assert decide(Kind.INVALID_REQUEST, None, WITH_OTHERS, 0.5).action == "give_up"
    assert decide("some_code_of_the_future", None, WITH_OTHERS, 0.5).action == "give_up"


def test_a_rate_limit_is_waited_out_alone() -> None:
    assert decide(Kind.RATE_LIMITED, 2.0, ALONE, 0.5) == Decision("retry", 2.0)


def test_a_server_error_is_tried_again_before_others_are_asked() -> None:
    retries = RULES[Kind.SERVER].retries
    for retried in range(retries):
        assert decide(Kind.SERVER, None, Standing(retried, True, 900.0, 8), 0.5).action == "retry"
    assert decide(Kind.SERVER, None, Standing(retries, True, 900.0, 8), 0.5).action == "next"
    assert decide(Kind.SERVER, None, Standing(retries, False, 900.0, 8), 0.5).action == "give_up"


@pytest.mark.parametrize("wish", [PATIENCE_S + 1, 100_000.0])
def test_a_long_wait_is_handed_on_or_parks_the_item_and_never_blocks(wish: float) -> None:
    assert decide(Kind.OVERLOADED, wish, WITH_OTHERS, 0.5).action == "next"
    assert decide(Kind.OVERLOADED, wish, ALONE, 0.5) == Decision("park", wish)


def test_a_wait_beyond_the_items_deadline_parks_it() -> None:
    assert decide(Kind.OVERLOADED, 30.0, Standing(0, False, 20.0, 8), 0.5).action == "park"


def test_an_item_whose_calls_are_used_up_ends() -> None:
    assert decide(Kind.SERVER, None, Standing(0, True, 900.0, 0), 0.5).action == "give_up"


def test_the_wait_is_full_jitter_below_a_ceiling_that_doubles_to_eight_seconds() -> None:
    assert [backoff_s(retried, 1.0) for retried in range(6)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    assert backoff_s(3, 0.0) == 0.0
    assert backoff_s(10_000, 1.0) == 8.0


def test_every_kind_has_a_rule_and_who_caused_it_alone_is_never_blamed() -> None:
    assert set(RULES) == set(Kind)
    for kind in (Kind.INVALID_REQUEST, Kind.TOO_LARGE, Kind.CONTEXT_LENGTH, Kind.CONTENT_FILTERED, Kind.BAD_RESULT):
        assert RULES[kind].scope == "none"
