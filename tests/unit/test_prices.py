"""Prices are exact, carry their source, and are unknown rather than wrong."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from random import Random
from types import SimpleNamespace

import pytest

from aiprov.core.pricing import AUDIO, CACHE_WRITE, CACHED, INPUT, OUTPUT
from aiprov.core.requests import ModelCapability
from aiprov.core.results import Usage
from aiprov.prices import OFFERS, OwnPrice, PriceBook
from aiprov.prices.listed import PERIOD_S, listed

CHAT, HEARD, VECTORS = ModelCapability.CHAT, ModelCapability.TRANSCRIPTION, ModelCapability.EMBEDDING
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def book(own=None, when=NOW):
    return PriceBook(own, clock=when.timestamp)


def cost(provider, model, usage, kind=CHAT, **options):
    price = book().cost(provider, model, usage, capability=kind, **options)
    return None if price is None else price.usd


# As of genai-prices 0.2.3.
@pytest.mark.parametrize(
    ("name", "kind", "usage", "dollars"),
    [
        ("openai/gpt-transcribe", HEARD, Usage(audio_s=3600), "0.27"),
        ("openai/whisper-1", HEARD, Usage(audio_s=3600), "0.36"),
        ("groq/whisper-large-v3-turbo", HEARD, Usage(audio_s=3600), "0.04"),
        ("groq/whisper-large-v3", HEARD, Usage(audio_s=3600), "0.111"),
        ("groq/whisper-large-v3-turbo", HEARD, Usage(audio_s=3600, tier="batch"), "0.02"),
        ("openai/gpt-6-luna", CHAT, Usage(50_000, 500), "0.00525"),
        ("openai/gpt-6-luna", CHAT, Usage(300_000, 500), "0.060375"),
        ("openai/gpt-6-luna", CHAT, Usage(50_000, 500, tier="default"), "0.00525"),
        ("openai/gpt-6-luna", CHAT, Usage(50_000, 500, tier="flex"), "0.002625"),
        ("openai/gpt-6-luna", CHAT, Usage(50_000, 500, tier="batch"), "0.002625"),
        ("openai/gpt-6-luna", CHAT, Usage(50_000, 500, tier="priority"), "0.0105"),
        ("anthropic/claude-haiku-5-5", CHAT, Usage(50_000, 500), "0.00525"),
        ("anthropic/claude-haiku-5-5", CHAT, Usage(100_001, 500), "0.0512505"),
        ("anthropic/claude-sonnet-5-5", CHAT, Usage(50_000, 500, 40_000, 5_000), "0.0315"),
        ("anthropic/claude-sonnet-5-5", CHAT, Usage(50_000, 500, tier="standard"), "0.105"),
        ("anthropic/claude-sonnet-5-5", CHAT, Usage(50_000, 500, tier="batch"), "0.0525"),
        ("openai/text-embedding-3-small", VECTORS, Usage(1_000_000), "0.02"),
    ],
)
def test_known_usage_costs_what_is_published(name, kind, usage, dollars):
    assert cost(*name.split("/"), usage, kind) == Decimal(dollars)


def test_a_price_says_which_rates_it_comes_from_and_where_they_stand():
    price = book().cost("openai", "gpt-6-luna", Usage(300_000, 1), capability=CHAT)
    assert {unit: str(rate) for unit, rate in price.rates.items()} == {
        INPUT: "0.2", OUTPUT: "0.75", CACHED: "0.02", CACHE_WRITE: "0.25"
    }  # fmt: skip
    assert price.source.startswith("https://")
    assert price.checked == f"genai-prices {version('genai-prices')}"


def test_what_is_asked_before_is_what_is_charged_after():
    before = book().expected("openai", "gpt-6-luna", capability=CHAT, input_tokens=12_000, output_tokens=1000)
    assert before == book().cost("openai", "gpt-6-luna", Usage(12_000, 1000), capability=CHAT)
    heard = book().expected("openai", "gpt-transcribe", capability=HEARD, audio_s=90)
    assert heard == book().cost("openai", "gpt-transcribe", Usage(audio_s=90), capability=HEARD)


@pytest.mark.parametrize("model", ["whisper-large-v3", "whisper-large-v3-turbo"])
@pytest.mark.parametrize("seconds", [0.5, 9.9, 10.0, 10.1])
def test_groq_bills_ten_seconds_at_least(model, seconds):
    assert cost("groq", model, Usage(audio_s=seconds), HEARD) == cost(
        "groq", model, Usage(audio_s=max(seconds, 10)), HEARD
    )
    assert cost("groq", model, Usage(audio_s=10.1), HEARD) > cost("groq", model, Usage(audio_s=10), HEARD)


def test_openai_bills_every_second():
    assert cost("openai", "gpt-transcribe", Usage(audio_s=1), HEARD) == Decimal("0.000075")


def test_every_offer_has_a_price_above_zero():
    for provider, model in OFFERS:
        assert cost(provider, model, Usage(audio_s=3600), HEARD) > 0


@pytest.mark.parametrize(
    ("name", "kind", "usage"),
    [
        ("openai/no-such-model", CHAT, Usage(10, 10)),
        ("no-such-provider/gpt-6-luna", CHAT, Usage(10, 10)),
        ("my-openai-proxy/gpt-6-luna", CHAT, Usage(10, 10)),  # the list would take it for openai
        ("openai/gpt-4o-transcribe", HEARD, Usage(audio_s=3600)),  # by tokens: the list makes 0 of its seconds
        ("mistral/voxtral-small-24b-2507", HEARD, Usage(audio_s=3600)),  # by the hour and by tokens
        ("elevenlabs/eleven_realtime_v1_max", HEARD, Usage(audio_s=3600)),  # a realtime session, and tokens
        ("openai/gpt-6-luna", HEARD, Usage(audio_s=3600)),
        ("openai/gpt-transcribe", CHAT, Usage(10, 10)),
        ("openai/text-embedding-3-small", CHAT, Usage(10, 10)),  # has no price for what it writes
        ("perplexity/sonar", CHAT, Usage(10, 10)),  # and by the request
        ("perplexity/sonar-deep-research", CHAT, Usage(10, 10)),  # and by the thought
        ("mistral/devstral-small:free", CHAT, Usage(10, 10)),  # listed without any price
        ("openai/gpt-6-luna", CHAT, Usage()),
        ("openai/gpt-transcribe", HEARD, Usage()),
        ("openai/gpt-transcribe", HEARD, Usage(audio_s=float("nan"))),
    ],
)
def test_what_is_not_known_for_sure_is_unknown_and_never_zero(name, kind, usage):
    assert cost(*name.split("/"), usage, kind) is None


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("anthropic/claude-sonnet-5-5", "priority"),
        ("anthropic/claude-sonnet-5-5", "Batch"),
        ("openai/gpt-6-luna", "scale"),
        ("openai/gpt-6-luna", ""),
        ("groq/openai/gpt-oss-120b", "flex"),
        ("openai/text-embedding-3-small", "batch"),
    ],
)
def test_a_tier_that_the_list_does_not_know_is_not_priced_as_the_usual_one(name, tier):
    provider, _, model = name.partition("/")
    assert cost(provider, model, Usage(1000), CHAT) > 0
    assert cost(provider, model, Usage(1000, tier=tier), CHAT) is None


def test_prices_hold_from_the_day_on_which_they_began():
    def luna(when):
        return book(when=when).cost("openai", "gpt-5.6-luna", Usage(1_000_000), capability=CHAT).usd

    assert (luna(datetime(2026, 7, 29, tzinfo=UTC)), luna(datetime(2026, 7, 30, tzinfo=UTC))) == (2, Decimal("0.4"))


def test_prices_that_change_with_the_hour_are_asked_for_again():
    hour = [datetime(2026, 11, 24, 0, 29, tzinfo=UTC), datetime(2026, 11, 24, 0, 31, tzinfo=UTC)]
    prices = PriceBook(clock=lambda: hour[0].timestamp())
    by_day = prices.cost("deepseek", "deepseek-reasoner", Usage(1_000_000), capability=CHAT).usd
    hour.pop(0)
    assert prices.cost("deepseek", "deepseek-reasoner", Usage(1_000_000), capability=CHAT).usd != by_day


def test_the_list_is_asked_once_for_many_answers(monkeypatch):
    import genai_prices

    asked = []
    answer = genai_prices.calc_price
    monkeypatch.setattr(genai_prices, "calc_price", lambda *args, **kw: asked.append(args) or answer(*args, **kw))
    listed.cache_clear()
    prices = book()
    costs = [prices.cost("openai", "gpt-6-luna", Usage(n * 1000), capability=CHAT).usd for n in range(1, 400)]
    assert len(asked) == 1
    assert len(set(costs)) == len(costs)


def test_our_arithmetic_is_the_lists_own():
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    draw = Random(7)
    for name in (
        "openai/gpt-6-luna",
        "anthropic/claude-haiku-5-5",
        "anthropic/claude-sonnet-5-5",
        "google/gemini-2.5-pro",
    ):
        provider, model = name.split("/")
        for _ in range(50):
            read = draw.choice([1, 999, 99_999, 100_000, 100_001, 272_000, 272_001, 900_000])
            cached, kept, written = draw.randint(0, read // 2), draw.randint(0, read // 3), draw.randint(0, 9000)
            counted = Counted(
                input_tokens=read, output_tokens=written, cache_read_tokens=cached, cache_write_tokens=kept
            )
            theirs = calc_price(counted, model, provider_id=provider, genai_request_timestamp=NOW).total_price
            assert cost(provider, model, Usage(read, written, cached, kept)) == theirs.quantize(Decimal("1E-9"))


@pytest.mark.parametrize(
    ("hourly", "total"), [("0.27", "0"), ("0", "0"), ("0.27", "0.54")], ids=["not applied", "free", "twice"]
)
def test_a_rate_that_was_not_applied_is_not_believed(monkeypatch, hourly, total):
    answer = SimpleNamespace(
        model_price=SimpleNamespace(input_audio_hours=Decimal(hourly)),
        total_price=Decimal(total),
        provider=SimpleNamespace(id="someone", pricing_urls=[]),
    )
    monkeypatch.setattr("genai_prices.calc_price", lambda *_, **__: answer)
    assert cost("someone", f"model-{hourly}-{total}", Usage(audio_s=3600), HEARD) is None


@pytest.mark.parametrize("kind", [CHAT, HEARD, VECTORS])
@pytest.mark.parametrize(("provider", "options"), [("local", {}), ("fake", {}), ("ollama", {"local": True})])
def test_work_on_this_machine_costs_nothing_whatever_was_counted(kind, provider, options):
    for usage in (Usage(), Usage(10, 10, audio_s=3600, tier="batch")):
        price = book().cost(provider, "anything", usage, capability=kind, **options)
        assert (price.usd, price.source) == (0, "this machine")
        assert set(price.rates.values()) == {0}
    assert cost("ollama", "anything", Usage(10, 10), kind) is None


def test_own_prices_win_over_published_ones():
    own = OwnPrice(Decimal(3), Decimal(9), Decimal(1), checked="2026-11-24")
    price = book({("openai", "gpt-6-luna"): own}).cost(
        "openai", "gpt-6-luna", Usage(10_000, 1000, 4000), capability=CHAT
    )
    assert price.usd == Decimal("0.031")
    assert (price.source, price.checked) == ("aiprov.yaml", "2026-11-24")
    assert cost("openai", "gpt-6-luna", Usage(10_000, 1000, 4000)) != price.usd


def test_own_prices_reach_servers_that_nobody_lists():
    own = {
        ("box", "whisper"): OwnPrice(usd_per_audio_hour=Decimal("0.06"), minimum_billed_s=60),
        ("box", "gift"): OwnPrice(Decimal(0), Decimal(0)),
    }
    assert book(own).expected("box", "whisper", capability=HEARD, audio_s=1).usd == Decimal("0.001")
    assert book(own).expected("box", "gift", capability=CHAT, input_tokens=5, output_tokens=5).usd == 0
    assert book(own).expected("box", "gift", capability=HEARD, audio_s=5) is None
    assert book(own).cost("box", "gift", Usage(5, 5, tier="flex"), capability=CHAT) is None
    assert book(own).expected("box", "other", capability=CHAT, input_tokens=5) is None


def test_a_period_divides_the_half_hours_at_which_prices_change():
    assert 1800 % PERIOD_S == 0


def test_free_and_own_prices_need_no_price_list():
    code = (
        "import sys; from decimal import Decimal; from aiprov.prices import *; from aiprov.core.requests import *\n"
        "book = PriceBook({('a', 'b'): OwnPrice(Decimal(1))})\n"
        "assert book.expected('a', 'b', capability=ModelCapability.CHAT, input_tokens=1)\n"
        "assert book.expected('local', 'b', capability=ModelCapability.CHAT)\n"
        "assert 'genai_prices' not in sys.modules and 'pydantic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_rates_have_one_name_everywhere():
    assert set(OwnPrice.__dataclass_fields__) >= {INPUT, OUTPUT, CACHED, AUDIO}
