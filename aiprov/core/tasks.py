"""Who takes on what, until when: tasks as they are promised, asked for and answered in talk. Pure.

"Peter adds one line." "I'll have that ready by Friday." is one task of Peter's, due on Friday. Knows no language: the
words are in `cues`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiprov.core.attribution import asked
from aiprov.core.clauses import Act, Clause
from aiprov.core.due import Due, due_in
from aiprov.core.meeting import Meeting
from aiprov.core.people import third_persons
from aiprov.core.words import stem, stems

# "I'll do that" belongs to something at most so many clauses before.
_REACH = 6
# A no stands among so many clauses of an answer.
_SAYS_NO = 3
# A clause with fewer content words says no task by itself.
_FEWEST = 1
# Without a day or anybody else's word for it, it has at least so many.
_PLAIN = 2


@dataclass(frozen=True, slots=True)
class Task:
    """Something that somebody takes on.

    Attributes:
        owner: A name, or a label whose name is not known; None when it is nobody's yet.
        main: The clause that says what.
        clauses: All that carry it, in order.
        due: Until when.
        promised: Whether the owner said so.
    """

    owner: str | None
    main: Clause
    clauses: tuple[Clause, ...]
    due: Due | None = None
    promised: bool = False

    def joined(self, clause: Clause, *, due: Due | None, owner: str | None = None) -> Task:
        """The task with one more clause that carries it; a clause of the owner's is a promise."""
        clauses = tuple(sorted({*self.clauses, clause}, key=lambda each: each.id))
        return replace(
            self,
            owner=self.owner or owner,
            clauses=clauses,
            due=due or self.due,
            promised=self.promised or owner is not None,
        )


def tasks(meeting: Meeting) -> tuple[Task, ...]:
    """Return the tasks of a meeting, in order of time; what was taken back or refused is none.

    Args:
        meeting: From `meeting.understood`.
    """
    found: list[Task] = []
    for clause in meeting.clauses:
        if clause.id in meeting.taken_back or clause.does(Act.RETRACT, Act.PAST):
            continue
        if _promises(clause, meeting):
            _promise(found, clause, meeting)
        elif clause.does(Act.REQUEST) and not _refused(clause, meeting):
            _request(found, clause, meeting)
        elif thirds := _thirds(clause, meeting):
            _assigned(found, clause, meeting.known_as(thirds[0]), meeting)
        else:
            _consent(found, clause, meeting)
            _more(found, clause, meeting)
    counting = (_worded(task, meeting) for task in found if _counts(task, meeting))
    return tuple(sorted(counting, key=lambda task: task.clauses[0].id))


def _counts(task: Task, meeting: Meeting) -> bool:
    """Whether it is a task, and not only a way of talking: people ask and offer much that is done at once or never."""
    first = task.clauses[0]
    if first.does(Act.REQUEST) and meeting.cues.generic.search(first.text) and first.id not in meeting.called:
        return task.due is not None and task.promised
    if task.due is not None:
        return True
    if len({clause.utterance for clause in task.clauses}) > 1:
        return not first.does(Act.REQUEST) or first.id in meeting.called or len(_matter(first, meeting)) >= _PLAIN
    if task.promised and not first.does(Act.REQUEST):
        offers = meeting.cues.offer.search(first.text) and not _accepted(task.clauses[-1], meeting)
        return not offers and len(_matter(first, meeting)) >= _PLAIN
    return first.id in meeting.called or bool(_thirds(first, meeting))


def _accepted(clause: Clause, meeting: Meeting) -> bool:
    """Whether the next speaker is glad of it."""
    answer = next((each for each in meeting.clauses[clause.id + 1 :] if each.utterance != clause.utterance), None)
    return answer is not None and answer.does(Act.AGREE, Act.COURTESY)


def _matter(clause: Clause, meeting: Meeting) -> frozenset[str]:
    """The stems of what a task is about, without people and days."""
    people = {stem(word) for name in meeting.people for word in name.split()}
    return clause.stems - _days(clause, meeting) - people


