"""What the ledger adds up to, and what the local part of it would have cost elsewhere: the contract's costs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiprov.core.pricing import Price, audio_cost
from aiprov.core.requests import ModelCapability
from aiprov.errors import ConfigError

if TYPE_CHECKING:
    from aiprov.state import Charges

USUAL_RIVAL = "openai/gpt-transcribe"  # the model that savings are measured by

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the answer, under its names in JSON and CSV; money in US dollars."""

    key: str
    attempts: int
    failed: int
    running: int
    audio_s: float
    cost_usd: Decimal
    unpriced: int
    unknown: int
    local_audio_s: float
    saved_usd: Decimal


def moment(text: str, now: datetime) -> datetime:
    """Read a date (UTC), or a time ago such as `7d`.

    Raises:
        ConfigError: It is neither.
    """
    try:
        if ago := re.fullmatch(r"(\d{1,5})([hdw])", text, re.ASCII):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=now.tzinfo)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{text!r} is no time", "give a date such as 2026-11-01, or 12h, 7d, 2w", code="usage"
        ) from None


def line_of(charges: Charges, usd_per_hour: Decimal) -> Line:
    """Put a row of the ledger beside what its local part would have cost at a rate per hour of audio."""
    return Line(
        key=charges.key,
        attempts=charges.attempts,
        failed=charges.failed,
        running=charges.running,
        audio_s=round(charges.audio_s, 3),
        cost_usd=charges.cost,
        unpriced=charges.unpriced,
        unknown=charges.unknown,
        local_audio_s=round(charges.free_audio_s, 3),
        saved_usd=audio_cost(charges.free_audio_s, usd_per_hour),
    )


def total(lines: Sequence[Line]) -> Line:
    """Add up all rows."""
    sums = {each.name: sum(getattr(line, each.name) for line in lines) for each in fields(Line) if each.name != "key"}
    sums["cost_usd"], sums["saved_usd"] = Decimal(sums["cost_usd"]), Decimal(sums["saved_usd"])
    return Line(key="total", **sums)


def hourly_rate(rival: str) -> Price:
    """The price of one hour of audio with a model, given as provider/model.

    Raises:
        ConfigError: Nobody knows it.
    """
    from aiprov.prices import OFFERS, PriceBook

    provider, _, model = rival.partition("/")
    price = PriceBook().expected(provider, model, capability=ModelCapability.TRANSCRIPTION, audio_s=3600)
    if price is None:
        known = ", ".join(f"{provider}/{model}" for provider, model in OFFERS)
        raise ConfigError(f"no price by the hour is known for {rival}", f"choose one such as {known}", code="usage")
    return price


def costs_document(lines: Sequence[Line], by: str, since: datetime | None, rival: str, rate: Price) -> dict[str, Any]:
    """The contract's document: rows, their totals, and what savings were measured by."""
    return {
        "schema": 1,
        "by": by,
        "since": None if since is None else since.isoformat(timespec="seconds"),
        "rows": [_shape(line) for line in lines],
        "totals": {name: value for name, value in _shape(total(lines)).items() if name != "key"},
        "saved_against": {
            "model": rival,
            "usd_per_audio_hour": float(rate.usd),
            "source": rate.source,
            "checked": rate.checked,
        },
    }


def _shape(line: Line) -> dict[str, Any]:
    values = {each.name: getattr(line, each.name) for each in fields(Line)}
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in values.items()}
