"""Title and summary, written by a language model from checked notes alone.

What it writes cites the segments of the notes that it tells, and is claimed, not checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiprov.core.fences import fence_for
from aiprov.core.meeting import Meeting
from aiprov.core.minutes import TITLE, Entry
from aiprov.minutes import prompts
from aiprov.minutes.prompts import Wish
from aiprov.minutes.reader import Reader, TooLongError

_NUMBERED = "notes"


@dataclass(frozen=True, slots=True)
class Overview:
    """What a meeting came to.

    Attributes:
        title: An entry of the kind `title`; None when the model gave none, or did not end it.
        points: The sentences of the summary, in order.
    """

    title: Entry | None = None
    points: tuple[Entry, ...] = ()


async def overview(entries: Sequence[Entry], meeting: Meeting, reader: Reader, wish: Wish) -> Overview:
    """Return title and summary.

    Notes that are more than the model can read at once are told in groups, and what it tells of these is told again.

    Args:
        entries: Checked notes, in order.
        meeting: The meeting.
        reader: The model.
        wish: How minutes shall read.

    Raises:
        TooLongError: The model came to no end.
        AiprovError: Nobody answered.
    """
    if not entries:
        return Overview()
    groups = list(_groups(entries, reader))
    if len(groups) == 1:
        return await _told(entries, meeting, reader, wish)
    parts = [await _told(group, meeting, reader, wish) for group in groups]
    points = [point for part in parts for point in part.points]
    if len(points) >= len(entries):  # it would go on for ever
        raise TooLongError
    return await overview(points, meeting, reader, wish)


async def _told(entries: Sequence[Entry], meeting: Meeting, reader: Reader, wish: Wish) -> Overview:
    data = prompts.noted(entries)
    fence = fence_for([data])
    messages = (
        prompts.opening(meeting, fence, wish, _NUMBERED),
        prompts.asked(data, prompts.overview_question(wish), fence),
    )
    answer = await reader.answer(messages, prompts.overview_shape(bounded=reader.local))
    title = prompts.titled(answer["title"], bounded=reader.local)
    told = (item for item in answer["summary"] if item["text"].strip())
    points = tuple(_point(item, entries, bounded=reader.local) for item in told)
    clean = tuple(point for point in points if fence.mark not in point.text)
    return Overview(Entry(title, kind=TITLE) if title and fence.mark not in title else None, clean)


def _point(item: Mapping[str, Any], entries: Sequence[Entry], *, bounded: bool) -> Entry:
    cited = [entries[number - 1] for number in item["notes"] if 0 < number <= len(entries)]
    segments = tuple(sorted({segment for entry in cited for segment in entry.segments}))
    start = min((entry.start for entry in cited), default=0.0)
    end = max((entry.end for entry in cited), default=0.0)
    return Entry(prompts.whole(item["text"], bounded=bounded), segments, start, end)


def _groups(entries: Sequence[Entry], reader: Reader) -> Iterator[list[Entry]]:
    group: list[Entry] = []
    spent = 0
    for entry in entries:
        cost = reader.count(prompts.noted([entry]) + "\n")
        if len(group) > 1 and spent + cost > reader.chunk_tokens:
            yield group
            group, spent = [], 0
        group.append(entry)
        spent += cost
    yield group
