"""The form of a language's table, and the finder of tables. Knows no language by itself."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

LANGUAGES = {"en": "english", "de": "german", "fr": "french", "es": "spanish"}
# The table of all other languages: digits, and no words.
_OTHERS = "others"


NOTHING = r"(?!)"
NEVER = re.compile(NOTHING)


def pattern(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern that finds any of these as whole words, in any case."""
    return re.compile(rf"(?<![\w'’-])(?:{'|'.join(alternatives)})(?![\w-])", re.IGNORECASE)


@dataclass(frozen=True)
class Numbers:
    """How a language writes numbers.

    Attributes:
        values: Words below a hundred.
        scales: Words that multiply what stands before them.
        ordinals: Words for a place in an order.
        weak: Number words that often count nothing, such as "one" and "second".
        shares: Words for parts: "third".
        units: Words behind a number, with the unit's name and how many of it one of them is.
        before: Phrases before an hour, with the minutes that they add: "quarter past".
        after: The same behind an hour.
        fillers: A pattern for a word that may stand between a number and its unit: "more".
        articles: The same for articles, which stand behind "half".
        joiners: Words between the words of one number: "and".
        decimal: The sign before decimals.
        points: Words before decimals: "point".
        compound: Whether numbers are written in one word.
        sounds: For a number the words that sound like it, for speech recognition mixes them up.
        scores: Whether eleven to nineteen may follow a word for tens, as in French.
    """

    values: Mapping[str, int]
    scales: Mapping[str, int]
    ordinals: Mapping[str, int]
    weak: frozenset[str]
    shares: Mapping[str, float]
    units: Mapping[str, tuple[str, float]]
    before: Mapping[str, int] = field(default_factory=dict)
    after: Mapping[str, int] = field(default_factory=dict)
    fillers: str = ""
    articles: str = ""
    joiners: frozenset[str] = frozenset()
    decimal: str = ","
    points: frozenset[str] = frozenset()
    compound: bool = False
    scores: bool = False
    sounds: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Dates:
    """How a language names days.

    Attributes:
        months: From January on, each with its short forms.
        weekdays: From Monday on, each with its short forms.
        days: Words for a day counted from today: "tomorrow".
        this, following: Words before a weekday, a week or a month: "this", "next".
        edges: Words for the end of a span of time, in patterns.
        periods: Words for week, month, quarter and year, by these names.
        dayparts: Patterns for a part of the day or its end.
        within: A pattern before a number of days: "in", "within".
        until: A pattern before the moment when something must be done.
        event: A pattern for "before" and whatever words tell an event.
        soon: Patterns that say that it is urgent, without a date.
        daypart_alone: Parts of a day that need no word before them: "this afternoon".
        limit: Those of `until` that set a limit: "by".
        kept: Those of `until` that belong to what is said: "before".
        of: A pattern between a day's number and its month.
        the: A pattern for the article before a day's number, with the space behind it; it may be missing.
        after: A pattern for "next" where it stands behind the weekday.
    """

    months: tuple[tuple[str, ...], ...]
    weekdays: tuple[tuple[str, ...], ...]
    days: Mapping[str, int]
    periods: Mapping[str, str]
    this: str = NOTHING
    following: str = NOTHING
    edges: str = NOTHING
    dayparts: str = NOTHING
    within: str = NOTHING
    until: str = NOTHING
    event: str = NOTHING
    soon: str = NOTHING
    daypart_alone: str = NOTHING
    limit: re.Pattern[str] = NEVER
    kept: re.Pattern[str] = NEVER
    of: str = ""
    the: str = ""
    after: str = NOTHING


