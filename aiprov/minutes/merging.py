"""Entries that say the same become one: found in several chunks, or by several questions. Pure but for the likeness.

Knows entries that were checked already; writes no text of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from aiprov.core.evidence import Similarity
from aiprov.core.minutes import Entry
from aiprov.core.numbers import quantities

# Entries nearer than this say the same.
_SAME = 0.8


def merged(entries: Iterable[Entry], similarity: Similarity, language: str = "en") -> list[Entry]:
    """Return the entries, each matter once, in order of time.

    Of two that say the same the better supported one stays, with the segments of both, and the owner and the date that
    only the other one has. Two owners, two dates or two numbers are two entries.

    Args:
        entries: Checked ones.
        similarity: How near texts are in meaning.
        language: ISO 639-1 code, for numbers in words.
    """
    kept: list[Entry] = []
    for entry in sorted(entries, key=lambda each: (not each.supported, each.start)):
        twin = _twin(entry, kept, similarity, language)
        if twin is None:
            kept.append(entry)
        else:
            kept[twin] = _joined(kept[twin], entry)
    return sorted(kept, key=lambda each: (each.start, each.kind, each.text))


def _twin(entry: Entry, kept: Sequence[Entry], similarity: Similarity, language: str) -> int | None:
    """The place of the entry that says the same."""
    numbers = _numbers(entry, language)
    rivals = [at for at, other in enumerate(kept) if _may_join(entry, other) and numbers == _numbers(other, language)]
    if not rivals:
        return None
    (row,) = similarity([entry.text], [kept[at].text for at in rivals])
    best = max(range(len(rivals)), key=lambda place: row[place])
    return rivals[best] if row[best] >= _SAME else None


def _numbers(entry: Entry, language: str) -> set[tuple[float, str]]:
    return {(each.value, each.unit) for each in quantities(entry.text, language) if not each.weak}


def _may_join(one: Entry, other: Entry) -> bool:
    same_owner = None in (one.owner, other.owner) or one.owner == other.owner
    same_due = None in (one.due, other.due) or one.due == other.due
    return one.kind == other.kind and one.supported == other.supported and same_owner and same_due


def _joined(one: Entry, other: Entry) -> Entry:
    better, worse = (one, other) if (one.support, len(one.text)) >= (other.support, len(other.text)) else (other, one)
    return replace(
        better,
        segments=tuple(sorted({*one.segments, *other.segments})),
        end=max(one.end, other.end),
        owner=better.owner or worse.owner,
        due=better.due or worse.due,
        due_date=better.due_date or worse.due_date,
    )
