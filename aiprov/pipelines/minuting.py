"""From one transcript to its minutes: taken by a chat model or quoted, and every line held against what was said.

Knows the manager; no file, no output format and no batch.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from aiprov.core.evidence import Similarity
from aiprov.core.meeting import Meeting, understood
from aiprov.core.minutes import TITLE, Author, Entry, Minutes, gathered
from aiprov.errors import AiprovError, BudgetReached, ConfigError, ProviderError
from aiprov.minutes.abstractive import Chunk, NoteTaker
from aiprov.minutes.extractive import extract
from aiprov.minutes.merging import merged
from aiprov.minutes.overview import Overview, overview
from aiprov.minutes.reader import Reader, TooLongError
from aiprov.minutes.topics import topics
from aiprov.minutes.translating import translated
from aiprov.minutes.vectors import Vectors
from aiprov.minutes.weighing import dated, held
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

    async def minutes(self, document: Document, asking: Asking, through: Callable[[float], object]) -> Made:
        """Make the minutes of one meeting.

        Args:
            document: Its transcript.
            asking: Asks the chat model on its behalf.
            through: Told the second up to which all is read.

        Raises:
            ConfigError: Something is not installed.
            AiprovError: Nobody answered, or a model came to no end.
        """
        desk = _Desk(self, document, asking, through, asyncio.get_running_loop())
        if self.writer.method == "extractive":
            return Made(await desk.quoted(), tuple(desk.notes))
        try:
            return Made(await desk.written(), tuple(desk.notes))
        except (ProviderError, BudgetReached) as failure:
            if self.writer.standby is None:
                raise
            desk.notes[:] = [_handed_over(self.writer, failure)]
            return Made(await desk.handed_to(self.writer.standby).quoted(), tuple(desk.notes))


@dataclass(frozen=True, slots=True)
class Made:
    """Minutes, and short sentences for people about how they came to be."""

    minutes: Minutes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where one meeting's minutes are made."""

    of: Minuting
    document: Document
    asking: Asking
    through: Callable[[float], object]
    loop: asyncio.AbstractEventLoop
    notes: list[str] = field(default_factory=list)
    vectors: dict[str, Any] = field(default_factory=dict)

    async def written(self) -> Minutes:
        """Notes by a model, checked and merged; title and summary from what is left."""
        wish, meeting = self.of.options.wish, await self._beside(lambda _: self._meeting())
        reader = await self._reader()
        taker, parts = await self._beside(lambda check: self._parted(NoteTaker(meeting, reader, wish), check))
        notes = await self._judged(await taker.notes(parts, self.through), meeting)
        carried = [entry for entry in notes if entry.supported]
        told = await self._told(carried, meeting, reader)
        if carried and not told.points:
            self.notes.append(f"{reader.model} wrote no whole summary: lines of the meeting stand in")
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
        with suppress(ProviderError, ConfigError, BudgetReached):
            meeting = await self._beside(lambda _: self._meeting())
            told = await self._told(carried, meeting, await self._reader())
            new = await self._beside(lambda check: _new(told, carried, self._similarity(meeting, check)))
            title = new.title.text if new.title else found.title
            return replace(found, title=title, summary=new.points + found.summary)
        return found

    def handed_to(self, writer: Writer) -> _Desk:
        """The same desk with somebody else at it."""
        provider = None if writer.first is None else writer.first.provider
        asking = replace(self.asking, manager=writer.manager or self.asking.manager, provider=provider)
        return replace(self, of=replace(self.of, writer=writer), asking=asking)

    async def _told(self, carried: Sequence[Entry], meeting: Meeting, reader: Reader) -> Overview:
        """Title and summary as a model tells them, held against the meeting; a title that nobody said is none."""
        try:
            told = await overview(carried, meeting, reader, self.of.options.wish)
        except TooLongError:  # lines of the meeting stand in
            return Overview()
        claimed = [*filter(None, [told.title]), *told.points]
        judged = await self._beside(lambda check: held(claimed, meeting, self._similarity(meeting, check)))
        title = next((entry for entry in judged if entry.kind == TITLE and entry.supported), None)
        return Overview(title, tuple(each for each in judged if each.kind == "point"))

    async def _in_language(self, entries: Sequence[Entry], meeting: Meeting, reader: Reader) -> Sequence[Entry]:
        language = self.of.options.language
        other = language is not None and language != meeting.language
        return await translated(entries, language, reader) if other and language else entries

    async def _judged(self, claimed: Sequence[Entry], meeting: Meeting) -> list[Entry]:
        with_days = [dated(entry, meeting) for entry in claimed]

        def judge(check: Check) -> list[Entry]:
            similarity = self._similarity(meeting, check)
            return merged(held(with_days, meeting, similarity), similarity, meeting.language)

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

    def _parted(self, taker: NoteTaker, check: Check) -> tuple[NoteTaker, list[Chunk]]:
        """The parts that the model reads, which end where topics do, as far as these can be told apart."""
        parts = taker.chunks()
        if len(parts) > 1 and _has_numpy():
            embed = self.of.meaning.embed(taker.meeting.language, self.loop, check)
            found = topics(taker.meeting, Vectors(embed, self.vectors))
            taker = replace(taker, breaks=frozenset(topic.clauses[0].utterance for topic in found))
            parts = taker.chunks()
        return taker, parts

    def _extracted(self, check: Check) -> Minutes:
        if not _has_numpy():
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
            known=self.vectors,
        )

    def _similarity(self, meeting: Meeting, check: Check) -> Similarity:
        return self.of.meaning.similarity(meeting.language, self.loop, check, self.vectors)

    async def _beside(self, work: Callable[[Check], _T]) -> _T:
        return await in_thread(work, self.asking.hooks.check)


def _has_numpy() -> bool:
    return importlib.util.find_spec("numpy") is not None


def _handed_over(writer: Writer, failure: AiprovError) -> str:
    """That minutes are quoted because nobody could write them, and how to have them written after all."""
    who = writer.first.provider if writer.first else ""
    again = f"--provider {who} lets it write them later; what was answered is not paid again"
    return f"{who} did not finish ({failure.code}), and a small model invents: lines are quoted; {again}"


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


def _named(carried: Sequence[Entry]) -> str:
    """The name of the longest topic, where the model found no title that is said."""
    topics = [entry for entry in carried if entry.kind == "topic"]
    return max(topics, key=lambda entry: len(entry.segments)).text if topics else ""
