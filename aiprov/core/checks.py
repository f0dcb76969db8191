"""The single checks of a line against the clauses that carry it: owner, names, numbers, days, denial. Pure.

Each check returns the words of the line that are in question. Knows nothing of how the clauses were found.
"""

from __future__ import annotations

import re
from calendar import weekday
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from aiprov.core.clauses import NAME, Act, Clause
from aiprov.core.cues.table import Cues
from aiprov.core.dates import When, dates, resolved
from aiprov.core.meeting import Meeting
from aiprov.core.minutes import Entry
from aiprov.core.numbers import Quantity, quantities, unmatched
from aiprov.core.people import third_persons
from aiprov.core.phrases import NO_NAMES, TITLES
from aiprov.core.words import stem, stems, words

_AND = re.compile(r",|&|/|\band\b|\bund\b|\bet\b|\by\b", re.IGNORECASE)
_FRAGMENT = re.compile(r"[,;.:!?]\s+|\s+(?=(?:but|and|aber|und|mais|et|pero|y|so|because|instead of|rather than)\b)")
# Commas stand within dates.
_FRAGMENT_OF_DAYS = re.compile(r"[;:!?]\s+|(?<=[a-z\d])\.\s+|\s+(?=(?:but|because|aber|mais|pero)\b)")
# How many clauses back "she" may have been named, and among how many names.
_RECALL, _RECALLED = 14, 3
_BINDING = (Act.DECIDE, Act.RULING, Act.COMMIT, Act.REQUEST)


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

    def closest(self, text: str, parted: re.Pattern[str] = _FRAGMENT) -> str:
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
    for found in (*reversed(dates(text, meeting.language)), *reversed(quantities(text, meeting.language))):
        text = text[: found.start] + " " * (found.end - found.start) + text[found.end :]
    people = {stem(word) for name in (*meeting.people, *_names(text, meeting)) for word in name.split()}
    return stems(text, meeting.cues) - people - {stem(title) for title in TITLES} or stems(text, meeting.cues)


# --- owners and names ---------------------------------------------------------------------------------------------


def takers(meeting: Meeting, clause: Clause) -> set[str]:
    """Return the names of who takes on work in a clause: the speaker, whoever is asked, or a third person."""
    cues = meeting.cues
    found = {meeting.known_as(name) for name in third_persons(clause.text, meeting.language)}
    if clause.speaker and (clause.does(Act.COMMIT, Act.COMMIT_LATE) or cues.obliged.search(clause.text)):
        found.add(meeting.name_of(clause.speaker) or "")
    if clause.does(Act.REQUEST):
        found |= asked(meeting, clause)
    return found - {""}


def wrong_owners(entry: Entry, ground: Ground) -> list[str]:
    """Owners of a line who did not take it on, were not asked, and of whom nobody said that they do it."""
    meeting = ground.meeting
    owner = entry.owner or _subject(entry, meeting) or ""
    wanted = [name for part in _AND.split(owner) if (name := part.strip())]
    if not wanted:
        return []
    taking = {taker for clause in ground.support for taker in takers(meeting, clause)}
    group = any(meeting.cues.group.search(clause.text) for clause in ground.support)
    return [name for name in wanted if not (_among(name, taking) or (group and meeting.cues.everybody.search(name)))]


def unheard_names(entry: Entry, ground: Ground) -> list[str]:
    """Names in a line that are neither said nor borne by anybody who speaks or is spoken to there."""
    meeting = ground.meeting
    speakers = {meeting.name_of(clause.speaker) or "" for clause in ground.support}
    if any(meeting.cues.second.search(clause.text) for clause in ground.support):
        speakers |= {name for clause in ground.support for name in _beside(meeting, clause)}
    if any(meeting.cues.third.search(clause.text) for clause in ground.support):
        speakers |= set(_named_before(ground))
    said = _all_words(ground.support)
    owned = {part.strip() for part in _AND.split(entry.owner or "")}
    strange = [
        name
        for name in _names(claim(entry), meeting)
        if name not in owned
        and not _among(name, speakers)
        and not _said(name, said)
        and not _in_glossary(name, meeting)
    ]
    return strange or _wrong_speaker(entry, ground) or _somebody_else(entry, ground)


def _named_before(ground: Ground) -> list[str]:
    """The names said last before the line's place: "she" is one of them."""
    first = ground.support[0].id
    before = [clause for clause in ground.meeting.clauses[max(0, first - _RECALL) : first]]
    named = [name for clause in reversed(before) for name in _names(clause.text, ground.meeting)]
    return list(dict.fromkeys(named))[:_RECALLED]


