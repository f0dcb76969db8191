"""Do the people fit? Owners and names of a line against who speaks, asks and is asked there. Pure.

Each check returns the words of the line that are in question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from aiprov.core.clauses import NAME, Act, Clause
from aiprov.core.ground import Ground, claim, names_in
from aiprov.core.meeting import Meeting
from aiprov.core.minutes import Entry
from aiprov.core.people import third_persons
from aiprov.core.phrases import NO_NAMES
from aiprov.core.words import stem, words

_AND = re.compile(r",|&|/|\band\b|\bund\b|\bet\b|\by\b", re.IGNORECASE)
# How many clauses back "she" may have been named, and among how many names.
_RECALL, _RECALLED = 14, 3


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
    around = {clause.utterance for clause in ground.support}
    if any(meeting.cues.third.search(clause.text) for clause in ground.cited if clause.utterance in around):
        speakers |= set(_named_before(ground))
    said = _all_words(ground.support)
    owned = {part.strip() for part in _AND.split(entry.owner or "")}
    strange = [
        name
        for name in names_in(claim(entry), meeting)
        if name not in owned
        and not _among(name, speakers)
        and not _said(name, said)
        and not _in_glossary(name, meeting)
    ]
    return strange or _wrong_speaker(entry, ground) or _somebody_else(entry, ground)


def _named_before(ground: Ground) -> list[str]:
    """The names said last before the line's place: "she" is one of them."""
    first = ground.support[0].id
    before = ground.meeting.clauses[max(0, first - _RECALL) : first]
    named = [name for clause in reversed(before) for name in names_in(clause.text, ground.meeting)]
    return list(dict.fromkeys(named))[:_RECALLED]


def _somebody_else(entry: Entry, ground: Ground) -> list[str]:
    """Names of a line where the part that it is about names only others: "we make Mrs Adeyemi an offer"."""
    meeting = ground.meeting
    there = names_in(ground.closest(entry.text), meeting)
    ours = [name for name in names_in(entry.text, meeting) if not _among(name, [entry.owner or ""])]
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
    answers = any(clause.does(Act.QUESTION) for clause in ground.support)  # then whoever answers is meant, too
    known = {meeting.name_of(clause.speaker) or "" for clause in (ground.support if answers else ground.core)}
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
    if not match or meeting.cues.negation.search(entry.text):
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


def _said(name: str, said: set[str]) -> bool:
    low = name.casefold()
    return low in said or any(word.startswith(low) or stem(word) == stem(low) for word in said)


def _in_glossary(name: str, meeting: Meeting) -> bool:
    return any(name.casefold() in term.casefold().split() for term in meeting.glossary)
