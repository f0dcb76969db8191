"""Published prices: genai-prices behind one guarded function, and a small overlay for what it lacks.

Offline: the price list is the one that was installed. An unknown price is None. genai-prices takes 0.3 s to import,
so that happens on the first question.
"""

from __future__ import annotations

import functools
import math
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from aiprov.core.pricing import Price, audio_cost

_OVERLAY = Path(__file__).with_name("overlay.toml")
_FREE = frozenset({"local", "fake"})

# Cloud models that transcribe recordings and that most people could use instead, the usual choice first.
OFFERS: tuple[tuple[str, str], ...] = (
    ("openai", "gpt-transcribe"),
    ("groq", "whisper-large-v3-turbo"),
    ("groq", "whisper-large-v3"),
    ("assemblyai", "universal-2"),
    ("mistral", "voxtral-mini-2602"),
)


class _Rate(NamedTuple):
    usd_per_hour: Decimal
    source: str
    checked: str


def transcription_cost(provider: str, model: str, audio_s: float) -> Price | None:
    """Return what transcribing a recording costs, or None when no price by the length of the audio is known.

    Args:
        provider: `local`, or a provider's name as genai-prices or the overlay spells it.
        model: The provider's name of the model.
        audio_s: Length of the recording in seconds.

    Raises:
        ValueError: The length is negative or not finite.
    """
    if not math.isfinite(audio_s) or audio_s < 0:
        raise ValueError(f"not a length in seconds: {audio_s}")
    rate = _rate(provider, model)
    if rate is None:
        return None
    return Price(audio_cost(audio_s, rate.usd_per_hour), rate.usd_per_hour, rate.source, rate.checked)


@functools.cache
def _rate(provider: str, model: str) -> _Rate | None:
    if provider in _FREE:
        return _Rate(Decimal(0), "this machine", "always")
    return _overlay().get((provider, model)) or _listed(provider, model)


@functools.cache
def _overlay() -> dict[tuple[str, str], _Rate]:
    entries = tomllib.loads(_OVERLAY.read_text(encoding="utf-8"))["transcription"]
    return {
        (entry["provider"], entry["model"]): _Rate(
            Decimal(entry["usd_per_audio_hour"]), entry["source"], entry["checked"]
        )
        for entry in entries
    }


def _listed(provider: str, model: str) -> _Rate | None:
    """Ask genai-prices for the price of one hour, and believe it only where length alone makes the price.

    A unit that a model is not priced in counts as 0 there (gpt-4o-transcribe, priced by tokens, has an hour for
    nothing), and models priced by length and by tokens would come out too cheap. Source: measured with 0.2.3.
    """
    from importlib.metadata import version

    from genai_prices import Usage, calc_price

    try:
        found = calc_price(Usage(audio_seconds=3600, input_audio_seconds=3600), model, provider_id=provider)
    except LookupError:
        return None
    parts = {name: price for name, price in vars(found.model_price).items() if price is not None}
    hourly = parts.get("input_audio_hours")
    if not set(parts) <= {"audio_hours", "input_audio_hours"} or not isinstance(hourly, Decimal):
        return None
    if hourly <= 0 or found.total_price != hourly:
        return None
    source = next(iter(found.provider.pricing_urls or ()), "genai-prices")
    return _Rate(hourly, source, f"genai-prices {version('genai-prices')}")
