"""Minutes without a language model: verbatim lines with their times, chosen by turns of phrase and by meaning.

Nothing is written that was not said. Knows transcripts and vectors; no model and no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiprov.core.clauses import Clause
from aiprov.core.dates import Day, resolved, written
from aiprov.core.decisions import Finding, decisions, open_questions
from aiprov.core.meeting import Meeting, understood
from aiprov.core.minutes import Author, Entry, Minutes, gathered
from aiprov.core.tasks import Task, tasks, told
from aiprov.core.words import words
from aiprov.minutes.summary import Line, telling
from aiprov.minutes.topics import Topic, topics
from aiprov.minutes.vectors import Embed, Vectors

# Lines nearer than this say the same again.
_SAME = 0.8
# The summary has one word for so many of the meeting, between these bounds.
_ONE_IN, _FEWEST, _MOST = 12, 80, 220


def extract(
    document: Mapping[str, Any],
    embed: Embed,
    *,
    attendees: Iterable[str] = (),
    glossary: Iterable[str] = (),
    today: Day | None = None,
    summary_words: int | None = None,
    model: str = "",
    provider: str = "",
    known: dict[str, Any] | None = None,
) -> Minutes:
    """Return a meeting's minutes in its own words.

    Args:
        document: A transcript, from `document.to_document` or `reading.parse`.
        embed: Turns texts into vectors.
        attendees: Who was there, as far as somebody said so.
        glossary: Names and terms of the house.
        today: The day of the meeting, for `due_date`.
        summary_words: The most words of the summary; None takes what fits the meeting's length.
        model, provider: Who embeds, for the record.
        known: Vectors that were computed before, by text.
    """
    meeting = understood(document, attendees=attendees, glossary=glossary, today=today)
    vectors = Vectors(embed, known)
    parts = topics(meeting, vectors)
    most = summary_words or _fitting(meeting)
    entries = [
        *(_point(line) for line in telling(meeting, parts, vectors, most)),
        *(_topic(topic) for topic in parts),
        *_distinct([_finding(each, "decision") for each in decisions(meeting)], vectors),
        *_distinct([_task(each, meeting) for each in tasks(meeting)], vectors),
        *_distinct([_finding(each, "open_question") for each in open_questions(meeting)], vectors),
    ]
    author = Author("extractive", provider, model, meeting.language)
    return gathered(_title(parts), entries, author)


def _fitting(meeting: Meeting) -> int:
    length = sum(len(words(clause.text)) for clause in meeting.clauses)
    return min(_MOST, max(_FEWEST, length // _ONE_IN))


def _point(line: Line) -> Entry:
    return _entry(line.text, line.clauses, line.clauses[0])


def _topic(topic: Topic) -> Entry:
    """A topic stands for its whole stretch, and its quote is where its name is said."""
    first, last = topic.clauses[0], topic.clauses[-1]
    segments = tuple(dict.fromkeys(segment for clause in topic.clauses for segment in clause.segments))
    return Entry(topic.name, segments, first.start, last.end, 1.0, topic.named.text, topic.named.speaker, kind="topic")


def _finding(finding: Finding, kind: str) -> Entry:
    text = _going_on(finding.main, finding.clauses)
    return _entry(text, finding.clauses, finding.main, kind=kind)


def _task(task: Task, meeting: Meeting) -> Entry:
    due = task.due
    day = resolved(due.when, meeting.today) if due and due.when and meeting.today else None
    owned = {"owner": task.owner, "task": told(task, meeting), "due": due.text if due else None}
    return _entry(
        task.main.text,
        task.clauses,
        task.main,
        kind="action_item",
        due_date=written(day) if day else None,
        **owned,
    )


def _entry(text: str, clauses: Sequence[Clause], main: Clause, **more: Any) -> Entry:
    """An entry begins where its quote is said, which may be behind the first of what carries it."""
    segments = tuple(sorted({segment for clause in clauses for segment in clause.segments}))
    end = max(main.end, clauses[-1].end)
    return Entry(text.rstrip(" ,;:"), segments, main.start, end, 1.0, main.text, main.speaker, **more)


def _going_on(main: Clause, clauses: Sequence[Clause]) -> str:
    """The main clause, and what carries the finding right behind it in the same breath."""
    text, last = main.text, main
    for clause in clauses:
        if clause.id == last.id + 1 and clause.utterance == main.utterance and not clause.does():
            text, last = f"{text} {clause.text}", clause
    return text


def _distinct(entries: Sequence[Entry], vectors: Vectors) -> list[Entry]:
    """The entries without those that say again, for the same owner, what an earlier one says."""
    kept: list[Entry] = []
    vectors.learn(entry.text for entry in entries)
    for entry in entries:
        rivals = [other for other in kept if other.owner == entry.owner]
        (row,) = vectors.similarity([entry.text], [other.text for other in rivals]) if rivals else ([],)
        if max(row, default=0.0) < _SAME:
            kept.append(entry)
    return kept


def _title(parts: Sequence[Topic]) -> str:
    """The name of the longest topic, with a capital."""
    name = max(parts, key=lambda topic: len(topic.clauses)).name if parts else ""
    return name[:1].upper() + name[1:]
