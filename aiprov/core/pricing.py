"""Money as arithmetic. Decimal US dollars; what is unknown is None and never zero. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

_BILLIONTH = Decimal("1E-9")


@dataclass(frozen=True, slots=True)
class Price:
    """What a piece of work costs, and how one knows.

    Attributes:
        usd: The cost of the work asked about, in US dollars, to nine decimals.
        usd_per_audio_hour: The rate behind it.
        source: Where the rate was published: an address, or `this machine`.
        checked: When it was read there (a date or a version of the price list).
    """

    usd: Decimal
    usd_per_audio_hour: Decimal
    source: str
    checked: str


def audio_cost(audio_s: float, usd_per_hour: Decimal) -> Decimal:
    """Return what `audio_s` seconds of audio cost at a rate per hour, pro rata, in US dollars to nine decimals."""
    return (Decimal(str(audio_s)) * usd_per_hour / 3600).quantize(_BILLIONTH)
