"""Recordings that are too large for a model: sent in parts, each paid once, and joined. One provider serves them all.

Knows nothing of how audio is cut.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from aiprov.core.joining import approximate, joined, spread
from aiprov.core.requests import Clip
from aiprov.core.results import Provenance, Transcript
from aiprov.core.routing import Candidate, ModelFacts
from aiprov.core.speech import Span
from aiprov.errors import ConfigError, IntegrityError, ProviderError
from aiprov.manager.hearing import Heard, hear
from aiprov.manager.identities import hash_of
from aiprov.manager.loop import Item
from aiprov.manager.tasks import Transcribing, closed

if TYPE_CHECKING:
    from aiprov.audio.parts import Part

# Parts that are under way at the same time.
_ABREAST = 4
# A model that gives no times gets pieces of this length: then the piece's place in the recording is the time.
_PIECE_S = 30.0
# How a stored answer shows that it is none: its checksum does not match, or it is no document of this form.
_DAMAGED = (IntegrityError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(slots=True)
class Recording(Item[Transcript]):
    """A recording on its way through the candidates, whole or in parts.

    Attributes:
        heard: What was heard here before it was sent anywhere.
    """

    heard: Heard | None = None

    async def attempted(self, candidate: Candidate, why: str) -> Transcript:
        if candidate.local:
            return await Item.attempted(self, candidate, why)
        whole_task = cast(Transcribing, self.task)
        if self.heard is None:
            threshold, channel = whole_task.request.options.vad_threshold, whole_task.request.channel
            self.heard = await asyncio.to_thread(hear, self.task.path, threshold, self.hooks.check, channel)
        self.task = replace(whole_task, speech=self.heard.speech)
        if not await asyncio.to_thread(self._must_be_cut, candidate.facts, self.heard.damaged):
            return await Item.attempted(self, candidate, why)  # classes with slots are made anew: no super()
        entry = self.roster.entry(candidate.provider)
        hashed = hash_of(self.task, entry, candidate.model)
        whole, source = await self._joined(candidate)
        self.state.keep_answer(hashed, self.task.encode(whole))
        origin = self.provenance(entry, candidate, whole, None, why, hashed)
        return closed(whole, whole.cost, tuple(self.attempts), replace(origin, price_source=source))

    def _must_be_cut(self, facts: ModelFacts, damaged: bool) -> bool:
        """Whether the file is more than one call may have, or damaged: then the provider could stop at the damage.

        One channel of it is always a file of its own.
        """
        from aiprov.audio.parts import fits

        if cast(Transcribing, self.task).request.channel is not None:
            return True
        max_bytes, max_s = limits(facts, self.task.need.times)
        try:
            return damaged or not fits(self.task.path, max_bytes, max_s)
        except ConfigError:  # nothing is installed that reads audio: what is small enough is sent as it is
            if facts.segments and (max_bytes is None or self.task.path.stat().st_size <= max_bytes):
                return False
            raise

    async def _joined(self, candidate: Candidate) -> tuple[Transcript, str | None]:
        """All parts' transcripts as one, judged as a whole; and where the price is from."""
        parts: list[tuple[float, float, Transcript]] = []
        damage: list[Span] = []
        async for part, transcript in self._parts(candidate):
            parts.append((part.start_s, part.end_s, transcript))
            damage += part.damage
        whole = replace(joined(parts), damaged_s=sum(span.length for span in damage))
        try:
            whole = cast(Transcribing, self.task).judged(whole, damage)
        except ProviderError:  # joined again they would be refused again
            for origin in (found.provenance for *_, found in parts):
                self.state.forget_answer(origin.request_hash if origin else "")
            raise
        if self.task.need.times and not (candidate.facts.segments or candidate.facts.words):
            findings = (*whole.quality.findings, approximate(0.0, whole.duration_s))
            whole = replace(whole, quality=replace(whole.quality, findings=findings))
        origin = parts[-1][2].provenance
        return whole, None if origin is None else origin.price_source

    async def _parts(self, candidate: Candidate) -> AsyncIterator[tuple[Part, Transcript]]:
        """The parts and their transcripts in order, a few under way at a time."""
        from aiprov.audio.parts import cut

        max_bytes, max_s = limits(candidate.facts, self.task.need.times)
        channel = cast(Transcribing, self.task).request.channel
        cutting = cut(self.task.path, max_bytes=max_bytes, max_s=max_s, channel=channel)
        while parts := await asyncio.to_thread(lambda: list(islice(cutting, _ABREAST))):
            found = await _all([self._part(candidate, _clip(part)) for part in parts])
            for part, transcript in zip(parts, found, strict=True):
                self.hooks.progress(part.end_s)
                yield part, transcript

    async def _part(self, candidate: Candidate, clip: Clip) -> Transcript:
        """One part's transcript: the stored one, else by an item of its own at the same provider."""
        whole = cast(Transcribing, self.task)
        length_s = clip.end_s - clip.start_s
        task = replace(whole, request=replace(whole.request, clip=clip), audio_s=length_s, speech=None)
        hashed = hash_of(task, self.roster.entry(candidate.provider), candidate.model)
        found = self._stored(task, hashed) or await self._served(task, candidate, length_s)
        return self._placed(candidate, found, length_s)

    def _stored(self, task: Transcribing, hashed: str) -> Transcript | None:
        """A part's stored transcript; a damaged one is forgotten."""
        if task.fresh:
            return None
        try:
            if (answer := self.state.answer(hashed)) is None:
                return None
            found = task.decode(answer)
        except _DAMAGED:
            self.state.forget_answer(hashed)
            self.hooks.note(f"the stored answer to a part of {task.path.name} was damaged; it is asked for again")
            return None
        return closed(found, Decimal(0), (), Provenance(found.model, found.model, request_hash=hashed, stored=True))

    async def _served(self, task: Transcribing, candidate: Candidate, length_s: float) -> Transcript:
        share = None if candidate.cost is None else self._share(candidate, length_s)
        shared = self.flushing, self.under_way
        item = Item(task, self.roster, self.state, self.run_id, self.hooks, self.time, *shared, inside=True)
        try:
            return await item.served([replace(candidate, cost=share)])
        finally:
            self.attempts += item.attempts

    def _placed(self, candidate: Candidate, found: Transcript, length_s: float) -> Transcript:
        """Give sentences their likely places where the model gave none."""
        if candidate.facts.segments or candidate.facts.words:
            return found
        return replace(found, segments=spread(found.text, 0.0, length_s))

    def _share(self, candidate: Candidate, length_s: float) -> Decimal | None:
        price = self.roster.prices.expected(
            candidate.provider, candidate.model, capability=candidate.facts.capability, audio_s=length_s
        )
        return None if price is None else price.usd


def _clip(part: Part) -> Clip:
    return Clip(part.data, part.suffix, part.start_s, part.end_s)


def limits(facts: ModelFacts, times: bool) -> tuple[int | None, float | None]:
    """Bytes and seconds that one call may have."""
    if times and not (facts.segments or facts.words):
        return facts.max_bytes, min(_PIECE_S, facts.max_audio_s or _PIECE_S)
    return facts.max_bytes, facts.max_audio_s


async def _all(calls: Sequence[Coroutine[Any, Any, Transcript]]) -> list[Transcript]:
    """Wait for all, also when one fails: what the others are paid for is kept. Who is stopped stops them."""
    running = [asyncio.ensure_future(call) for call in calls]
    try:
        await asyncio.wait(running)
    except asyncio.CancelledError:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        raise
    failed = [error for each in running if (error := each.exception()) is not None]
    if failed:
        raise failed[0]
    return [each.result() for each in running]
