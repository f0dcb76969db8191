"""What was decided, and what was asked and not answered. Pure.

People decide in words ("we go with"), by a rule ("from now on"), or by a proposal that others take. Knows no language:
the words are in `cues`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiprov.core.clauses import Act, Clause
from aiprov.core.meeting import Meeting

# What belongs together is at most so many clauses apart.
_REACH = 5
# With fewer content words a clause decides nothing that it names itself.
_FEWEST = 2
_PUT = (Act.PROPOSE, Act.OBJECTIONS, Act.CONTENTED)


@dataclass(frozen=True, slots=True)
class Finding:
    """A decision, or an open question.

    Attributes:
        main: The clause that says what.
        clauses: All that carry it, in order.
    """

    main: Clause
    clauses: tuple[Clause, ...]


def decisions(meeting: Meeting) -> tuple[Finding, ...]:
    """Return what was decided, in order of time; what was taken back later is left out.

    Args:
        meeting: From `meeting.understood`.
    """
    found: list[Finding] = []
    for clause in meeting.clauses:
        if clause.id in meeting.taken_back or clause.does(Act.RETRACT, Act.UNDECIDED, Act.PAST):
            continue
        carrying = _carrying(clause, meeting)
        if not carrying:
            continue
        if found and _same(found[-1], carrying):
            carrying = sorted({*found.pop().clauses, *carrying}, key=lambda each: each.id)
        main = _main(carrying)
        if len({stem for each in carrying for stem in each.stems}) >= _FEWEST:
            found.append(Finding(main, tuple(carrying)))
    return tuple(found)


def open_questions(meeting: Meeting) -> tuple[Finding, ...]:
    """Return what was asked and left open in so many words, in order of time.

    Args:
        meeting: From `meeting.understood`.
    """
    found: list[Finding] = []
    for clause in meeting.clauses:
        if clause.id in meeting.taken_back or not _asks(clause):
            continue
        behind = meeting.clauses[clause.id + 1 : clause.id + 1 + _REACH]
        answers = [
            each
            for each in _until_next_question(behind)
            if each.does(Act.UNDECIDED, Act.OPEN_POINT) and each.utterance <= clause.utterance + 2
        ]
        if not answers and not clause.does(Act.OPEN_POINT):
            continue
        main = _question_itself(clause, meeting)
        if len(main.stems) < (1 if clause.does(Act.OPEN_POINT) else _FEWEST):
            continue
        carrying = tuple(sorted({clause, main, *answers}, key=lambda each: each.id))
        if found and set(found[-1].clauses) & set(carrying):
            carrying = tuple(sorted({*found[-1].clauses, *carrying}, key=lambda each: each.id))
            main = found.pop().main
        found.append(Finding(main, carrying))
    return tuple(found)


# --- decisions ----------------------------------------------------------------------------------------------------


def _carrying(clause: Clause, meeting: Meeting) -> list[Clause]:
    """The clauses that make a decision of this one; none when it decides nothing."""
    states = not clause.does(Act.QUESTION)
    if states and clause.does(Act.DECIDE):
        return _worded(clause, meeting)
    if states and clause.does(Act.RULING) and not clause.does(Act.COMMIT) and (ruled := _ruled(clause, meeting)):
        return ruled
    if clause.does(*_PUT) and (answers := _taken(clause, meeting)):
        return [*_proposal(clause, meeting), *answers]
    return []


def _worded(clause: Clause, meeting: Meeting) -> list[Clause]:
    """A decision in words, with what it is about right behind it or before."""
    if len(clause.stems) >= _FEWEST:
        return [clause, *_going_on(clause, meeting)]
    behind = meeting.clauses[clause.id + 1 : clause.id + 2]
    asks = behind and behind[0].does(Act.QUESTION, Act.REQUEST, Act.COMMIT)
    if behind and not asks and behind[0].utterance == clause.utterance and _statement(behind[0]):
        return [clause, behind[0]]
    return [*_matter_before(clause, meeting), clause]


def _going_on(clause: Clause, meeting: Meeting) -> list[Clause]:
    """The next sentence where it only adds to this one, without a verb of its own that does something."""
    behind = meeting.clauses[clause.id + 1 : clause.id + 2]
    adds = behind and behind[0].utterance == clause.utterance and not behind[0].acts
    return list(behind) if adds and _refers(behind[0], meeting) else []


def _ruled(clause: Clause, meeting: Meeting) -> list[Clause]:
    """A rule or plan counts where something was put forward or settled just before, or it says so itself."""
    before = meeting.clauses[max(0, clause.id - _REACH) : clause.id]
    valid = [each for each in before if each.id not in meeting.taken_back and not each.does(Act.RETRACT)]
    settled = [each for each in valid if each.does(*_PUT, Act.DECIDE, Act.AGREE)]
    related = [each for each in settled if each.stems & clause.stems or each.id >= clause.id - 2]
    if not related and not _firm(clause, meeting):
        return []
    if len(clause.stems) < _FEWEST:
        return [*_matter_before(clause, meeting), clause]
    return [*related, clause]


def _firm(clause: Clause, meeting: Meeting) -> bool:
    """Whether a rule stands by itself: "from now on", "so it stays"."""
    return bool(meeting.cues.standing.search(clause.text)) or clause.does(Act.AGREE)


def _taken(clause: Clause, meeting: Meeting) -> list[Clause]:
    """The answers that take a proposal; none when somebody refuses, or nobody answers."""
    behind = meeting.clauses[clause.id + 1 : clause.id + 1 + _REACH]
    others = [each for each in behind if each.utterance != clause.utterance]
    if not others or (clause.speaker is not None and others[0].speaker == clause.speaker):
        return []
    first = [each for each in others if each.utterance == others[0].utterance]
    if clause.does(Act.OBJECTIONS):
        return first[:1] if first[0].does(Act.REFUSE, Act.AGREE) and not first[0].does(Act.COMMIT) else []
    if any(each.does(Act.REFUSE, Act.RETRACT) for each in first) or any(
        each.id in meeting.taken_back for each in first
    ):
        return []
    yes = first[:1] if clause.does(Act.CONTENTED) and _says_yes(first[0], meeting) else []
    return yes or [each for each in first[:2] if each.does(Act.AGREE)]


def _says_yes(clause: Clause, meeting: Meeting) -> bool:
    return clause.does(Act.AGREE) or bool(meeting.cues.yes.match(clause.text))


def _proposal(clause: Clause, meeting: Meeting) -> list[Clause]:
    """What was put: the clause itself, or what stands before "is everyone happy with that?"."""
    if not clause.does(Act.CONTENTED, Act.OBJECTIONS) or len(clause.stems) >= _FEWEST:
        return [clause]
    return [*_matter_before(clause, meeting), clause]


def _matter_before(clause: Clause, meeting: Meeting) -> list[Clause]:
    """What "that" is: the proposal or statement before, from where it begins."""
    before = [each for each in meeting.clauses[max(0, clause.id - _REACH) : clause.id] if _statement(each)]
    put = [each for each in before if each.does(*_PUT, Act.RULING)]
    if put:
        return [each for each in before if each.id >= put[-1].id and each.utterance == put[-1].utterance]
    return before[-1:]


def _statement(clause: Clause) -> bool:
    return len(clause.stems) >= _FEWEST and not clause.does(Act.COURTESY, Act.UNDECIDED)


def _refers(clause: Clause, meeting: Meeting) -> bool:
    return bool(meeting.cues.pronouns.search(clause.text)) or not meeting.cues.first.search(clause.text)


def _same(before: Finding, carrying: Sequence[Clause]) -> bool:
    """Whether two findings are one decision: they share clauses, or are close and about the same."""
    if set(before.clauses) & set(carrying):
        return True
    stems = {stem for each in before.clauses for stem in each.stems}
    close = carrying[0].id - before.clauses[-1].id <= _REACH
    return close and len(stems & {stem for each in carrying for stem in each.stems}) >= _FEWEST


def _main(carrying: Sequence[Clause]) -> Clause:
    """The clause that says what was decided: a ruling with enough words first, else the fullest statement."""

    def worth(clause: Clause) -> tuple[bool, bool, bool, int, int]:
        rules = clause.does(Act.RULING, Act.DECIDE) and len(clause.stems) > 0
        full = len(clause.stems) >= _FEWEST
        own = not clause.does(Act.QUESTION, Act.AGREE)
        return rules, full, own, len(clause.stems), -clause.id

    return max(carrying, key=worth)


# --- open questions -----------------------------------------------------------------------------------------------


def _asks(clause: Clause) -> bool:
    question = clause.does(Act.QUESTION) and not clause.does(Act.REQUEST, Act.OBJECTIONS, Act.CONTENTED, Act.PASSING)
    return (question or clause.does(Act.OPEN_POINT)) and not clause.does(Act.RETRACT)


def _until_next_question(behind: Sequence[Clause]) -> Iterator[Clause]:
    """What may answer a question: all up to the next one, or to its announcement."""
    for at, clause in enumerate(behind):
        announced = clause.does(Act.OPEN_POINT) and at + 1 < len(behind) and behind[at + 1].does(Act.QUESTION)
        asks = clause.does(Act.QUESTION) and len(clause.stems) >= _FEWEST and not clause.does(Act.UNDECIDED)
        if announced or asks:
            return
        yield clause


def _question_itself(clause: Clause, meeting: Meeting) -> Clause:
    """The question, where this clause only announces it: "One question remains.\""""
    behind = meeting.clauses[clause.id + 1 : clause.id + 2]
    announces = clause.does(Act.OPEN_POINT) and not clause.does(Act.QUESTION) and behind and _asks(behind[0])
    return behind[0] if announces else clause
