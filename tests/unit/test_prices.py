"""Prices are exact, carry their source, and are unknown rather than wrong."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from aiprov.core.pricing import audio_cost
from aiprov.prices import OFFERS, transcription_cost


def test_an_hour_costs_the_published_rate():
    price = transcription_cost("openai", "gpt-transcribe", 3600)
    assert price.usd == price.usd_per_audio_hour > 0
    assert price.source.startswith("https://")
    assert price.checked.startswith("genai-prices ")


def test_a_length_is_charged_pro_rata_to_nine_decimals():
    assert audio_cost(1, Decimal("0.27")) == Decimal("0.000075000")
    assert audio_cost(5400.25, Decimal("0.27")) == Decimal("0.405018750")
    assert audio_cost(0, Decimal("0.27")) == 0


def test_every_offer_has_a_price_above_zero():
    for provider, model in OFFERS:
        assert transcription_cost(provider, model, 3600).usd > 0


def test_figures_that_genai_prices_lacks_come_from_the_overlay_with_source_and_date():
    price = transcription_cost("assemblyai", "universal-2", 7200)
    assert price.usd == Decimal("0.30")
    assert (price.source, price.checked) == ("https://www.assemblyai.com/pricing", "2026-10-07")


@pytest.mark.parametrize(("hourly", "total"), [("0.27", "0"), ("0", "0"), ("0.27", "0.54")])
def test_a_rate_that_was_not_applied_is_not_believed(monkeypatch, hourly, total):
    parts = SimpleNamespace(input_audio_hours=Decimal(hourly))
    answer = SimpleNamespace(model_price=parts, total_price=Decimal(total), provider=SimpleNamespace(pricing_urls=[]))
    monkeypatch.setattr("genai_prices.calc_price", lambda *_, **__: answer)
    assert transcription_cost("someone", f"model-{hourly}-{total}", 3600) is None


def test_local_work_costs_nothing():
    assert transcription_cost("local", "anything", 3600).usd == 0


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "no-such-model"),
        ("no-such-provider", "x"),
        ("openai", "gpt-4o-transcribe"),  # priced by tokens: genai-prices makes 0.0 of its seconds
        ("mistral", "voxtral-small-24b-2507"),  # priced by the hour and by tokens
        ("elevenlabs", "eleven_realtime_v1_max"),  # a realtime session, and tokens
        ("openai", "gpt-5"),
    ],
)
def test_a_price_that_the_length_alone_does_not_make_is_unknown(provider, model):
    assert transcription_cost(provider, model, 3600) is None


@pytest.mark.parametrize("length", [-1, float("nan"), float("inf")])
def test_a_length_that_is_none_is_refused(length):
    with pytest.raises(ValueError, match="length"):
        transcription_cost("openai", "gpt-transcribe", length)
