"""From one transcript to its minutes: taken by a chat model or quoted, and every line held against what was said.

Knows the manager; no file, no output format and no batch.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from aiprov.core.dates import resolved, written
from aiprov.core.due import due_in
from aiprov.core.evidence import Similarity, checked
from aiprov.core.meeting import Meeting, understood
from aiprov.core.minutes import TITLE, Author, Entry, Minutes, gathered
from aiprov.errors import ConfigError, ProviderError
from aiprov.minutes.abstractive import NoteTaker
from aiprov.minutes.extractive import extract
from aiprov.minutes.merging import merged
from aiprov.minutes.overview import Overview, overview
from aiprov.minutes.reader import Reader, TooLongError
from aiprov.minutes.translating import translated
from aiprov.pipelines.asking import Asking
from aiprov.pipelines.meaning import Meaning
from aiprov.pipelines.summarize_options import SummarizeOptions
from aiprov.pipelines.writers import Writer, counter_of
from aiprov.providers.local.threads import Check, in_thread

if TYPE_CHECKING:
    from aiprov.wiring import Kit

Document = Mapping[str, Any]
_T = TypeVar("_T")

# Words of the extractive summary, by style; None for what fits the length.
_WORDS = {"brief": 60, "detailed": None}
# A small model's sentence needs more than the least support, for it stands before the quotes.
_SURE = 0.6
# A text so near to a line says it again; a title has at most so many words.
_COPY, _TITLE = 0.8, 8


@dataclass(frozen=True, slots=True)
class Minuting:
    """Makes minutes with one set of options.

    Attributes:
        kit: The parts of the run.
        options: How.
        writer: Who writes.
        meaning: How texts are compared.
    """

    kit: Kit
    options: SummarizeOptions
    writer: Writer
    meaning: Meaning

    async def minutes(self, document: Document, asking: Asking, through: Callable[[float], object]) -> Minutes:
        """Return the minutes of one meeting.

        Args:
            document: Its transcript.
            asking: Asks the chat model on its behalf.
            through: Told the second up to which all is read.

        Raises:
            ConfigError: Something is not installed.
            AiprovError: Nobody answered, or a model came to no end.
        """
        desk = _Desk(self, document, asking, through, asyncio.get_running_loop())
        if self.writer.method == "abstractive":
            return await desk.written()
        return await desk.quoted()


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where one meeting's minutes are made."""

    of: Minuting
    document: Document
    asking: Asking
    through: Callable[[float], object]
    loop: asyncio.AbstractEventLoop

    async def written(self) -> Minutes:
        """Notes by a model, checked and merged; title and summary from what is left."""
        wish, meeting = self.of.options.wish, await self._beside(lambda _: self._meeting())
        reader = await self._reader()
        taker = NoteTaker(meeting, reader, wish)
        parts = await self._beside(lambda _: taker.chunks())
        notes = await self._judged(await taker.notes(parts, self.through), meeting)
        carried = [entry for entry in notes if entry.supported]
        told = await self._told(carried, meeting, reader)
        title, points = told.title, list(told.points)
        quoted = await self._quotes(notes, points)
        answer = self.asking.answers[0] if self.asking.answers else None
        who = (answer.provider, answer.model) if answer else (reader.provider, reader.model)
        head = title or Entry(_named(carried), kind=TITLE)
        head, *lines = await self._in_language([head, *points, *notes, *quoted], meeting, reader)
        author = Author("abstractive", *who, self.of.options.language or meeting.language)
        return gathered(head.text, lines, author)

    async def quoted(self) -> Minutes:
        """Lines of the meeting; a small model may give them a title and a short abstract."""
        found = await self._beside(self._extracted)
        if self.of.writer.first is None:
            return found
        carried = [*found.summary, *found.decisions, *found.action_items, *found.open_questions]
        # It is an ornament: minutes without it are whole.
        with suppress(ProviderError, ConfigError):
            meeting = await self._beside(lambda _: self._meeting())
            told = await self._told(carried, meeting, await self._reader())
            new = await self._beside(lambda check: _new(told, carried, self._similarity(meeting, check)))
            title = new.title.text if new.title else found.title
            return replace(found, title=title, summary=new.points + found.summary)
        return found

    async def _told(self, carried: Sequence[Entry], meeting: Meeting, reader: Reader) -> Overview:
        """Title and summary as a model tells them, held against the meeting; a title that nobody said is none."""
        try:
            told = await overview(carried, meeting, reader, self.of.options.wish)
        except TooLongError:  # lines of the meeting stand in
            return Overview()
        claimed = [*filter(None, [told.title]), *told.points]
        held = await self._beside(lambda check: _held(claimed, meeting, self._similarity(meeting, check), check))
        title = next((entry for entry in held if entry.kind == TITLE and entry.supported), None)
        return Overview(title, tuple(each for each in held if each.kind == "point"))

    async def _in_language(self, entries: Sequence[Entry], meeting: Meeting, reader: Reader) -> Sequence[Entry]:
        language = self.of.options.language
        other = language is not None and language != meeting.language
        return await translated(entries, language, reader) if other and language else entries

    async def _judged(self, claimed: Sequence[Entry], meeting: Meeting) -> list[Entry]:
        dated = [_dated(entry, meeting) for entry in claimed]

        def judge(check: Check) -> list[Entry]:
            similarity = self._similarity(meeting, check)
            return merged(_held(dated, meeting, similarity, check), similarity, meeting.language)

        return await self._beside(judge)

    async def _reader(self) -> Reader:
        return self.of.writer.reader(self.asking, await counter_of(self.of.kit, self.of.writer, self.asking.hooks))

    async def _quotes(self, notes: Sequence[Entry], points: Sequence[Entry]) -> Sequence[Entry]:
        """What the model left out: topics without a note, and a summary where none is carried."""
        with suppress(ConfigError):  # without NumPy nothing is quoted
            found = await self._beside(self._extracted)
            noted = {segment for entry in notes if entry.supported for segment in entry.segments}
            silent = [topic for topic in found.topics if noted.isdisjoint(topic.segments)]
            told = any(point.supported for point in points)
            return [*silent, *(() if told else found.summary)]
        return ()

    def _meeting(self) -> Meeting:
        options = self.of.options
        known = options.run.glossary.texts
        return understood(self.document, attendees=options.attendees, glossary=known, today=options.today)

    def _extracted(self, check: Check) -> Minutes:
        if importlib.util.find_spec("numpy") is None:
            hint = "pip install 'aiprov[speech]', or let a chat model write: aiprov keys set openai"
            raise ConfigError("choosing lines needs NumPy, which is not installed", hint, code="not_installed")
        options, meaning = self.of.options, self.of.meaning
        return extract(
            self.document,
            meaning.embed(self.document.get("language", "en"), self.loop, check),
            attendees=options.attendees,
            glossary=options.run.glossary.texts,
            today=options.today,
            summary_words=_WORDS[options.wish.style],
            model=meaning.model,
            provider="local",
        )

    def _similarity(self, meeting: Meeting, check: Check) -> Similarity:
        return self.of.meaning.similarity(meeting.language, self.loop, check)

    async def _beside(self, work: Callable[[Check], _T]) -> _T:
        return await in_thread(work, self.asking.hooks.check)


