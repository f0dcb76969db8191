"""What a line of the minutes stands on: the clauses that it cites, and those of them that it is about. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiprov.core.clauses import NAME, Clause
from aiprov.core.dates import dates
from aiprov.core.meeting import Meeting
from aiprov.core.minutes import Entry
from aiprov.core.numbers import quantities
from aiprov.core.phrases import NO_NAMES, TITLES
from aiprov.core.words import stem, stems

# A part of a sentence that says one thing.
FRAGMENT = re.compile(r"[,;.:!?]\s+|\s+(?=(?:but|and|aber|und|mais|et|pero|y|so|because|instead of|rather than)\b)")
# The same where commas stand within dates.
FRAGMENT_OF_DAYS = re.compile(r"[;:!?]\s+|(?<=[a-z\d])\.\s+|\s+(?=(?:but|because|aber|mais|pero)\b)")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a line stands on.

    Attributes:
        meeting: The meeting.
        matter: The stems of what it is about, without people and days.
        cited: All clauses of the cited segments.
        core: Those of them that the line is about.
        support: `core`, and short or pronominal clauses right beside it: "I can do that tomorrow".
    """

    meeting: Meeting
    matter: frozenset[str]
    cited: tuple[Clause, ...]
    core: tuple[Clause, ...]
    support: tuple[Clause, ...]

    def closest(self, text: str, parted: re.Pattern[str] = FRAGMENT) -> str:
        """The part of a clause that has most words of a part of the line; empty when none has one."""
        matter = matter_of(text, self.meeting)
        parts = [part for clause in self.core for part in parted.split(clause.text)]
        rated = [(len(matter & stems(part, self.meeting.cues)), part) for part in parts]
        count, best = max(rated, key=lambda pair: pair[0], default=(0, ""))
        return best if count else ""

    @property
    def text(self) -> str:
        """All that is said in `support`."""
        return " ".join(clause.text for clause in self.support)


def claim(entry: Entry) -> str:
    """All that a line claims, in one text."""
    parts = dict.fromkeys(part for part in (entry.text, entry.task, entry.due) if part)
    return ". ".join(parts)


def matter_of(text: str, meeting: Meeting) -> frozenset[str]:
    """The stems of what a text is about, without people, days and numbers, which have checks of their own."""
    spans = [(each.start, each.end) for each in dates(text, meeting.language)]
    spans += [(each.start, each.end) for each in quantities(text, meeting.language)]
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    people = {stem(word) for name in (*meeting.people, *names_in(text, meeting)) for word in name.split()}
    return stems(text, meeting.cues) - people - {stem(title) for title in TITLES} or stems(text, meeting.cues)


def names_in(text: str, meeting: Meeting) -> list[str]:
    """Capitalised words that are known as people, or that are names by where they stand."""
    people = {word.casefold() for name in meeting.people for word in name.split()}
    days = {word.casefold() for group in (*meeting.cues.dates.months, *meeting.cues.dates.weekdays) for word in group}
    found: list[str] = []
    for match in re.finditer(NAME, text):
        low, begins = match.group().casefold().removesuffix("'s").removesuffix("’s"), _begins(text, match.start())
        if low in days or low in meeting.cues.stop or low in TITLES or (low in NO_NAMES and low not in people):
            continue
        if low in people or (not begins and meeting.language != "de"):
            found.append(match.group().removesuffix("'s").removesuffix("’s"))
    return found


def _begins(text: str, at: int) -> bool:
    return not text[:at].strip() or text[:at].rstrip()[-1] in ".!?:\"“'("
