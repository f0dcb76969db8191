"""Languages without a table: digits are numbers, ISO dates are days, and nothing else gives itself away."""

from __future__ import annotations

from aiprov.core.cues.table import Cues, Dates, Numbers

_UNITS = {"%": ("%", 1.0), "€": ("EUR", 1.0)}

CUES = Cues(
    code="",
    stop=frozenset(),
    numbers=Numbers(values={}, scales={}, ordinals={}, weak=frozenset(), shares={}, units=_UNITS, fillers="(?!)"),
    dates=Dates(months=(("(?!)",),) * 12, weekdays=(("(?!)",),) * 7, days={}, periods={}),
)