def _held(claimed: Sequence[Entry], meeting: Meeting, similarity: Similarity, check: Check) -> list[Entry]:
    found = []
    for entry in claimed:
        check()
        found.append(checked(entry, meeting, similarity))
    return found


def _new(told: Overview, carried: Sequence[Entry], similarity: Similarity) -> Overview:
    """What a small model adds: a title that is one, and sentences that are carried well and are no copies of lines."""
    lines = [entry.text for entry in carried]
    claimed = [*filter(None, [told.title]), *told.points]
    copies = {each for each, row in zip(claimed, _rows(claimed, lines, similarity), strict=True) if max(row) >= _COPY}
    title = told.title if told.title not in copies and told.title and len(told.title.text.split()) <= _TITLE else None
    points = (point for point in told.points if point.supported and point.support >= _SURE and point not in copies)
    return Overview(title, tuple(points))


def _rows(claimed: Sequence[Entry], lines: Sequence[str], similarity: Similarity) -> Sequence[Sequence[float]]:
    return similarity([entry.text for entry in claimed], lines) if claimed and lines else [[0.0] for _ in claimed]


def _dated(entry: Entry, meeting: Meeting) -> Entry:
    due = due_in(entry.due, meeting.language) if entry.due else None
    day = resolved(due.when, meeting.today) if due and due.when and meeting.today else None
    return replace(entry, due_date=written(day)) if day else entry


def _named(carried: Sequence[Entry]) -> str:
    """The name of the longest topic, where the model found no title that is said."""
    topics = [entry for entry in carried if entry.kind == "topic"]
    return max(topics, key=lambda entry: len(entry.segments)).text if topics else ""
