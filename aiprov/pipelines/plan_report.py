"""The report of a dry run: that of a run, and the plan for all its recordings. Plain values; prints nothing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aiprov.batch.report import Report
from aiprov.state import Cap

_MB = 10**6


@dataclass(frozen=True, slots=True)
class Outlook:
    """One candidate, as if it were asked for every recording that somebody has to be asked for.

    Attributes:
        place: Where it stands in the order, from 1; None when it is left out.
        cost: US dollars; None when the price is not known.
        time_s: Seconds, by the speed that was measured on this machine; None when none was.
        memory_bytes: Estimate for a model of this machine while it works; None for others.
        download_bytes: What would have to be fetched; None for models that are not of this machine.
        host: Where recordings would go; None when they stay.
        note: Why it stands there or is left out, and what stands in its way.
    """

    provider: str
    model: str
    place: int | None
    cost: Decimal | None = None
    time_s: float | None = None
    memory_bytes: int | None = None
    download_bytes: int | None = None
    host: str | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The candidate as JSON has it; megabytes are decimal."""
        return {
            "provider": self.provider,
            "model": self.model,
            "order": self.place,
            "cost_usd": None if self.cost is None else float(self.cost),
            "time_s": None if self.time_s is None else round(self.time_s, 1),
            "memory_mb": None if self.memory_bytes is None else round(self.memory_bytes / _MB, 1),
            "download_mb": None if self.download_bytes is None else round(self.download_bytes / _MB, 1),
            "host": self.host,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Allowance:
    """One limit on costs.

    Attributes:
        spent: What counts against it already, in US dollars.
        fits: Whether every recording can go to the first who would be asked for it.
    """

    cap: Cap
    spent: Decimal
    fits: bool

    @property
    def left(self) -> Decimal:
        """US dollars that may still be spent."""
        return max(Decimal(0), self.cap.usd - self.spent)

    def as_json(self) -> dict[str, Any]:
        """The limit as JSON has it."""
        amounts = {"cap_usd": float(self.cap.usd), "spent_usd": float(self.spent), "left_usd": float(self.left)}
        return {"scope": self.cap.scope, **amounts, "fits": self.fits}


@dataclass(frozen=True, slots=True)
class PlanReport(Report):
    """The report of a dry run, with the plan.

    Attributes:
        asked: For how many recordings somebody would be asked.
        candidates: In the order in which they are asked, then those that are left out.
        budget: Every limit that is set.
    """

    asked: int = 0
    candidates: tuple[Outlook, ...] = ()
    budget: tuple[Allowance, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The report in the contract's shape, and the plan."""
        plan = {"candidates": [each.as_json() for each in self.candidates]}
        plan["budget"] = [each.as_json() for each in self.budget]
        return {**Report.as_json(self), "plan": plan}  # a class with slots is made anew: no super()
