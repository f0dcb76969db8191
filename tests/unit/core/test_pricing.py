"""Money is exact, what is unknown never passes for cheap, and token estimates err on the high side."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiprov.core.pricing import (
    AUDIO,
    CACHE_WRITE,
    CACHED,
    INPUT,
    OUTPUT,
    Offer,
    Price,
    Tariff,
    audio_cost,
    compare,
    estimated_tokens,
)
from aiprov.core.requests import ModelCapability
from aiprov.core.results import Usage

CHAT, HEARD, VECTORS = ModelCapability.CHAT, ModelCapability.TRANSCRIPTION, ModelCapability.EMBEDDING
TOKENS = {INPUT: Decimal("1"), OUTPUT: Decimal("5"), CACHED: Decimal("0.1"), CACHE_WRITE: Decimal("1.25")}


def tariff(*steps, minimum_s=0.0):
    return Tariff(tuple(steps), "a page", "a day", minimum_s)


def offer(name, usd, priority=50):
    price = None if usd is None else Price(Decimal(usd), {}, "", "")
    return Offer(name, "model", priority, price)


@pytest.mark.parametrize(
    ("seconds", "dollars"), [(3600, "0.27"), (1, "0.000075000"), (5400.25, "0.405018750"), (0, "0")]
)
def test_audio_is_charged_pro_rata_to_nine_decimals(seconds, dollars):
    assert audio_cost(seconds, Decimal("0.27")) == Decimal(dollars)


@pytest.mark.parametrize(("seconds", "billed_s"), [(0.01, 10), (9.99, 10), (10, 10), (10.01, 10.01)])
def test_audio_below_the_minimum_is_billed_as_the_minimum(seconds, billed_s):
    price = tariff((0, {AUDIO: Decimal("0.04")}), minimum_s=10).price(Usage(audio_s=seconds), HEARD)
    assert price.usd == audio_cost(billed_s, Decimal("0.04"))


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(50_000, 500), "0.0525"),
        (Usage(1_000_000), "1"),
        (Usage(1_000_000, cached_tokens=1_000_000), "0.1"),
        (Usage(1_000_000, cache_write_tokens=1_000_000), "1.25"),
        (Usage(1_000_000, 1_000_000, cached_tokens=400_000, cache_write_tokens=100_000), "5.665"),
        (Usage(0, 1), "0.000005"),
    ],
)
def test_each_kind_of_token_has_its_rate(usage, dollars):
    assert tariff((0, TOKENS)).price(usage, CHAT).usd == Decimal(dollars)


def test_cached_tokens_without_a_rate_of_their_own_cost_what_all_others_cost():
    plain = {INPUT: Decimal(1), OUTPUT: Decimal(5)}
    usage = Usage(1_000_000, cached_tokens=400_000, cache_write_tokens=400_000)
    assert tariff((0, plain)).price(usage, CHAT).usd == 1


@pytest.mark.parametrize(("read", "dollars"), [(100_000, "0.1"), (100_001, "0.200002"), (300_000, "0.9")])
def test_a_long_request_is_priced_by_its_step_as_a_whole(read, dollars):
    steps = [(above, {INPUT: Decimal(rate)}) for above, rate in ((0, 1), (100_000, 2), (200_000, 3))]
    price = tariff(*steps).price(Usage(read), CHAT)
    assert price.usd == Decimal(dollars)
    assert price.rates == tariff(*steps).rates(read)


@pytest.mark.parametrize(
    ("usage", "kind", "rates"),
    [
        (Usage(), CHAT, TOKENS),
        (Usage(audio_s=3600), CHAT, TOKENS),
        (Usage(10, 10), CHAT, {INPUT: Decimal(1)}),
        (Usage(10, 10), CHAT, {OUTPUT: Decimal(1)}),
        (Usage(10, cached_tokens=11), CHAT, TOKENS),
        (Usage(10, -1), CHAT, TOKENS),
        (Usage(-10, 10), CHAT, TOKENS),
        (Usage(), HEARD, {AUDIO: Decimal(1)}),
        (Usage(10, 10), HEARD, {AUDIO: Decimal(1)}),
        (Usage(audio_s=3600), HEARD, TOKENS),
        (Usage(audio_s=-1.0), HEARD, {AUDIO: Decimal(1)}),
        (Usage(audio_s=float("nan")), HEARD, {AUDIO: Decimal(1)}),
        (Usage(audio_s=float("inf")), HEARD, {AUDIO: Decimal(1)}),
    ],
)
def test_usage_that_says_nothing_or_has_no_rate_is_unknown_and_not_free(usage, kind, rates):
    assert tariff((0, rates)).price(usage, kind) is None


def test_embeddings_write_no_tokens_that_could_cost():
    assert tariff((0, {INPUT: Decimal("0.02")})).price(Usage(1_000_000, 1000), VECTORS).usd == Decimal("0.02")


def test_the_cheapest_comes_first_and_the_unknown_last():
    rows, cheapest = compare([offer("x", None), offer("b", "0.2525"), offer("a", "0.055")])
    assert [row.provider for row in rows] == ["a", "b", "x"]
    assert cheapest is rows[0]


def test_free_beats_all_and_a_price_of_zero_is_a_price():
    rows, cheapest = compare([offer("cloud", "0.000000001", 1), offer("unknown", None, 1), offer("local", "0", 100)])
    assert cheapest.provider == "local"
    assert [row.provider for row in rows] == ["local", "cloud", "unknown"]


def test_equals_go_by_priority_then_by_name():
    rows, _ = compare([offer("c", "1", 60), offer("b", "1.0", 50), offer("a", "1", 60), offer("z", None, 1)])
    assert [row.provider for row in rows] == ["b", "a", "c", "z"]


@pytest.mark.parametrize("offers", [[], [offer("a", None), offer("b", None)]])
def test_nobody_is_the_cheapest_where_no_price_is_known(offers):
    rows, cheapest = compare(offers)
    assert cheapest is None
    assert rows == offers


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a", 1), ("abc", 1), ("abcd", 2), ("会议纪要", 4), ("Привет", 4), ("😀", 2), ("\ud800", 1)],
)
def test_tokens_are_estimated_by_bytes(text, tokens):
    assert estimated_tokens(text) == tokens


@given(st.text(), st.text())
def test_a_longer_text_never_has_fewer_tokens(one, two):
    assert estimated_tokens(one) <= estimated_tokens(one + two) <= estimated_tokens(one) + estimated_tokens(two)