def _worded(task: Task, meeting: Meeting) -> Task:
    """The task in the words that say most of it: those that take it on or ask for it, else what they are about."""

    def says(clause: Clause) -> tuple[bool, int]:
        words = len(_matter(clause, meeting)) - 2 * clause.does(Act.COMMIT_LATE)
        names_it = clause.does(Act.COMMIT, Act.REQUEST) or bool(_thirds(clause, meeting))
        return names_it and words > _FEWEST, words

    return replace(task, main=max(task.clauses, key=says))


def _promises(clause: Clause, meeting: Meeting) -> bool:
    """Whether the speaker takes something on: in plain words, or must or wants to do it until some day."""
    if clause.does(Act.QUESTION) and not clause.does(Act.COMMIT):
        return False
    if clause.does(Act.PASSING):
        return bool(_firm(clause, meeting)) and not clause.does(Act.REQUEST)
    if clause.does(Act.COMMIT, Act.COMMIT_LATE):
        return not clause.does(Act.UNDECIDED) or bool(_firm(clause, meeting))
    own = meeting.cues.obliged.search(clause.text) and clause.id not in meeting.called and not clause.does(Act.REQUEST)
    return bool(own and _firm(clause, meeting)) and len(clause.stems) > 1


def _firm(clause: Clause, meeting: Meeting) -> Due | None:
    """Until when, where a day is named that is not today: then even "I'll show you" is a task."""
    due = due_in(clause.text, meeting.language)
    return due if due and due.when is not None and due.when.offset != 0 else None


def _promise(found: list[Task], clause: Clause, meeting: Meeting) -> None:
    owner, due = meeting.name_of(clause.speaker), due_in(clause.text, meeting.language)
    at = _answered(found, clause, owner, meeting)
    spoken_of = None if _says_what(clause, meeting) else _spoken_of(clause, meeting)
    if at is not None and (spoken_of is None or spoken_of.id <= found[at].clauses[-1].id):
        found[at] = found[at].joined(clause, due=due, owner=owner)
    elif _says_what(clause, meeting):
        found.append(Task(owner, clause, (clause,), due, promised=True))
    elif spoken_of is not None:
        found.append(Task(owner, spoken_of, (spoken_of, clause), due, promised=True))


def _answered(found: Sequence[Task], clause: Clause, owner: str | None, meeting: Meeting) -> int | None:
    """Which task a promise answers or repeats: one for the same person, close by, when it says nothing new itself."""
    for at in range(len(found) - 1, -1, -1):
        task, last = found[at], found[at].clauses[-1]
        if not _close(task, clause) or not (task.owner in (None, owner) or clause.speaker is None):
            continue
        shared = clause.stems & {each for part in task.clauses for each in part.stems}
        at_once = clause.utterance == last.utterance + 1
        if not task.promised and (shared or at_once or _points_back(clause, meeting)):
            return at
        next_to_it = clause.id == last.id + 1 and clause.utterance == last.utterance
        late = clause.does(Act.COMMIT_LATE) or last.does(Act.COMMIT_LATE)
        if task.promised and next_to_it and (late or shared or not last.stems):
            return at
    return None


def _consent(found: list[Task], clause: Clause, meeting: Meeting) -> None:
    """ "Yes": whoever was asked takes it on."""
    if not found or found[-1].promised or clause.utterance != found[-1].clauses[-1].utterance + 1:
        return
    owner = meeting.name_of(clause.speaker)
    if found[-1].owner in (None, owner) and meeting.cues.yes.match(clause.text):
        found[-1] = found[-1].joined(clause, due=due_in(clause.text, meeting.language), owner=owner)


def _close(task: Task, clause: Clause) -> bool:
    return 0 < clause.id - task.clauses[-1].id <= _REACH


def _points_back(clause: Clause, meeting: Meeting) -> bool:
    return bool(meeting.cues.pronouns.search(clause.text)) or len(clause.stems) <= _FEWEST


def _says_what(clause: Clause, meeting: Meeting) -> bool:
    """Whether a promise names its matter itself."""
    matter = len(clause.stems - _days(clause, meeting))
    return matter > 2 if clause.does(Act.COMMIT_LATE) else matter >= _FEWEST


