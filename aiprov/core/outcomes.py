"""What became of a proposal or a question: was it taken, refused, or left open? Pure.

Knows what clauses do, and no language.
"""

from __future__ import annotations

from enum import Enum

from aiprov.core.clauses import Act, Clause
from aiprov.core.meeting import Meeting

# An answer stands at most so many utterances and so many clauses behind.
_UTTERANCES, _CLAUSES = 3, 9
_BINDING = (Act.DECIDE, Act.RULING)
_TO_IT = (Act.AGREE, Act.CONTENTED, Act.OBJECTIONS)


class Outcome(Enum):
    """What became of it; `UNKNOWN` where nobody says so."""

    TAKEN = "taken"
    REFUSED = "refused"
    OPEN = "open"
    UNKNOWN = "unknown"


def outcome(clause: Clause, meeting: Meeting) -> Outcome:
    """Return what became of what a clause puts or asks: what binds counts more than a yes or no before it.

    Args:
        clause: A proposal or a question.
        meeting: Its meeting.
    """
    if clause.id in meeting.taken_back:
        return Outcome.REFUSED
    found, objections = Outcome.UNKNOWN, clause.does(Act.OBJECTIONS)
    for answer in meeting.clauses[clause.id + 1 : clause.id + 1 + _CLAUSES]:
        if answer.utterance > clause.utterance + _UTTERANCES or _turns_away(answer, clause, meeting):
            break
        said = _said(answer, clause, meeting)
        binds = answer.does(*_BINDING) and not answer.does(Act.UNDECIDED)
        if binds and said is not Outcome.UNKNOWN and (found is not Outcome.OPEN or answer.stems & clause.stems):
            return said
        if objections and said is Outcome.REFUSED:
            said = Outcome.TAKEN
        found = said if found is Outcome.UNKNOWN or said is Outcome.OPEN else found
        objections = objections or answer.does(Act.OBJECTIONS)
    return found


def _said(answer: Clause, clause: Clause, meeting: Meeting) -> Outcome:
    """What one clause says to it."""
    if answer.does(Act.UNDECIDED):
        return Outcome.OPEN
    if answer.does(*_BINDING) and not answer.does(Act.QUESTION) and _of_it(answer, clause, meeting):
        return Outcome.REFUSED if answer.does(Act.DENIED) != clause.does(Act.DENIED) else Outcome.TAKEN
    if answer.utterance == clause.utterance or answer.does(Act.QUESTION):
        return Outcome.UNKNOWN
    if answer.does(Act.AGREE, Act.COMMIT, Act.COMMIT_LATE) or meeting.cues.yes.match(answer.text):
        return Outcome.TAKEN
    return Outcome.REFUSED if answer.does(Act.REFUSE, Act.RETRACT) else Outcome.UNKNOWN


def _of_it(answer: Clause, clause: Clause, meeting: Meeting) -> bool:
    pointing = bool(meeting.cues.pronouns.search(answer.text)) or len(answer.stems) <= 1
    return pointing or not answer.stems.isdisjoint(clause.stems)


def _turns_away(answer: Clause, clause: Clause, meeting: Meeting) -> bool:
    """Whether somebody puts or asks something else."""
    other = answer.does(Act.QUESTION, Act.PROPOSE) and not answer.does(Act.UNDECIDED, *_TO_IT)
    return other and len(answer.stems) > 1 and not _of_it(answer, clause, meeting)
