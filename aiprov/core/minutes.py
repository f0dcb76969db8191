"""Minutes: what they hold, and their JSON. Pure.

Every line of the minutes points at the segments of the transcript that carry it. Knows nothing of how lines are found
or checked, and nothing in a document depends on the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SCHEMA = 1
# The lists of the document, and what an entry in each of them is called.
SECTIONS = {
    "summary": "point",
    "topics": "topic",
    "decisions": "decision",
    "action_items": "action_item",
    "open_questions": "open_question",
}
TITLE = "title"
_OWNED = ("owner", "task", "due")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an entry is not supported.

    Attributes:
        code: `owner`, `name`, `number`, `date`, `negation`, `opposite`, `retracted`, `unsaid` or `uncited`.
        what: The words of the entry that are in question.
    """

    code: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the minutes.

    Attributes:
        text: The line.
        segments: Ids of the transcript's segments that carry it, in order.
        start, end: From where the quote is said to the end of the last of these, in seconds; of a topic, its stretch.
        support: How well they carry it, 0..1.
        quote: The words that carry it best, verbatim.
        speaker: Who says so: the transcript's label.
        owner, task, due: Of an action item: who, what, and until when, as it was said.
        due_date: The day that `due` means, as `2026-03-19`, where the day of the meeting is known.
        problems: Why it is not supported; empty when it is.
        kind: What it is: a value of `SECTIONS`, or `title`.
    """

    text: str
    segments: tuple[int, ...] = ()
    start: float = 0.0
    end: float = 0.0
    support: float = 0.0
    quote: str = ""
    speaker: str | None = None
    owner: str | None = None
    task: str | None = None
    due: str | None = None
    due_date: str | None = None
    problems: tuple[Problem, ...] = ()
    kind: str = "point"

    @property
    def supported(self) -> bool:
        """Whether the cited segments carry it."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Minutes:
    """The minutes of one meeting.

    Attributes:
        title: One phrase; empty when nobody found one.
        unsupported: Entries of any kind that the transcript does not carry.
        method: `extractive` (verbatim lines) or `abstractive` (written by a language model).
        provider, model: Who wrote or chose them; of the extractive method the model that embeds.
        language: ISO 639-1 code of the minutes.
    """

    title: str
    summary: tuple[Entry, ...]
    topics: tuple[Entry, ...]
    decisions: tuple[Entry, ...]
    action_items: tuple[Entry, ...]
    open_questions: tuple[Entry, ...]
    unsupported: tuple[Entry, ...] = ()
    method: str = "extractive"
    provider: str = ""
    model: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote the minutes, and how: the last four attributes of `Minutes`."""

    method: str
    provider: str
    model: str
    language: str


def gathered(title: str, entries: Iterable[Entry], author: Author) -> Minutes:
    """Put checked entries where they belong, in the given order: by kind, those with problems apart."""
    entries = tuple(entries)
    lists = {
        name: tuple(entry for entry in entries if entry.supported and entry.kind == kind)
        for name, kind in SECTIONS.items()
    }
    return _minutes(title, lists, tuple(entry for entry in entries if not entry.supported), author)


def to_document(minutes: Minutes, source: Mapping[str, Any]) -> dict[str, Any]:
    """Return minutes in the contract's JSON shape.

    Args:
        minutes: The minutes.
        source: What they were made from: a transcript's `aiprov.source`, or whatever says as much.
    """
    return {
        "schema": SCHEMA,
        "source": dict(source),
        "title": minutes.title,
        **{name: [_shape(entry) for entry in getattr(minutes, name)] for name in SECTIONS},
        "unsupported": [_shape(entry) | {"kind": entry.kind} for entry in minutes.unsupported],
        "method": minutes.method,
        "provider": minutes.provider,
        "model": minutes.model,
        "language": minutes.language,
    }


def from_document(document: Mapping[str, Any]) -> Minutes:
    """Return the minutes that `to_document` described.

    Args:
        document: Made by `to_document`.
    """
    lists = {name: tuple(_entry(shape, kind) for shape in document[name]) for name, kind in SECTIONS.items()}
    unsupported = tuple(_entry(shape, shape["kind"]) for shape in document["unsupported"])
    author = Author(document["method"], document["provider"], document["model"], document.get("language", ""))
    return _minutes(document["title"], lists, unsupported, author)


def _minutes(
    title: str, lists: Mapping[str, tuple[Entry, ...]], unsupported: tuple[Entry, ...], author: Author
) -> Minutes:
    return Minutes(
        title,
        summary=lists["summary"],
        topics=lists["topics"],
        decisions=lists["decisions"],
        action_items=lists["action_items"],
        open_questions=lists["open_questions"],
        unsupported=unsupported,
        method=author.method,
        provider=author.provider,
        model=author.model,
        language=author.language,
    )


def _shape(entry: Entry) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "text": entry.text,
        "segments": list(entry.segments),
        "start": round(entry.start, 3),
        "end": round(entry.end, 3),
    }
    if entry.speaker is not None:
        shape["speaker"] = entry.speaker
    shape |= {"support": round(entry.support, 3), "quote": entry.quote}
    if entry.kind == SECTIONS["action_items"]:
        shape |= {name: getattr(entry, name) for name in _OWNED}
    if entry.due_date is not None:
        shape["due_date"] = entry.due_date
    if entry.problems:
        shape["problems"] = [{"code": problem.code, "what": problem.what} for problem in entry.problems]
    return shape


def _entry(shape: Mapping[str, Any], kind: str) -> Entry:
    return Entry(
        text=shape["text"],
        segments=tuple(shape["segments"]),
        start=shape["start"],
        end=shape["end"],
        support=shape["support"],
        quote=shape["quote"],
        speaker=shape.get("speaker"),
        owner=shape.get("owner"),
        task=shape.get("task"),
        due=shape.get("due"),
        due_date=shape.get("due_date"),
        problems=tuple(Problem(each["code"], each["what"]) for each in shape.get("problems", ())),
        kind=kind,
    )