@dataclass(frozen=True)
class Cues:
    """One language. Patterns are searched in one clause; see `english.py` for what each finds.

    Attributes:
        stop: Words that say nothing about the matter.
        negation: Words that deny.
        starters: What a new main clause begins with, behind a comma.
        subordinate: What a clause begins with that is no sentence of its own.
        commit: The speaker takes something on.
        commit_late: The same without words for what it is: "I'll do that".
        request: Somebody is asked to do something.
        passing: What is announced only for the next minute, or is no work at all: "I'll show you".
        decide: Something is said to be decided.
        ruling: A rule or a plan is stated: "from now on", "we use".
        propose: Something is put forward.
        objections: It is asked whether anybody objects.
        contented: It is asked whether everybody agrees.
        agree, refuse: An answer that takes it, or does not.
        undecided: A decision is put off, or the answer is not known.
        retract: Something is taken back.
        open_point: Something is named as open.
        asks: How a question begins, where speech recognition left out the question mark.
        courtesy: Greetings and thanks.
        pronouns: Words that stand for something said before.
        first, second, group: "I", "you" and "we".
        introduces: A topic is announced; the rest of the clause names it.
        opposites: Pairs of words that exclude each other.
        joins: Small words between things that may change places: "and", "or".
        today: "Today is", before the day of the meeting.
        doing: Verbs behind a third person's name that make it a task.
        half_denied: Words that deny in part, or may stand for a denial: "only", "failed".
        contrast: Words before what was not chosen: "instead of".
        hedged: Words of an entry that leave open whether it is so.
        obliged: The speaker says that they have to or want to do something.
        everybody: Names for the whole group, as owners.
        generic: Those of `request` that often mean anybody: "you need to".
        offer: Those of `commit` that only offer: "I can".
        vacant: Something must be done, and nobody is named for it.
        past: It is of the past, and no news.
        standing: A rule that needs nobody's yes: "from now on".
        yes: An answer that begins with yes.
        third: "He", "she" and "they", for somebody named before.
        choices: Names of what is chosen between, as groups of a pattern: "June or April", "the short version".
        reported: Words of an entry that say that something was only thought of, or taken back.
    """

    code: str
    stop: frozenset[str]
    numbers: Numbers
    dates: Dates
    negation: re.Pattern[str] = NEVER
    starters: re.Pattern[str] = NEVER
    subordinate: re.Pattern[str] = NEVER
    commit: re.Pattern[str] = NEVER
    commit_late: re.Pattern[str] = NEVER
    request: re.Pattern[str] = NEVER
    passing: re.Pattern[str] = NEVER
    decide: re.Pattern[str] = NEVER
    ruling: re.Pattern[str] = NEVER
    propose: re.Pattern[str] = NEVER
    objections: re.Pattern[str] = NEVER
    contented: re.Pattern[str] = NEVER
    agree: re.Pattern[str] = NEVER
    refuse: re.Pattern[str] = NEVER
    undecided: re.Pattern[str] = NEVER
    retract: re.Pattern[str] = NEVER
    open_point: re.Pattern[str] = NEVER
    asks: re.Pattern[str] = NEVER
    courtesy: re.Pattern[str] = NEVER
    pronouns: re.Pattern[str] = NEVER
    first: re.Pattern[str] = NEVER
    second: re.Pattern[str] = NEVER
    group: re.Pattern[str] = NEVER
    introduces: re.Pattern[str] = NEVER
    doing: re.Pattern[str] = NEVER
    reported: re.Pattern[str] = NEVER
    today: re.Pattern[str] = NEVER
    half_denied: re.Pattern[str] = NEVER
    contrast: re.Pattern[str] = NEVER
    hedged: re.Pattern[str] = NEVER
    obliged: re.Pattern[str] = NEVER
    everybody: re.Pattern[str] = NEVER
    third: re.Pattern[str] = NEVER
    generic: re.Pattern[str] = NEVER
    offer: re.Pattern[str] = NEVER
    vacant: re.Pattern[str] = NEVER
    past: re.Pattern[str] = NEVER
    standing: re.Pattern[str] = NEVER
    yes: re.Pattern[str] = NEVER
    choices: re.Pattern[str] = NEVER
    opposites: tuple[tuple[str, ...], ...] = ()
    joins: frozenset[str] = frozenset(
        [
            "and",
            "or",
            "the",
            "a",
            "und",
            "oder",
            "der",
            "die",
            "das",
            "et",
            "ou",
            "le",
            "la",
            "les",
            "y",
            "o",
            "el",
            "los",
            "las",
        ]
    )


@cache
def cues_of(language: str) -> Cues:
    """Return a language's table; for a language without one, a table without words.

    Args:
        language: ISO 639-1 code.
    """
    name = LANGUAGES.get(language.partition("-")[0], _OTHERS)
    table: Cues = importlib.import_module(f"aiprov.core.cues.{name}").CUES
    return table
