"""A number in a text, and when two of them mean the same. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# On a clock of twelve hours, in minutes.
HALF_A_DAY = 720.0
# What a number without a unit may mean: people leave out currencies, and never "percent" or "weeks".
_PLAIN = ("", "nth")
_COUNTED = ("", "nth", "EUR", "USD", "GBP", "CHF", "share")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text.

    Attributes:
        value: In `unit`.
        unit: `%`, a currency (`EUR`), a base of time (`s`, `day`, `month`), `time` (minutes on a clock of twelve
            hours), `nth`, `share` (of one), or nothing.
        weak: Whether it often counts nothing: "one", "second".
        start, end: Its place in the text.
    """

    value: float
    unit: str
    weak: bool
    start: int
    end: int

    def matches(self, other: Quantity) -> bool:
        """Whether both can mean the same."""
        one, two = sorted((self, other), key=lambda each: each.unit)
        if {one.unit, two.unit} == {"%", "share"}:
            return abs(one.value - 100 * two.value) < 1
        if {one.unit, two.unit} <= {"", "nth", "time"} and one.unit != two.unit and "time" in (one.unit, two.unit):
            plain, clock = (one, two) if two.unit == "time" else (two, one)
            return plain.value * 60 % HALF_A_DAY == clock.value
        alike = one.unit == two.unit or (one.unit in _PLAIN and two.unit in _COUNTED)
        return alike and (_equal(one.value, two.value) or self._short(other) or other._short(self))

    def _short(self, other: Quantity) -> bool:
        """Whether this is the other one without its thousands, as people say salaries: "sixty-eight"."""
        return self.unit == "" and other.value >= 1000 > self.value >= 10 and _equal(self.value * 1000, other.value)


def unmatched(wanted: Iterable[Quantity], given: Sequence[Quantity]) -> list[Quantity]:
    """The numbers that nothing among the given ones can mean; those that often count nothing are left out."""
    return [each for each in wanted if not each.weak and not any(each.matches(other) for other in given)]


def _equal(one: float, two: float) -> bool:
    return abs(one - two) <= 1e-6 * max(1.0, abs(one))
