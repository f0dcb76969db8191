"""One question, what does this cost?, and who answers it: local work is free, then own prices, then published ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from aiprov.core.pricing import AUDIO, CACHED, INPUT, OUTPUT, Price, Tariff
from aiprov.core.requests import ModelCapability
from aiprov.core.results import Usage
from aiprov.prices.listed import PERIOD_S, listed

# Cloud models that transcribe recordings and that most people could use instead, the usual choice first.
OFFERS: tuple[tuple[str, str], ...] = (
    ("openai", "gpt-transcribe"),
    ("groq", "whisper-large-v3-turbo"),
    ("groq", "whisper-large-v3"),
    ("mistral", "voxtral-mini-2602"),
)

_FREE = frozenset({"local", "fake"})
_NOTHING = Decimal(0)
# The words that vendors answer with when a request was served at its usual price.
_USUAL_TIERS = frozenset({None, "default", "standard", "on_demand"})


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """What the user says that a model costs, in US dollars; None where it has no such price, 0 where it is free.

    Attributes:
        minimum_billed_s: Fewer seconds of audio are billed as so many.
    """

    usd_per_million_input_tokens: Decimal | None = None
    usd_per_million_output_tokens: Decimal | None = None
    usd_per_million_cached_tokens: Decimal | None = None
    usd_per_audio_hour: Decimal | None = None
    minimum_billed_s: float = 0.0
    source: str = "aiprov.yaml"
    checked: str = ""

    @property
    def tariff(self) -> Tariff:
        """The same, in the terms of the arithmetic."""
        rates = {name: rate for name in (INPUT, OUTPUT, CACHED, AUDIO) if (rate := getattr(self, name)) is not None}
        return Tariff(((0, rates),), self.source, self.checked, self.minimum_billed_s)


class PriceBook:
    """What usage costs, for every provider and model whose price is known.

    Args:
        own: The user's prices by (provider, model); they win over published ones.
        names: What published prices call a provider, where that is another name than ours.
        clock: Seconds since the epoch; prices change with the date, some with the hour.
    """

    def __init__(
        self,
        own: Mapping[tuple[str, str], OwnPrice] | None = None,
        clock: Callable[[], float] = time.time,
        *,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._names = dict(names or {})
        self._own = {name: price.tariff for name, price in (own or {}).items()}
        self._clock = clock

    def cost(
        self, provider: str, model: str, usage: Usage, *, capability: ModelCapability, local: bool = False
    ) -> Price | None:
        """Return what an answer cost.

        Args:
            provider: Its name as genai-prices spells it, or as own prices do.
            model: The provider's name of the model.
            usage: What the provider counted.
            capability: What kind of work it was: transcription is priced by the hour, all else by the token.
            local: Whether the provider is on this machine, and so free.

        Returns:
            None when the price is not known, or the usage says nothing that could be priced.
        """
        audio = capability == ModelCapability.TRANSCRIPTION
        if local or provider in _FREE:
            rates = {AUDIO: _NOTHING} if audio else {INPUT: _NOTHING, OUTPUT: _NOTHING}
            return Price(_NOTHING, rates, "this machine", "always")
        tariff = self._tariff(provider, model, None if usage.tier in _USUAL_TIERS else usage.tier, audio)
        return None if tariff is None else tariff.price(usage, capability)

    def expected(
        self,
        provider: str,
        model: str,
        *,
        capability: ModelCapability,
        input_tokens: int = 0,
        output_tokens: int = 0,
        audio_s: float = 0.0,
        local: bool = False,
    ) -> Price | None:
        """Return what a request of this size would cost at the usual tier; see `cost`."""
        usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens, audio_s=audio_s)
        return self.cost(provider, model, usage, capability=capability, local=local)

    def _tariff(self, provider: str, model: str, tier: str | None, audio: bool) -> Tariff | None:
        own = self._own.get((provider, model))
        if own is not None:
            # Nobody has said what the other tiers of an own price are.
            return own if tier is None else None
        return listed(self._names.get(provider, provider), model, tier, audio, int(self._clock() // PERIOD_S))
