"""What a language model is asked, word for word, and the shape of its answers. Pure text; knows no model.

Every call of a meeting begins with the same words, then come the data, then the question: an engine that remembers what
it has read evaluates neither the beginning nor the data twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiprov.core.fences import Fence
from aiprov.core.languages import name_of
from aiprov.core.meeting import Meeting
from aiprov.core.minutes import SECTIONS, Entry
from aiprov.core.passages import ends_sentence
from aiprov.core.requests import ChatMessage
from aiprov.core.turns import Line, Utterance

TASK = (
    "You take the minutes of a meeting. Note only what is said, in short and complete sentences, with names, numbers "
    "and dates exactly as they are said. An idea that was rejected or taken back is no decision and no task."
)
# What is asked for each list of the minutes.
QUESTIONS = {
    "topics": "Which topics are discussed? Name each in a few words.",
    "decisions": "What is decided or agreed? Leave out what is only proposed.",
    "action_items": "Who takes on which task? `owner` is the person who does it, `due` until when, as it is said.",
    "open_questions": "Which questions stay without an answer, or are put off?",
}
OVERVIEW = (
    "These are the checked notes of one meeting, each with its number. Give the meeting a title of at most eight words "
    "and tell in {points} what it came to. Add nothing that is not in the notes. `notes` are the numbers of the notes "
    "that a sentence tells."
)
_POINTS = {"brief": "one or two sentences", "detailed": "three to eight sentences"}

# The most of one answer of a small model, which may not find its end by itself.
_TEXT, _NAME, _ITEMS, _CITED = 200, 60, 6, 6


@dataclass(frozen=True, slots=True)
class Wish:
    """How minutes shall read.

    Attributes:
        style: `brief` or `detailed`.
        task: The house's own words for the task; fences, citations and shapes stay as they are.
    """

    style: str = "detailed"
    task: str = TASK


def opening(meeting: Meeting, fence: Fence, wish: Wish, label: str = "lines") -> ChatMessage:
    """The beginning of every call about a meeting; nothing of the meeting itself stands in it, not even a name."""
    parts = (
        wish.task,
        fence.rule,
        f"Each line begins with its number in brackets. For everything that you note, give the numbers of the {label} "
        "that say it.",
        f"Write in {name_of(meeting.language)}." if meeting.language else "",
    )
    return ChatMessage("system", "\n".join(filter(None, parts)))


def spoken(utterance: Utterance, meeting: Meeting) -> str:
    """An utterance as a model reads it: a line for each segment, with its number and its speaker."""
    name = meeting.name_of(utterance.speaker)
    who = f" {_plain(name)}:" if name else ""
    return "\n".join(f"[{line.segment}]{who} {_plain(line.text)}" for line in utterance.lines)


def asked(data: str, question: str, fence: Fence) -> ChatMessage:
    """The data and a question about them."""
    return ChatMessage("user", f"{fence.around(data)}\n\n{question}")


def noted(entries: Iterable[Entry]) -> str:
    """Checked entries as a model reads them, numbered from 1."""
    return "\n".join(f"[{number}] {_note(entry)}" for number, entry in enumerate(entries, start=1))


def _note(entry: Entry) -> str:
    more = [f"owner: {entry.owner}" if entry.owner else "", f"due: {entry.due}" if entry.due else ""]
    said = ", ".join(filter(None, more))
    return f"{entry.kind.replace('_', ' ')}: {_plain(entry.text)}" + (f" ({_plain(said)})" if said else "")


def every_list(*, bounded: bool) -> dict[str, Any]:
    """The shape of an answer to all questions at once."""
    return _object({name: _items(owned=name == "action_items", bounded=bounded) for name in QUESTIONS})


def one_list(*, bounded: bool) -> dict[str, Any]:
    """The shape of an answer to any single question; the same for all, so that calls begin alike."""
    return _object({"items": _items(owned=True, bounded=bounded)})


def overview_shape(*, bounded: bool) -> dict[str, Any]:
    """The shape of a title and a summary."""
    point = _object({"text": _string(_TEXT, bounded), "notes": _numbers(bounded)})
    summary = _listed(point, _ITEMS, bounded) | ({"minItems": 1} if bounded else {})
    return _object({"title": _string(_NAME, bounded), "summary": summary})


def is_full(items: Sequence[object]) -> bool:
    """Whether a bounded list has no room for more: there may be more."""
    return len(items) >= _ITEMS


def whole(text: str, *, bounded: bool, most: int = _TEXT) -> str:
    """A text in one line; dots stand where a bounded one was cut off."""
    told = " ".join(text.split())
    cut = bounded and len(text) >= most and not ends_sentence(told)
    return f"{told.rpartition(' ')[0] or told} …" if cut else told


def titled(text: str, *, bounded: bool) -> str:
    """A title in one line; empty where it was cut off."""
    return "" if bounded and len(text) >= _NAME else " ".join(text.split())


def entries_of(
    section: str, items: Sequence[Mapping[str, Any]], chunk: Sequence[Utterance], *, bounded: bool = False
) -> list[Entry]:
    """What a model noted, as entries that nobody has checked yet.

    Args:
        section: The list that was asked for.
        items: As the shape has them.
        chunk: What the model has read: it can cite nothing else.
        bounded: Whether the shape had limits.
    """
    lines = {line.segment: line for utterance in chunk for line in utterance.lines}
    return [_entry(section, item, lines, bounded=bounded) for item in items if item["text"].strip()]


def _entry(section: str, item: Mapping[str, Any], lines: Mapping[int, Line], *, bounded: bool) -> Entry:
    cited = sorted({number for number in item["segments"] if number in lines})
    told = whole(item["text"], bounded=bounded)
    owned = section == "action_items"
    return Entry(
        told,
        tuple(cited),
        start=lines[cited[0]].start if cited else 0.0,
        end=lines[cited[-1]].end if cited else 0.0,
        owner=_value(item, "owner") if owned else None,
        task=told if owned else None,
        due=_value(item, "due") if owned else None,
        kind=SECTIONS[section],
    )


def _value(item: Mapping[str, Any], name: str) -> str | None:
    """A text that says something: small models write words where they should write null."""
    text = " ".join((item.get(name) or "").split())
    return None if text.casefold() in ("", "null", "none", "n/a", "unknown", "-") else text


def _items(*, owned: bool, bounded: bool) -> dict[str, Any]:
    told = {"text": _string(_TEXT, bounded)}
    mine = {name: {"anyOf": [_string(_NAME, bounded), {"type": "null"}]} for name in ("owner", "due")} if owned else {}
    return _listed(_object({**told, **mine, "segments": _numbers(bounded)}), _ITEMS, bounded)


def _numbers(bounded: bool) -> dict[str, Any]:
    return _listed({"type": "integer"}, _CITED, bounded)


def _listed(item: Mapping[str, Any], most: int, bounded: bool) -> dict[str, Any]:
    # Not every vendor takes limits in a shape; engines on this machine do, and need them.
    return {"type": "array", "items": dict(item), **({"maxItems": most} if bounded else {})}


def _string(most: int, bounded: bool) -> dict[str, Any]:
    return {"type": "string", **({"maxLength": most} if bounded else {})}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def overview_question(wish: Wish) -> str:
    """What is asked for title and summary."""
    return OVERVIEW.format(points=_POINTS[wish.style])


def _plain(text: str) -> str:
    """Data in one line, without brackets that could pass for a line's number."""
    return " ".join(text.split()).replace("[", "(").replace("]", ")")
