"""Until when: the words of a clause that say it, as they were said. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from aiprov.core.cues.table import Cues, cues_of
from aiprov.core.dates import When, dates
from aiprov.core.numbers import quantities

# An event is named in at most so many words: "before the trial starts".
_MOST_WORDS = 7


@dataclass(frozen=True, slots=True)
class Due:
    """Until when something is to be done.

    Attributes:
        text: Verbatim, without "by" and "on".
        when: The day, where one is named.
        rank: 0 where a word such as "by" says that it is a limit; higher is less certain.
    """

    text: str
    when: When | None
    rank: int


def due_in(text: str, language: str) -> Due | None:
    """Return until when something is to be done, as far as a clause says so.

    Args:
        text: One clause.
        language: ISO 639-1 code.
    """
    cues = cues_of(language)
    found = [*_days(text, cues, language), *_events(text, language), *_parts(text, cues)]
    return min(found, key=lambda due: due.rank, default=None)


def _days(text: str, cues: Cues, language: str) -> Iterator[Due]:
    for when in dates(text, language):
        before = _until(language).search(text[: when.start])
        idle = when.period == "day" and not before  # "at the end of the day" is no day
        if idle or (when.offset is not None and when.offset < 0):
            continue
        alone = when.offset is not None or when.weekday is not None or when.period is not None or when.edge
        if not before and not alone:
            continue
        start = before.start(1) if before and cues.dates.kept.fullmatch(before[1]) else when.start
        end = _with_daypart(text, when.end, cues)
        limit = bool(before) and bool(cues.dates.limit.fullmatch(before[1] if before else ""))
        yield Due(text[start:end].strip(" .,;!?"), when, 0 if limit else 1 if before else 2)


def _with_daypart(text: str, end: int, cues: Cues) -> int:
    """The end of "Monday morning" and "Thursday noon"."""
    match = re.compile(rf"\s+(?:at\s+|in the\s+)?(?:{cues.dates.dayparts})\b", re.IGNORECASE).match(text, end)
    return match.end() if match else end


def _events(text: str, language: str) -> Iterator[Due]:
    """ "Before the trial starts", but not "thirty days before a certificate expires"."""
    counted = [each.end for each in quantities(text, language)]
    named = [when.start for when in dates(text, language)]
    for match in _event(language).finditer(text):
        if any(0 <= match.start() - end <= 1 for end in counted):
            continue
        phrase = " ".join(re.split(r"[,;.!?]", text[match.start() :])[0].split()[:_MOST_WORDS])
        if not any(match.start() <= start < match.start() + len(phrase) for start in named):
            yield Due(phrase, None, 3)


def _parts(text: str, cues: Cues) -> Iterator[Due]:
    words = cues.dates
    alone = rf"(?P<alone>{words.soon}|{words.daypart_alone})"
    pattern = rf"\b(?:(?:{words.until})\s+(?P<part>{words.dayparts})|{alone})\b"
    for match in re.finditer(pattern, text, re.IGNORECASE):
        yield Due(match["part"] or match["alone"], None, 4)


@cache
def _until(language: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)({cues_of(language).dates.until})\s+(?:the\s+)?$", re.IGNORECASE)


@cache
def _event(language: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{cues_of(language).dates.event})", re.IGNORECASE)
