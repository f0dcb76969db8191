"""Checked entries in another language: the same lines, the same places, the same numbers.

Lines are checked in the language of the meeting, before they are translated: in another one nobody could compare them
with what was said. A translation with other numbers, or of nothing, is none; the line then stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from aiprov.core.fences import fence_for
from aiprov.core.languages import name_of
from aiprov.core.minutes import Entry
from aiprov.core.requests import ChatMessage
from aiprov.minutes.reader import Reader, TooLongError

_NUMBERS = re.compile(r"\d+")
_SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {"lines": {"type": "array", "items": {"type": "string"}}},
    "required": ["lines"],
    "additionalProperties": False,
}


async def translated(entries: Sequence[Entry], language: str, reader: Reader) -> list[Entry]:
    """Return the entries with their texts and tasks in another language; quotes stay as they were said.

    Args:
        entries: In any order.
        language: ISO 639-1 code.
        reader: The model.

    Raises:
        AiprovError: Nobody answered.
    """
    texts = list(dict.fromkeys(text for entry in entries for text in (entry.text, entry.task, entry.due) if text))
    known: dict[str, str] = {}
    for group in _groups(texts, reader):
        known |= await _told(group, language, reader)
    return [_with(entry, known) for entry in entries]


async def _told(texts: Sequence[str], language: str, reader: Reader) -> dict[str, str]:
    """Translations by text; a group that comes to no end, or back with other lines, is halved."""
    fence = fence_for(texts)
    order = f"Translate each line into {name_of(language)}. Keep names and numbers. {fence.rule}"
    messages = (ChatMessage("system", order), ChatMessage("user", fence.around("\n".join(texts))))
    try:
        lines = (await reader.answer(messages, _SHAPE))["lines"]
    except TooLongError:
        lines = []
    if len(lines) == len(texts):
        return {text: _same(text, line, fence.mark) for text, line in zip(texts, lines, strict=True)}
    if len(texts) == 1:
        return {}
    half = len(texts) // 2
    return await _told(texts[:half], language, reader) | await _told(texts[half:], language, reader)


def _same(text: str, line: str, mark: str) -> str:
    line = " ".join(line.split())
    kept = sorted(_NUMBERS.findall(line)) == sorted(_NUMBERS.findall(text))
    return line if line and kept and mark not in line else text


def _groups(texts: Sequence[str], reader: Reader) -> Iterator[list[str]]:
    group: list[str] = []
    spent = 0
    for text in texts:
        cost = reader.count(text) + 1
        if group and spent + cost > reader.chunk_tokens // 2:  # the answer is as long again
            yield group
            group, spent = [], 0
        group.append(text)
        spent += cost
    if group:
        yield group


def _with(entry: Entry, known: dict[str, str]) -> Entry:
    task, due = (known.get(text or "", text) for text in (entry.task, entry.due))
    return replace(entry, text=known.get(entry.text, entry.text), task=task, due=due)
