"""Out of the archive: what was said, by words and by meaning."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from aiprov.archive import Archive, Filters, Space
from aiprov.core.search import Hit, answering, apart, blended, shown
from aiprov.errors import ConfigError
from aiprov.pipelines.answer import Answer, answered
from aiprov.pipelines.embedding import embedder, require_same
from aiprov.pipelines.options import TranscribeOptions

if TYPE_CHECKING:
    from aiprov.wiring import Kit

# So many of each, of words and of meaning, are put together.
_DEEP = 200


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """One search.

    Attributes:
        archive: The file.
        filters: Which excerpts are looked at.
        limit: The most hits.
        words_only: Leave meaning out: no model is loaded or asked.
        answer: Also answer in sentences.
        routing: Privacy, budget and strategy of the query's embedding and of the answer.
    """

    archive: Path
    filters: Filters = field(default_factory=Filters)
    limit: int = 10
    words_only: bool = False
    answer: bool = False
    routing: TranscribeOptions = field(default_factory=lambda: TranscribeOptions(()))


@dataclass(frozen=True, slots=True)
class Result:
    """What was found, and the answer, where one was wished for."""

    hits: list[Hit]
    answer: Answer | None = None


async def run(query: str, options: SearchOptions, kit: Kit) -> Result:
    """Find what was said.

    Args:
        query: Words or a question.
        options: Where and how.
        kit: From `wiring.build`.

    Returns:
        The best first; of neighbouring excerpts the better one. With an answer where one was wished for.

    Raises:
        ConfigError: There is no archive (`no_archive`), or its model cannot be had.
        ProviderError, BudgetReached: The query could not be embedded.
    """
    if not query.strip():
        raise ConfigError("the query is empty", "say what to look for", code="usage")
    kit = kit.for_run(options.routing, None)
    try:
        with closing(Archive(options.archive)) as archive:
            if (space := archive.space) is None:
                hint = "bring meetings into it: aiprov embed transcripts/"
                raise ConfigError(f"the archive {options.archive} is empty", hint, code="no_archive")
            hits = await searched(query, options, archive, kit)
            model = f"{space.provider}/{space.model}" if not options.words_only else None
            return Result(hits, await answered(query, hits, kit, model) if options.answer else None)
    finally:
        await kit.aclose()


async def searched(query: str, options: SearchOptions, archive: Archive, kit: Kit) -> list[Hit]:
    """The same in an archive that is open, with a kit that stays."""
    space = None if options.words_only else archive.space
    vector = None if space is None else await _vector(query, space, archive, kit)
    return await asyncio.to_thread(_hits, query, vector, options, archive)


async def _vector(query: str, space: Space, archive: Archive, kit: Kit) -> tuple[float, ...]:
    """The query as the archive's model sees it."""
    chosen = embedder(kit.manager, kit.state, space, None, None, free=True)
    require_same(chosen, space, archive.path)
    return await chosen.query(query)


def _hits(query: str, vector: Sequence[float] | None, options: SearchOptions, archive: Archive) -> list[Hit]:
    said = archive.by_words(query, options.filters, _DEEP)
    near = {} if vector is None else archive.by_meaning(vector, options.filters, _DEEP, said)
    scores = dict(blended(said, near))
    spans = archive.spans(list(scores))
    best = islice(apart((number, spans[number]) for number in scores), options.limit)
    return [_hit(number, scores[number], query, vector, options, archive) for number in best]


def _hit(
    number: int, score: float, query: str, vector: Sequence[float] | None, options: SearchOptions, archive: Archive
) -> Hit:
    found = archive.found(number, vector)
    at = answering(found.lines, query, found.near, options.filters.speaker)
    line = found.lines[at]
    end, text = shown(found.lines, at)
    place = (found.meeting, str(found.path), line.start, end, line.speaker)
    return Hit(*place, text, round(score, 4), found.lines)
