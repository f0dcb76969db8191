"""Lines of the minutes held against the meeting: what they cite, where they begin, and whether they state anything.

Knows entries and meetings; how near texts are in meaning comes in as a function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aiprov.core.dates import resolved, written
from aiprov.core.due import due_in
from aiprov.core.evidence import Similarity, checked_all
from aiprov.core.meeting import Meeting
from aiprov.core.minutes import Entry, Problem
from aiprov.minutes.hollow import is_hollow


def held(claimed: Sequence[Entry], meeting: Meeting, similarity: Similarity) -> list[Entry]:
    """Return lines as the meeting carries them; what states nothing is carried by nothing.

    Args:
        claimed: As somebody wrote them.
        meeting: The meeting.
        similarity: How near texts are in meaning; it should remember texts.
    """
    return [_placed(_stated(entry, meeting), meeting) for entry in checked_all(claimed, meeting, similarity)]


def dated(entry: Entry, meeting: Meeting) -> Entry:
    """Return a line with the day that its `due` means, where the day of the meeting is known."""
    due = due_in(entry.due, meeting.language) if entry.due else None
    day = resolved(due.when, meeting.today) if due and due.when and meeting.today else None
    return replace(entry, due_date=written(day)) if day else entry


def _stated(entry: Entry, meeting: Meeting) -> Entry:
    hollow = entry.supported and is_hollow(entry, meeting)
    return replace(entry, support=0.0, problems=(Problem("unsaid"),)) if hollow else entry


def _placed(entry: Entry, meeting: Meeting) -> Entry:
    """The line begins where its quote is said; a topic stands for its stretch."""
    cited = () if entry.kind == "topic" else meeting.within(entry.segments)
    quoted = next((clause for clause in cited if clause.text == entry.quote), None)
    return entry if quoted is None else replace(entry, start=quoted.start, end=max(entry.end, quoted.end))
