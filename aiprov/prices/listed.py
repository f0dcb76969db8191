"""Published prices: genai-prices behind one guarded function.

Offline: the price list is the one that was installed. genai-prices takes 0.3 s to import, so that happens on the
first question, and 0.2 ms to answer, so a model's rates are read once and kept.

It answers wrong questions with a price all the same: a unit that a model is not priced in counts as 0, an unknown
tier is the usual price, a provider's name is matched loosely. What is returned here was checked against each of
these. Source: measured with genai-prices 0.2.3.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiprov.core.pricing import AUDIO, CACHE_WRITE, CACHED, INPUT, OUTPUT, Rates, Tariff

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation, Usage

Steps = tuple[tuple[int, Rates], ...]

# Prices may change at a time of day (deepseek's do, at half hours): an answer is good for this long.
PERIOD_S = 900

_HOURS = {"input_audio_hours": AUDIO}
_TOKENS = {"input_mtok": INPUT, "output_mtok": OUTPUT, "cache_read_mtok": CACHED, "cache_write_mtok": CACHE_WRITE}
# What a model may charge for besides, and what requests from here never use: sound and film in a conversation,
# searches, an hour in the cache. Any other charge (by request, by picture, by thought) leaves the price unknown.
_UNUSED = frozenset(
    {
        "audio_hours", "input_audio_hours", "input_audio_mtok", "output_audio_mtok", "cache_audio_read_mtok",
        "input_video_mtok", "output_video_mtok", "web_searches_kcount", "storage_searches_kcount",
        "cache_write_1h_mtok",
    }
)  # fmt: skip


@functools.lru_cache(maxsize=1024)
def listed(provider: str, model: str, tier: str | None, audio: bool, period: int) -> Tariff | None:
    """Return the published rates of a model, or None when they are not known for sure.

    Args:
        provider: As genai-prices spells it.
        tier: The provider's word for a price class other than the usual one, such as `batch` or `flex`.
        audio: Whether recordings are transcribed: then the price has to be by their length alone.
        period: When, in periods of PERIOD_S seconds since the epoch.
    """
    usual = _found(provider, model, None, audio, period)
    found = usual if tier is None else _found(provider, model, tier, audio, period)
    before, steps = _steps(usual, audio), _steps(found, audio)
    if found is None or before is None or steps is None:
        return None
    if tier is not None and not _all_changed(before[0][1], steps[0][1]):
        return None
    return _tariff(found, steps)


def _tariff(found: PriceCalculation, steps: Steps) -> Tariff:
    from importlib.metadata import version

    source = next(iter(found.provider.pricing_urls or ()), "genai-prices")
    minimum_s = _minimum_s(found) if AUDIO in steps[0][1] else 0.0
    return Tariff(steps, source, f"genai-prices {version('genai-prices')}", minimum_s)


def _minimum_s(found: PriceCalculation) -> float:
    """Seconds that a shorter recording is billed as, from what the list makes of a second.

    Source: Groq's models, 10 s (https://console.groq.com/docs/speech-to-text); genai-prices has it in its code only.
    """
    second, hour = (found.model.calc_price(_heard(seconds), found.provider).total_price for seconds in (1, 3600))
    billed_s = float(second * 3600 / hour)
    return billed_s if billed_s > 1 else 0.0


def _heard(seconds: int) -> Usage:
    from genai_prices import Usage

    return Usage(audio_seconds=seconds, input_audio_seconds=seconds)


def _found(provider: str, model: str, tier: str | None, audio: bool, period: int) -> PriceCalculation | None:
    """Ask for the price of one hour, or of a thousand tokens in and as many out."""
    from datetime import UTC, datetime

    from genai_prices import Usage, calc_price

    usage = _heard(3600) if audio else Usage(input_tokens=1000, output_tokens=1000)
    # Vendors name tiers in different places of a request; a model has each name in one of them.
    context = None if tier is None else {"service_tier": tier, "processing": tier, "speed": tier}
    when = datetime.fromtimestamp(period * PERIOD_S, UTC)
    try:
        found = calc_price(usage, model, provider_id=provider, genai_request_timestamp=when, price_context=context)
    except LookupError:
        return None
    return found if found.provider.id == provider else None


def _steps(found: PriceCalculation | None, audio: bool) -> Steps | None:
    """Take an answer apart into rates; None unless they are complete and add up to that answer, which is not 0."""
    if found is None:
        return None
    prices = {name: price for name, price in vars(found.model_price).items() if price is not None}
    units = _HOURS if audio else _TOKENS
    others = frozenset(prices) - frozenset(units)
    if not others <= ({"audio_hours"} if audio else _UNUSED):
        return None
    starts = sorted({tier.start for price in prices.values() for tier in getattr(price, "tiers", ())})
    steps = tuple((above, _rates(prices, units, above)) for above in (0, *starts))
    usual = steps[0][1]
    apart = usual.get(AUDIO, 0) if audio else (usual.get(INPUT, 0) + usual.get(OUTPUT, 0)) / 1000
    return steps if found.total_price == apart > 0 else None


def _rates(prices: Mapping[str, Any], units: Mapping[str, str], above: int) -> Rates:
    return {units[name]: _rate(price, above) for name, price in prices.items() if name in units}


def _rate(price: Any, above: int) -> Decimal:
    """One rate for requests that read more than `above` tokens, of those that a model has."""
    rate: Decimal = getattr(price, "base", price)
    for tier in getattr(price, "tiers", ()):
        if tier.start <= above and above > 0:
            rate = tier.price
    return rate


def _all_changed(usual: Rates, tiered: Rates) -> bool:
    """Whether a tier has its own rates for all that every request uses. One that changes nothing is not known."""
    return all(usual[unit] != tiered[unit] for unit in (INPUT, OUTPUT, AUDIO) if unit in usual)
