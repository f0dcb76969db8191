"""What work would cost at every provider and model: the contract's `compare_providers`. Makes no call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from aiprov.core.pricing import Price
from aiprov.core.requests import ModelCapability
from aiprov.core.routing import Candidate, ModelFacts, Need, unfit
from aiprov.manager.roster import USUAL_ANSWER, Asked, Roster, candidates
from aiprov.prices import OFFERS, PriceBook
from aiprov.providers import catalogue

NOT_SET_UP = "is not set up"


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work by its size, without the thing itself.

    Attributes:
        input_tokens, output_tokens: What each request reads and writes.
        audio_s: The length of each recording, in seconds.
        times: How often all this is done.
    """

    capability: ModelCapability
    input_tokens: int = 0
    output_tokens: int = 0
    audio_s: tuple[float, ...] = ()
    times: int = 1

    @property
    def need(self) -> Need:
        """What a model must be able to do."""
        return Need(self.capability, input_tokens=self.input_tokens, output_tokens=self.output_tokens)


def comparison(roster: Roster, found: Sequence[Candidate], need: Need, audio_s: float) -> dict[str, Any]:
    """One row for each provider and model, the cheapest first, unknown prices last.

    `cheapest` names the provider and model of the first row that can serve and whose price is known; None if none.
    """
    work = Work(need.capability, need.input_tokens, need.output_tokens or USUAL_ANSWER, (audio_s,))
    rows = [(each.refusal is not None, _row(roster.prices, each, work)) for each in found]
    return _compared(rows, [False])


def estimate(roster: Roster, work: Work, today: str) -> dict[str, Any]:
    """The same for work that is known by its size alone, with well-known servers that are not set up among the rows.

    First come those that can serve, then those that could if they were set up, last those that cannot; `cheapest` is
    one that could where nobody can.

    Args:
        today: An ISO date, by which models that were shut down are known.
    """
    present = {entry.provider.name for entry in roster.entries}
    others = [
        Candidate(provider, facts, 0, refusal=NOT_SET_UP)
        for provider, facts in _well_known()
        if provider not in present and facts.capability == work.capability
    ]
    rows = []
    for found in (*candidates(roster, Asked(work.need), {}, today), *others):
        cannot = unfit(work.need, found.facts, today)
        rank = 2 if cannot else 0 if found.refusal is None else 1
        row = _row(roster.prices, replace(found, refusal=cannot or found.refusal), work)
        rows.append((rank, row if found.provider in present else {**row, "priority": None}))
    return _compared(rows, [0, 1])


def _well_known() -> list[tuple[str, ModelFacts]]:
    """Models of servers that anybody could set up: those of the catalogue, and those that people compare with."""
    listed = [
        (name, facts)
        for name in catalogue.presets()
        if (preset := catalogue.preset(name)) and not preset.local
        for facts in preset.models
    ]
    names = {(provider, facts.name) for provider, facts in listed}
    offered = [(name, ModelFacts(model, ModelCapability.TRANSCRIPTION)) for name, model in OFFERS]
    return [*listed, *(each for each in offered if (each[0], each[1].name) not in names)]


def _compared(ranked: Sequence[tuple[int, dict[str, Any]]], able: Sequence[int]) -> dict[str, Any]:
    """Rows by rank, and within a rank by cost; the cheapest is of the first of the `able` ranks with a known price."""
    ranked = sorted(ranked, key=lambda each: (each[0], _cheapest_first(each[1])))
    priced = [row for rank, row in ranked if rank in able and row["cost"] is not None]
    cheapest = f"{priced[0]['provider']}/{priced[0]['model']}" if priced else None
    return {"providers": [row for _, row in ranked], "cheapest": cheapest}


def _row(prices: PriceBook, candidate: Candidate, work: Work) -> dict[str, Any]:
    price = _price(prices, candidate, work)
    return {
        "provider": candidate.provider,
        "model": candidate.model,
        "cost": None if price is None else _cost(price),
        "priority": candidate.priority,
        "note": candidate.refusal,
    }


def _price(prices: PriceBook, candidate: Candidate, work: Work) -> Price | None:
    """The price of it all; each recording for itself, since some vendors bill a least length."""
    found = [
        prices.expected(
            candidate.provider,
            candidate.model,
            capability=work.capability,
            input_tokens=work.input_tokens,
            output_tokens=work.output_tokens,
            audio_s=audio_s,
            local=candidate.local,
        )
        for audio_s in work.audio_s or (0.0,)
    ]
    known = [price for price in found if price is not None]
    if len(known) < len(found):
        return None
    return replace(known[0], usd=sum((price.usd for price in known), Decimal(0)) * work.times)


def _cost(price: Price) -> dict[str, Any]:
    rates = {unit: float(rate) for unit, rate in price.rates.items()}
    return {
        "total_cost": float(price.usd),
        "currency": "USD",
        **rates,
        "source": price.source,
        "checked": price.checked,
    }


def _cheapest_first(row: dict[str, Any]) -> tuple[bool, float, int, str, str]:
    cost = row["cost"]
    total = 0.0 if cost is None else cost["total_cost"]
    return cost is None, total, row["priority"] or 0, row["provider"], row["model"]