def _somebody_else(entry: Entry, ground: Ground) -> list[str]:
    """Names of a line where the part that it is about names only others: "we make Mrs Adeyemi an offer"."""
    meeting = ground.meeting
    there = _names(ground.closest(entry.text), meeting)
    ours = [name for name in _names(entry.text, meeting) if not _among(name, [entry.owner or ""])]
    speakers = [meeting.name_of(clause.speaker) or "" for clause in ground.core]
    if not there or any(_among(name, [*there, *speakers]) for name in ours):
        return []
    return ours


def _wrong_speaker(entry: Entry, ground: Ground) -> list[str]:
    """Whoever a line begins with must speak, be named or take on work in the very clauses that it is about."""
    meeting = ground.meeting
    first = entry.text.split(maxsplit=1)[0] if entry.text.split() else ""
    if first not in meeting.people or first == entry.owner:
        return []
    known = {meeting.name_of(clause.speaker) or "" for clause in ground.core}
    known |= {taker for clause in ground.support for taker in takers(meeting, clause)}
    return [] if _among(first, known) or _said(first, _all_words(ground.core)) else [first]


def _all_words(clauses: Iterable[Clause]) -> set[str]:
    return {word.casefold() for clause in clauses for word in words(clause.text)}


def asked(meeting: Meeting, clause: Clause) -> set[str]:
    """Who is asked: whoever is called by name, in this clause or just before, else whoever answers."""
    for at in (clause.id, clause.id - 1):
        if at in meeting.called and meeting.clauses[at].utterance == clause.utterance:
            return {meeting.known_as(meeting.called[at])}
    return {name for name in _beside(meeting, clause) if name} & set(_next_speaker(meeting, clause))


def _beside(meeting: Meeting, clause: Clause) -> list[str]:
    """The names of who speaks right before and right after an utterance."""
    near = [each for each in meeting.talk if abs(each.id - clause.utterance) == 1]
    return [meeting.name_of(each.speaker) or "" for each in near]


def _next_speaker(meeting: Meeting, clause: Clause) -> list[str]:
    return [meeting.name_of(each.speaker) or "" for each in meeting.talk if each.id == clause.utterance + 1]


def _subject(entry: Entry, meeting: Meeting) -> str | None:
    """Who a line says does it: "Peter adds one line"."""
    match = re.match(
        rf"({NAME}(?:,? and {NAME})?)\s+(?:(to\b)|{meeting.cues.doing.pattern})", entry.text, re.IGNORECASE
    )
    if not match:
        return None
    known = match[1].split()[0] in meeting.people
    stranger = entry.kind == "action_item" and not match[2] and match[1].casefold() not in NO_NAMES | meeting.cues.stop
    return match[1] if known or stranger else None


def _among(name: str, known: Iterable[str]) -> bool:
    """Whether somebody is meant: the same name, or one of the words of a longer one."""
    wanted = set(name.casefold().split())
    return any(
        wanted and (wanted <= set(each.casefold().split()) or set(each.casefold().split()) <= wanted)
        for each in known
        if each
    )


def _names(text: str, meeting: Meeting) -> list[str]:
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


def _said(name: str, said: set[str]) -> bool:
    low = name.casefold()
    return low in said or any(word.startswith(low) or stem(word) == stem(low) for word in said)


def _in_glossary(name: str, meeting: Meeting) -> bool:
    return any(name.casefold() in term.casefold().split() for term in meeting.glossary)


# --- numbers and days ---------------------------------------------------------------------------------------------


def wrong_numbers(entry: Entry, ground: Ground) -> list[str]:
    """Numbers of a line that nobody says there, or where the part that it is about has others of the kind."""
    language = ground.meeting.language
    given = _with_percents([each for clause in ground.cited for each in quantities(clause.text, language)])
    found = []
    for part in _FRAGMENT.split(claim(entry)):
        spans = [(when.start, when.end) for when in dates(part, language)]
        wanted = [each for each in quantities(part, language) if not _inside(each.start, spans)]
        there = _with_percents(quantities(ground.closest(part), language))
        wrong = unmatched(wanted, given) or _other_numbers(wanted, there)
        found += [part[each.start : each.end] for each in wrong if not _misheard(each, part, ground)]
    return found


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
    found = []
    for part in _FRAGMENT_OF_DAYS.split(claim(entry)):
        wanted = dates(part, meeting.language)
        there = dates(ground.closest(part, _FRAGMENT_OF_DAYS), meeting.language)
        wrong = [when for when in wanted if not _meant(when, given, meeting)] or _other_days(wanted, there, meeting)
        found += [part[when.start : when.end] for when in wrong]
    return found


def _other_days(wanted: Sequence[When], there: Sequence[When], meeting: Meeting) -> list[When]:
    """Wanted days in whose place another one stands, and none that is wanted."""
    if any(_meant(when, there, meeting) for when in wanted):
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


