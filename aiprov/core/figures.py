"""Do numbers and days fit? Those of a line against those that are said there. Pure.

Each check returns the words of the line that are in question.
"""

from __future__ import annotations

import re
from calendar import weekday
from collections.abc import Sequence
from dataclasses import replace

from aiprov.core.clauses import Act, Clause
from aiprov.core.dates import When, dates, resolved
from aiprov.core.ground import FRAGMENT, FRAGMENT_OF_DAYS, Ground, claim
from aiprov.core.meeting import Meeting
from aiprov.core.minutes import Entry
from aiprov.core.numbers import quantities
from aiprov.core.quantity import Quantity, unmatched
from aiprov.core.words import words

# What is settled so many clauses later replaces what was put forward.
_SOON = 8


def wrong_numbers(entry: Entry, ground: Ground) -> list[str]:
    """Numbers of a line that nobody says there, or where the part that it is about has others of the kind."""
    language = ground.meeting.language
    given = _given(ground)
    found = []
    for part in FRAGMENT.split(claim(entry)):
        spans = [(when.start, when.end) for when in dates(part, language)]
        wanted = [each for each in quantities(part, language) if not _inside(each.start, spans)]
        there = _with_percents(quantities(ground.closest(part), language))
        wrong = unmatched(wanted, [each for each, _clause in given])
        wrong = wrong or _other_numbers(wanted, there)
        wrong = wrong or (_settled_otherwise(wanted, given, ground) if entry.kind == "decision" else [])
        found += [part[each.start : each.end] for each in wrong if not _misheard(each, part, ground)]
    return found


def _settled_otherwise(
    wanted: Sequence[Quantity], given: Sequence[tuple[Quantity, Clause]], ground: Ground
) -> list[Quantity]:
    """Wanted numbers that were only put forward, where another of the kind was settled right after."""
    language = ground.meeting.language
    found = []
    for each in wanted:
        last = max((clause.id for other, clause in given if each.matches(other)), default=0)
        after = [
            other
            for clause in ground.meeting.clauses[last + 1 : last + 1 + _SOON]
            if clause.does(Act.DECIDE, Act.RULING) and (clause.stems & ground.matter or not clause.stems)
            for other in quantities(clause.text, language)
            if other.unit == each.unit and not other.weak
        ]
        if not each.weak and after and not any(one.matches(other) for other in after for one in wanted):
            found.append(each)
    return found


def _given(ground: Ground) -> list[tuple[Quantity, Clause]]:
    """The numbers that are said there, each with its clause."""
    found = [(each, clause) for clause in ground.cited for each in quantities(clause.text, ground.meeting.language)]
    percents = _with_percents([each for each, _clause in found])[len(found) :]
    return [*found, *((each, clause) for each in percents for other, clause in found if _alike(each, other))]


def _alike(percent: Quantity, bare: Quantity) -> bool:
    return bare.unit == "" and (percent.start, percent.end) == (bare.start, bare.end) and percent.value == bare.value


def _inside(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)


def _with_percents(found: Sequence[Quantity]) -> list[Quantity]:
    """Beside a percentage a bare number is one, too: "up to ninety percent, it was eighty before"."""
    if not any(each.unit == "%" for each in found):
        return list(found)
    return [*found, *(replace(each, unit="%") for each in found if each.unit == "")]


def _other_numbers(wanted: Sequence[Quantity], there: Sequence[Quantity]) -> list[Quantity]:
    """Wanted numbers in whose place another number of the same kind stands, and none that is wanted."""
    return [
        each
        for each in wanted
        if not each.weak
        and any(other.unit == each.unit and not other.weak for other in there)
        and not any(one.matches(other) for other in there if other.unit == each.unit for one in wanted)
    ]


def _misheard(number: Quantity, text: str, ground: Ground) -> bool:
    """Whether speech recognition wrote a word that sounds like the number: "to bugs"."""
    sounds = ground.meeting.cues.numbers.sounds.get(int(number.value), ())
    behind = words(text[number.start :].split(maxsplit=1)[-1])[:1]
    said = ground.text.casefold()
    return any(re.search(rf"\b{sound}\s+{re.escape(word.casefold())}\b", said) for sound in sounds for word in behind)


def wrong_days(entry: Entry, ground: Ground) -> list[str]:
    """Days of a line that nobody names there, or where the part that it is about names others."""
    meeting = ground.meeting
    given = [when for clause in ground.cited for when in dates(clause.text, meeting.language)]
    pointing = [
        when for clause in ground.cited if _points(clause, ground) for when in dates(clause.text, meeting.language)
    ]
    found = []
    for part in FRAGMENT_OF_DAYS.split(claim(entry)):
        wanted = dates(part, meeting.language)
        there = dates(ground.closest(part, FRAGMENT_OF_DAYS), meeting.language)
        wrong = [when for when in wanted if not _meant(when, given, meeting)]
        wrong = wrong or _other_days(wanted, (*there, *pointing), there, meeting)
        found += [part[when.start : when.end] for when in wrong]
    return found


def _points(clause: Clause, ground: Ground) -> bool:
    """Whether a clause goes on about what stands before it: "let's bring it back in January"."""
    return bool(ground.meeting.cues.pronouns.search(clause.text)) and clause.id > ground.core[0].id


def _other_days(wanted: Sequence[When], near: Sequence[When], there: Sequence[When], meeting: Meeting) -> list[When]:
    """Wanted days in whose place another one stands, and none that is wanted nearby."""
    if any(_meant(when, near, meeting) for when in wanted):
        return []
    return [when for when in wanted if any(_facts(when).keys() <= _facts(other).keys() for other in there)]


def _meant(wanted: When, given: Sequence[When], meeting: Meeting) -> bool:
    return any(_same_day(wanted, when, meeting) for when in given)


def _same_day(wanted: When, given: When, meeting: Meeting) -> bool:
    """Whether the given words can mean the wanted day, by what they say or by the calendar."""
    if meeting.about is not None:
        one, other = resolved(wanted, meeting.about), resolved(given, meeting.about)
        if one is not None and one == other:
            return wanted.weekday is None or wanted.weekday == weekday(*one)
    facts = _facts(wanted)
    known = _facts(given)
    if meeting.about is not None and (day := resolved(given, meeting.about)):
        known = {"year": day[0], "month": day[1], "day": day[2], "weekday": weekday(*day)} | known
    elif given.day is not None and given.month is None:
        known["month"] = facts.get("month")  # of what month it is nobody says here, and nothing speaks against it
    return bool(facts) and all(known.get(name) == value for name, value in facts.items())


def _facts(when: When) -> dict[str, object]:
    named = {name: getattr(when, name) for name in ("weekday", "day", "month", "year", "offset", "period")}
    return {name: value for name, value in named.items() if value is not None}