def _days(clause: Clause, meeting: Meeting) -> frozenset[str]:
    due = due_in(clause.text, meeting.language)
    return stems(due.text, meeting.cues) if due else frozenset()


def _spoken_of(clause: Clause, meeting: Meeting) -> Clause | None:
    """What "I'll do that" is about, where nobody was asked: what was put or missing just before, or simply said."""
    before = [each for each in meeting.clauses[max(0, clause.id - _REACH) : clause.id] if each.stems]
    before = [each for each in before if each.id not in meeting.taken_back and not each.does(Act.PASSING)]
    for each in reversed(before):
        if each.does(Act.VACANT, Act.PROPOSE, Act.QUESTION, Act.RULING, Act.DECIDE):
            return each
    said = [each for each in before if each.utterance == clause.utterance - 1 and len(each.stems) > _FEWEST]
    return said[-1] if said else None


def _request(found: list[Task], clause: Clause, meeting: Meeting) -> None:
    owners = asked(meeting, clause)
    owner = min(owners) if owners else None
    due = due_in(clause.text, meeting.language)
    own = clause.stems - {stem(word) for name in owners for word in name.split()}
    if len(own) > _FEWEST or (own and not meeting.cues.pronouns.search(clause.text)):
        found.append(Task(owner, clause, (clause,), due))
    elif (spoken_of := _matter_before(clause, meeting)) is not None:
        found.append(Task(owner, spoken_of, (spoken_of, clause), due))


def _matter_before(clause: Clause, meeting: Meeting) -> Clause | None:
    """What "can you write it?" is about: the last clause before that says something."""
    before = meeting.clauses[max(0, clause.id - _REACH) : clause.id]
    return next((each for each in reversed(before) if len(each.stems) > _FEWEST), None)


def _refused(clause: Clause, meeting: Meeting) -> bool:
    """Whether the next speaker says no to a request."""
    answer = next((each for each in meeting.clauses[clause.id + 1 :] if each.utterance != clause.utterance), None)
    if answer is None:
        return False
    said = [each for each in meeting.clauses[answer.id :] if each.utterance == answer.utterance]
    return any(each.does(Act.REFUSE) for each in said[:_SAYS_NO]) and not any(each.does(Act.COMMIT) for each in said)


def _assigned(found: list[Task], clause: Clause, owner: str, meeting: Meeting) -> None:
    """Somebody else's task, or what it comes to: "Great, Lena does it on Monday" behind Lena's promise."""
    due = due_in(clause.text, meeting.language)
    again = found and found[-1].promised and found[-1].owner == owner and _close(found[-1], clause)
    if again and found[-1].due is None and clause.utterance == found[-1].clauses[-1].utterance + 1:
        found[-1] = found[-1].joined(clause, due=due)
    else:
        found.append(Task(owner, clause, (clause,), due))


def _thirds(clause: Clause, meeting: Meeting) -> list[str]:
    """Third persons that are given a task; what they did, or whether they will, is none."""
    if clause.does(Act.QUESTION, Act.UNDECIDED):
        return []
    return [name for name in third_persons(clause.text, meeting.language) if name in meeting.people]


def _more(found: list[Task], clause: Clause, meeting: Meeting) -> None:
    """The day of a task in the sentence behind it: "They get my letter on Monday"."""
    if not found or found[-1].due is not None or clause.utterance != found[-1].clauses[-1].utterance:
        return
    due = _firm(clause, meeting)
    related = meeting.cues.pronouns.search(clause.text) or meeting.cues.first.search(clause.text)
    if due and clause.id - found[-1].clauses[-1].id == 1 and related and not clause.does(Act.RULING, Act.PROPOSE):
        found[-1] = found[-1].joined(clause, due=due)


def told(task: Task, meeting: Meeting) -> str:
    """What is to be done, verbatim, without the words that take it on: "write a help page about them"."""
    text = task.main.text
    match = meeting.cues.commit.search(text) or meeting.cues.request.search(text)
    first = match.end() if match and match.end() <= len(text) / 2 else 0
    return text[first:].strip(" ,;:.!?")