# --- denial -------------------------------------------------------------------------------------------------------


def denied(entry: Entry, ground: Ground) -> list[str]:
    """Parts of a line that say the contrary of what is said there, by what is denied."""
    if entry.kind == "open_question":
        return []
    said = [part for clause in ground.cited for part in _polar(clause, ground.meeting)]
    found = []
    for text, matter, negative in _fragments(entry.text, ground.meeting.cues):
        rated = [(len(matter & other), polarity) for other, polarity in said]
        most = max((count for count, _polarity in rated), default=0)
        # What is asked, half denied, or was taken back is neither said nor denied.
        kinds = {polarity for count, polarity in rated if count == most} | ({None} if negative is None else set())
        contrary = (
            most >= (2 if negative else min(2, len(matter)))
            and most > 0
            and negative not in kinds
            and None not in kinds
        )
        if contrary or _swallows(matter, negative, said):
            found.append(text)
    return found


def _swallows(
    matter: frozenset[str], negative: bool | None, said: Sequence[tuple[frozenset[str], bool | None]]
) -> bool:
    """Whether a part takes in whole what is said only the other way round: "by hand" out of "never by hand"."""
    if negative is not False:
        return False
    alike = {each for other, polarity in said if polarity is not (not negative) for each in other}
    return any(other <= matter and not other & alike for other, polarity in said if polarity is (not negative))


def undecided(entry: Entry, ground: Ground) -> list[str]:
    """What a line states although it was only asked, and the answer was that nobody can say yet."""
    cues, clauses = ground.meeting.cues, ground.meeting.clauses
    if entry.kind == "open_question" or cues.hedged.search(entry.text) or cues.reported.search(entry.text):
        return []
    matter = stems(entry.text, cues)
    if any(clause.does(Act.DECIDE, Act.RULING, Act.COMMIT) and clause.stems & matter for clause in ground.core):
        return []
    asked = [clause for clause in ground.core if clause.does(Act.QUESTION) and clause.stems & matter]
    return [
        clause.text
        for clause in asked
        if any(other.does(Act.UNDECIDED) for other in clauses[clause.id + 1 : clause.id + 4])
    ]


def opposed(entry: Entry, ground: Ground) -> list[str]:
    """Words of a line whose opposite is said there instead."""
    cues, text = ground.meeting.cues, entry.text.casefold()
    ours = {stem(word) for word in words(text)}
    matter = stems(entry.text, cues)
    acts = [clause for clause in ground.cited if clause.does(*_BINDING) and clause.stems & matter]
    closest = acts or list(ground.core)
    chosen = [clause for clause in ground.cited if clause.does(Act.DECIDE, Act.RULING)]
    found = _replaced(ours, cues.opposites, closest)
    if entry.kind == "decision":
        found += _replaced(ours, list(_choices(ground)), chosen)
    return list(dict.fromkeys(found))


def _replaced(ours: set[str], groups: Sequence[tuple[str, ...]], clauses: Sequence[Clause]) -> list[str]:
    """Words of a line in whose place the clauses have another word of the same group."""
    theirs = [{stem(word) for word in words(clause.text)} for clause in clauses]
    found = []
    for group in groups:
        for word in group:
            others = {stem(other) for other in group if other != word}
            if stem(word) in ours and not others & ours and _instead(stem(word), others, theirs):
                found.append(word)
    return found


def _choices(ground: Ground) -> Iterator[tuple[str, ...]]:
    """What is chosen between there: "the steel version" and "the concrete one"."""
    found = [match for clause in ground.cited for match in ground.meeting.cues.choices.finditer(clause.text)]
    yield from (match.groups()[:2] for match in found if match[1] and match[2])
    yield tuple(dict.fromkeys(match[3].casefold() for match in found if match[3]))


def _instead(word: str, others: set[str], texts: Sequence[set[str]]) -> bool:
    return any(others & text for text in texts) and not any(word in text for text in texts)


def _fragments(text: str, cues: Cues) -> Iterator[tuple[str, frozenset[str], bool | None]]:
    for part in _FRAGMENT.split(text):
        if matter := stems(cues.negation.sub(" ", part), cues):
            yield part, matter, None if cues.half_denied.search(part) else bool(cues.negation.search(part))


def _polar(clause: Clause, meeting: Meeting) -> Iterator[tuple[frozenset[str], bool | None]]:
    """The matter of each part of a clause, and whether it is denied; None where that is open."""
    open_ended = clause.id in meeting.taken_back or clause.does(Act.QUESTION)
    for _text, matter, negative in _fragments(clause.text, meeting.cues):
        yield matter, None if open_ended else negative
