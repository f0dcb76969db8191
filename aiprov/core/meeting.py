"""A meeting as far as its transcript alone can be understood: who is who, what day it is, what was taken back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiprov.core.clauses import Act, Clause, clauses
from aiprov.core.cues.table import Cues, cues_of
from aiprov.core.dates import Day, assumed, meeting_day
from aiprov.core.naming import introductions
from aiprov.core.people import calls, is_label, named
from aiprov.core.turns import Utterance, sentences, utterances
from aiprov.core.words import stems

# Something taken back was said at most so many clauses before.
_REACH = 8


@dataclass(frozen=True, slots=True)
class Meeting:
    """A transcript, understood.

    Attributes:
        talk: Its utterances.
        clauses: Their clauses, in order; a clause's id is its place.
        names: Of each label its name, where it is known.
        people: First names and whole names of everybody who is known to exist.
        glossary: Other names and terms that may be written without having been heard.
        called: By whom clauses are addressed: the name, by the clause's id.
        taken_back: The ids of clauses that were taken back.
        today: The day of the meeting, where it is known.
        about: A day for comparing days where it is not: the year may be wrong.
        language: ISO 639-1 code.
    """

    talk: tuple[Utterance, ...]
    clauses: tuple[Clause, ...]
    names: Mapping[str, str]
    people: frozenset[str]
    glossary: frozenset[str]
    called: Mapping[int, str]
    taken_back: frozenset[int]
    today: Day | None
    about: Day | None
    language: str

    @property
    def cues(self) -> Cues:
        """The table of its language."""
        return cues_of(self.language)

    def name_of(self, speaker: str | None) -> str | None:
        """A speaker's name, or the label where there is none."""
        return None if speaker is None else self.names.get(speaker, speaker)

    def within(self, segments: Collection[int]) -> tuple[Clause, ...]:
        """The clauses that these segments hold, at least in part."""
        return tuple(clause for clause in self.clauses if not set(segments).isdisjoint(clause.segments))

    def known_as(self, name: str) -> str:
        """The whole name of a speaker who is called by a part of it: "Silva" is Ms Silva."""
        whole = [each for each in self.names.values() if name.casefold() in each.casefold().split()]
        return whole[0] if len(set(whole)) == 1 else name


def understood(
    document: Mapping[str, Any],
    *,
    attendees: Iterable[str] = (),
    glossary: Iterable[str] = (),
    today: Day | None = None,
) -> Meeting:
    """Read a transcript as a meeting.

    Args:
        document: A transcript, from `document.to_document` or `reading.parse`.
        attendees: Who was there, as far as somebody said so.
        glossary: Names and terms of the house.
        today: The day of the meeting; without one it is taken from what is said there.
    """
    language = document.get("language", "en")
    talk = utterances(document)
    parts = clauses(sentences(talk), language)
    attendees = tuple(attendees)
    given = _given(document, talk)
    heard = calls(parts, language, [name.split()[0] for name in (*attendees, *given.values()) if name])
    stop = cues_of(language).stop  # "same here" introduces nobody
    said_so = introductions(document["segments"], language)
    introduced = {each.speaker: each.name for each in said_so if each.name.casefold() not in stop}
    names = named(parts, heard, introduced | given, language)
    people = {*attendees, *names.values(), *(call.name for call in heard)}
    said = meeting_day((clause.text for clause in parts), language)
    about = today or (assumed(said) if said else None)
    return Meeting(
        talk=talk,
        clauses=parts,
        names=names,
        people=frozenset(people | {name.split()[0] for name in people if name}),
        glossary=frozenset(glossary),
        called={call.clause: call.name for call in heard},
        taken_back=taken_back(parts, cues_of(language)),
        today=today or (about if said and said.year else None),
        about=about,
        language=language,
    )


def taken_back(parts: Sequence[Clause], cues: Cues) -> frozenset[int]:
    """Return the ids of clauses that somebody took back later.

    People take back what they name ("leave the second van"), else their own last proposal or their yes to another's.

    Args:
        parts: The meeting.
        cues: Its language.
    """
    found: set[int] = set()
    named_in = -1  # "Forget the van, that was silly": what comes behind a name in one breath means the same
    for clause in parts:
        if clause.does(Act.RETRACT):
            named = _named(parts, clause, cues)
            found.update(named or ([] if clause.utterance == named_in else _target(parts, clause)))
            named_in = clause.utterance if named else named_in
    return frozenset(found)


def _named(parts: Sequence[Clause], cue: Clause, cues: Cues) -> list[int]:
    """What a taking back names."""
    matter = stems(cues.retract.sub(" ", cue.text), cues)
    return [each.id for each in _offers(_before(parts, cue)) if each.stems & matter]


def _target(parts: Sequence[Clause], cue: Clause) -> list[int]:
    """What one without a name means."""
    before = _before(parts, cue)
    offers = _offers(before)
    # "Yes, please do. No, wait": the yes goes, and with it what it answered.
    if answer := next((each for each in before if each.utterance == cue.utterance and each.does(Act.AGREE)), None):
        return [answer.id, *(each.id for each in offers[:1])]
    return [each.id for each in offers if each.speaker == cue.speaker][:1]


def _before(parts: Sequence[Clause], cue: Clause) -> list[Clause]:
    """The clauses before it, the nearest first."""
    return [parts[at] for at in range(cue.id - 1, max(-1, cue.id - 1 - _REACH), -1)]


def _offers(parts: Sequence[Clause]) -> list[Clause]:
    return [each for each in parts if each.does(Act.PROPOSE, Act.COMMIT, Act.RULING, Act.DECIDE)]


def _given(document: Mapping[str, Any], talk: Iterable[Utterance]) -> dict[str, str]:
    """Names that the transcript itself gives its speakers."""
    ours = document.get("aiprov", {}).get("speakers", {}).get("people", ())
    known = {each["label"]: each["name"] for each in ours if each.get("name")}
    labels = {each.speaker for each in talk if each.speaker is not None}
    return {label: label for label in labels if not is_label(label)} | known
