"""Money as arithmetic: what usage costs at known rates, and who is the cheapest. Pure.

Decimal US dollars; what is unknown is None and never zero. Knows no price: rates come in, under their units' names.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from aiprov.core.requests import ModelCapability
from aiprov.core.results import Usage

# The units of rates, as they stand in ledgers and in JSON.
INPUT = "usd_per_million_input_tokens"
OUTPUT = "usd_per_million_output_tokens"
CACHED = "usd_per_million_cached_tokens"
CACHE_WRITE = "usd_per_million_cache_write_tokens"
AUDIO = "usd_per_audio_hour"

Rates = Mapping[str, Decimal]

_BILLIONTH = Decimal("1E-9")
_MILLION = 1_000_000
_BYTES_PER_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Price:
    """What a piece of work costs, and how one knows.

    Attributes:
        usd: The cost of the work asked about, in US dollars, to nine decimals.
        rates: The unit prices behind it, such as `usd_per_audio_hour`.
        source: Where they were published: an address, `aiprov.yaml` or `this machine`.
        checked: When they were read there (a date or a version of the price list).
    """

    usd: Decimal
    rates: Rates
    source: str
    checked: str


@dataclass(frozen=True, slots=True)
class Tariff:
    """The unit prices of one model.

    Attributes:
        steps: Rates by the length of what is read: `(0, rates)`, then `(tokens, rates)` for requests that read more
            than so many tokens. A step prices the whole request, not only what is beyond it.
        minimum_s: Fewer seconds of audio are billed as so many.
    """

    steps: tuple[tuple[int, Rates], ...]
    source: str
    checked: str
    minimum_s: float = 0.0

    def rates(self, input_tokens: int) -> Rates:
        """The rates for a request that reads so many tokens."""
        return next(rates for above, rates in reversed(self.steps) if above == 0 or input_tokens > above)

    def price(self, usage: Usage, capability: ModelCapability) -> Price | None:
        """What the usage costs; None where a part of it has no rate, or where there is nothing to go by."""
        rates = self.rates(usage.input_tokens)
        if capability == ModelCapability.TRANSCRIPTION:
            usd = _audio(usage, rates, self.minimum_s)
        else:
            usd = _tokens(usage, rates, writes=capability != ModelCapability.EMBEDDING)
        return None if usd is None else Price(usd, rates, self.source, self.checked)


def audio_cost(audio_s: float, usd_per_hour: Decimal) -> Decimal:
    """Return what `audio_s` seconds of audio cost at a rate per hour, pro rata, in US dollars to nine decimals."""
    return (Decimal(str(audio_s)) * usd_per_hour / 3600).quantize(_BILLIONTH)


def _audio(usage: Usage, rates: Rates, minimum_s: float) -> Decimal | None:
    if AUDIO not in rates or not 0 < usage.audio_s < math.inf:
        return None
    return audio_cost(max(usage.audio_s, minimum_s), rates[AUDIO])


def _tokens(usage: Usage, rates: Rates, *, writes: bool) -> Decimal | None:
    """Price tokens. Those from or for a cache cost what all input costs where they have no rate of their own."""
    written = usage.output_tokens if writes else 0
    fresh = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
    if min(fresh, written, usage.cached_tokens, usage.cache_write_tokens) < 0 or usage.input_tokens + written == 0:
        return None
    if INPUT not in rates or (written and OUTPUT not in rates):
        return None
    dollars = fresh * rates[INPUT] + (written * rates[OUTPUT] if written else 0)
    dollars += usage.cached_tokens * rates.get(CACHED, rates[INPUT])
    dollars += usage.cache_write_tokens * rates.get(CACHE_WRITE, rates[INPUT])
    return (dollars / _MILLION).quantize(_BILLIONTH)


@dataclass(frozen=True, slots=True)
class Offer:
    """One model that could do a piece of work.

    Attributes:
        price: What this very work would cost there; None when nobody knows.
        priority: Of its provider; the lower number wins among equals.
        note: Why it cannot do the work, or what else matters; empty when nothing does.
    """

    provider: str
    model: str
    priority: int
    price: Price | None = None
    note: str = ""


def compare(offers: Iterable[Offer]) -> tuple[list[Offer], Offer | None]:
    """Sort offers by what they cost: known prices first, the cheapest of them first, equals by priority.

    Returns:
        All of them in order, and the cheapest; None when no price is known.
    """
    rows = sorted(offers, key=_rank)
    return rows, rows[0] if rows and rows[0].price is not None else None


def _rank(offer: Offer) -> tuple[bool, Decimal, int, str, str]:
    usd = Decimal(0) if offer.price is None else offer.price.usd
    return offer.price is None, usd, offer.priority, offer.provider, offer.model


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text is, rather too many: one for three bytes of UTF-8.

    That is a token for three letters of English, for one Chinese character, for one and a half Cyrillic letters.
    Source: byte-level tokenizers need about 4 bytes of English for a token; Anthropic's newer ones count some 30 %
    more tokens (https://platform.claude.com/docs/en/models/haiku-5-5/overview).
    """
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / _BYTES_PER_TOKEN)
