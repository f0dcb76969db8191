"""Days as people name them: "Thursday, the nineteenth", "tomorrow", "before the end of March". Pure: no clock.

Which day is meant follows from the day of the meeting, which the caller or the meeting itself knows.
"""

from __future__ import annotations

import re
from calendar import monthrange, weekday
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from aiprov.core.cues.table import Cues, cues_of
from aiprov.core.numbers import quantities

Day = tuple[int, int, int]
_FRIDAY, _SUNDAY = 4, 6


@dataclass(frozen=True, slots=True)
class When:
    """A day or a span of days as a text names it; what it does not say is None.

    Attributes:
        start, end: Its place in the text.
        weekday: From 0 for Monday.
        offset: Days from the day of the meeting.
        period: `week`, `month`, `quarter` or `year`, where such a span is named.
        following: Whether the next weekday or span is meant, and not this one.
        edge: Whether the end of the span is meant.
    """

    start: int
    end: int
    weekday: int | None = None
    day: int | None = None
    month: int | None = None
    year: int | None = None
    offset: int | None = None
    period: str | None = None
    following: bool = False
    edge: bool = False


def dates(text: str, language: str = "en") -> tuple[When, ...]:
    """Return the days that a text names, in order.

    Args:
        text: Any text.
        language: ISO 639-1 code of the text.
    """
    found = []
    for match in _pattern(language).finditer(text):
        when = _when(match, language)
        if when is not None:
            found.append(when)
    return tuple(found)


def resolved(when: When, today: Day) -> Day | None:
    """Return the one day that is meant, or None when it is no one day.

    A weekday alone is its next one after the meeting; "next" before it means the week after. Of a span only its end
    is a day.

    Args:
        when: From `dates`.
        today: The day of the meeting: year, month, day.
    """
    if when.offset is not None:
        return later(today, when.offset)
    if when.day is not None:
        return _numbered(when, today)
    if when.weekday is not None:
        return _named(when, today)
    return _edge(when, today) if when.edge else None


def meeting_day(texts: Iterable[str], language: str = "en") -> When | None:
    """Return the day of a meeting where somebody says it ("Today is Tuesday, the tenth of March"), or None."""
    today = cues_of(language).today
    for text in texts:
        for match in today.finditer(text):
            for when in dates(text[match.end() :], language):
                if when.start == 0 and when.day is not None and when.month is not None:
                    return when
    return None


def assumed(when: When) -> Day | None:
    """Return a day that fits what is known of the meeting's day: the year may be wrong, the weekdays are right."""
    if when.day is None or when.month is None:
        return None
    for year in (when.year,) if when.year else range(2026, 2037):
        if 1 <= when.day <= monthrange(year, when.month)[1]:
            day = (year, when.month, when.day)
            if when.weekday is None or weekday(*day) == when.weekday:
                return day
    return None


def written(day: Day) -> str:
    """Return a day as `2026-03-19`."""
    return f"{day[0]:04}-{day[1]:02}-{day[2]:02}"


def read(day: str) -> Day:
    """Return the day that `written` wrote.

    Raises:
        ValueError: It is no day.
    """
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", day)
    if (
        not match
        or not 1 <= int(match[2]) <= 12
        or not 1 <= int(match[3]) <= monthrange(int(match[1]), int(match[2]))[1]
    ):
        raise ValueError("a day is written as 2026-03-19")
    return int(match[1]), int(match[2]), int(match[3])


def later(day: Day, days: int) -> Day:
    """Return the day so many days later; before, where it is negative."""
    year, month, number = day[0], day[1], day[2] + days
    while number < 1:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        number += monthrange(year, month)[1]
    while number > monthrange(year, month)[1]:
        number -= monthrange(year, month)[1]
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return year, month, number


def _numbered(when: When, today: Day) -> Day | None:
    """The next day with this number, or with this number and month."""
    month = when.month or today[1] + (when.day is not None and when.day < today[2])
    year = when.year or today[0] + (month < today[1] or month > 12)
    month = (month - 1) % 12 + 1
    number = when.day or 1
    return (year, month, number) if number <= monthrange(year, month)[1] else None


def _named(when: When, today: Day) -> Day:
    now = weekday(*today)
    wanted = when.weekday or 0
    if when.following:
        return later(today, 7 - now + wanted)
    return later(today, (wanted - now) % 7 or 7)


def _edge(when: When, today: Day) -> Day | None:
    """The last day of a span; of a week it is Friday."""
    year, month = when.year or today[0], when.month or today[1]
    if when.month is not None:
        year += when.year is None and month < today[1]
    elif when.period == "week":
        return later(today, _FRIDAY - weekday(*today) + 7 * when.following)
    elif when.period == "day":
        return today
    elif when.period == "quarter":
        month = (month - 1) // 3 * 3 + 3 + 3 * when.following
    elif when.period == "month":
        month += when.following
    else:
        month, year = 12, year + when.following
    year, month = (year, month) if month <= 12 else (year + 1, month - 12)
    return year, month, monthrange(year, month)[1]


# --- reading ------------------------------------------------------------------------------------------------------


def _names(groups: Sequence[Sequence[str]]) -> str:
    return "|".join(
        re.escape(name) for name in sorted((name for group in groups for name in group), key=len, reverse=True)
    )


def _number_word(cues: Cues) -> str:
    words = "|".join(
        sorted((re.escape(word) for word in (*cues.numbers.values, *cues.numbers.ordinals)), key=len, reverse=True)
    )
    return rf"(?:\d{{1,2}}(?:st|nd|rd|th|er|º|\.)?|(?:{words})(?:[ -](?:{words}))?|[^\W\d_]*(?:ste[nr]?|zehnte[nr]?))"


@cache
def _pattern(language: str) -> re.Pattern[str]:
    """All ways to name a day, the longest first."""
    cues = cues_of(language)
    words = cues.dates
    day, months, weekdays = _number_word(cues), _names(words.months), _names(words.weekdays)
    periods = _names([tuple(words.periods)])
    nth = r"\d{1,2}(?:st|nd|rd|th)|[^\W\d_]+(?:[ -][^\W\d_]+)?th|(?:twenty|thirty)[ -]?(?:first|second|third)"
    of = rf"(?:{words.of})" if words.of else ""
    year = r"(?:,?\s+(?:of\s+|de\s+)?(?P<{}>(?:19|20)\d\d))?"
    near = rf"(?:(?P<{{}}>{words.following})|{words.this})\s+"
    front = rf"(?:(?P<{{}}>{weekdays})\.?,?\s+)?(?:{words.the})?"
    alternatives = (
        r"(?P<iso>\d{4})-(?P<isomonth>\d\d)-(?P<isoday>\d\d)",
        rf"{front.format('w1')}(?P<d1>{day})\s+(?:{of}\s+)?(?P<m1>{months})\b{year.format('y1')}",
        rf"{front.format('w2')}(?P<m2>{months})\.?\s+(?:the\s+)?(?P<d2>{day})(?![\w%:]|\s*%){year.format('y2')}",
        rf"{words.edges}\s+(?:{words.the})?(?:{near.format('n3')})?(?:(?P<m3>{months})|(?P<p3>{periods}))\b",
        rf"(?P<w4>{weekdays})\.?,?\s+(?:{words.the})(?P<d4>{day})\b(?!\s+(?:{of}\s+)?\d)",
        rf"(?:{near.format('n5')})?(?P<w5>{weekdays})s?(?:\s+(?P<a5>{words.after}))?\b",
        rf"(?P<rel>{'|'.join(re.escape(word) for word in sorted(words.days, key=len, reverse=True))})\b",
        rf"{near.format('n6')}(?P<p6>{periods})\b",
        rf"(?:{words.within})\s+(?P<count>[\w-]+(?:\s+and\s+a\s+half)?)\s+(?P<cunit>[\w]+)\b",
        rf"(?:{words.the})(?P<d7>{nth})(?=\s*(?:[.,;!?]|$))",
        rf"(?P<m8>{months})\b",
    )
    return re.compile(r"(?<![\w-])(?:" + "|".join(alternatives) + ")", re.IGNORECASE)


def _when(match: re.Match[str], language: str) -> When | None:
    parts = {name: text for name, text in match.groupdict().items() if text is not None}
    words = cues_of(language).dates
    place = (match.start(), match.end())
    if "iso" in parts:
        return When(*place, year=int(parts["iso"]), month=int(parts["isomonth"]), day=int(parts["isoday"]))
    if "rel" in parts:
        return When(*place, offset=words.days[parts["rel"].casefold()])
    if "count" in parts:
        return _counted(match, language)
    day = _day(_some(parts, "d1", "d2", "d4", "d7"), language)
    month = _position(_some(parts, "m1", "m2", "m3", "m8"), words.months)
    if month is not None and not _is_month(match, parts):
        return None
    if any(name in parts for name in ("d1", "d2", "d4", "d7")) and day is None:
        return None
    period = _some(parts, "p3", "p6")
    year = _some(parts, "y1", "y2")
    return When(
        *place,
        weekday=_position(_some(parts, "w1", "w2", "w4", "w5"), words.weekdays),
        day=day,
        month=None if month is None else month + 1,
        year=int(year) if year else None,
        period=words.periods[period.casefold()] if period else None,
        following=any(name in parts for name in ("n3", "n5", "n6", "a5")),
        edge="m3" in parts or "p3" in parts,
    )


def _is_month(match: re.Match[str], parts: dict[str, str]) -> bool:
    """ "May" and "march" alone are months only where they are written so, and never where a sentence begins."""
    if "m8" not in parts:
        return True
    before = match.string[: match.start()].rstrip()
    return (parts["m8"][0].isupper() and len(parts["m8"]) > 3) or bool(
        re.search(r"\b(?:in|of|by|until|till|before|since|early|late|mid|from|im|bis|en|de)$", before)
    )


def _counted(match: re.Match[str], language: str) -> When | None:
    """A span from now: "in two weeks"."""
    for each in quantities(f"{match['count']} {match['cunit']}", language) or ():
        if each.unit == "day":
            return When(match.start(), match.end(), offset=round(each.value))
    numbers = cues_of(language).numbers
    unit, factor = numbers.units.get(match["cunit"].casefold(), ("", 0.0))
    if unit == "day" and match["count"].casefold() in numbers.weak:
        return When(match.start(), match.end(), offset=round(factor))
    return None


def _some(parts: dict[str, str], *names: str) -> str | None:
    return next((parts[name] for name in names if name in parts), None)


def _day(text: str | None, language: str) -> int | None:
    if text is None:
        return None
    found = quantities(text, language)
    return int(found[0].value) if len(found) == 1 and 1 <= found[0].value <= 31 else None


def _position(text: str | None, groups: Sequence[Sequence[str]]) -> int | None:
    if text is None:
        return None
    wanted = text.casefold().rstrip(".")
    return next((at for at, group in enumerate(groups) if wanted in map(str.casefold, group)), None)
