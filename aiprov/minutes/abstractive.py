"""Notes that a language model takes, chunk by chunk: every word of the meeting is read, and nothing is cut silently.

What comes out is claimed, not checked. Knows the questions and the shape of answers; no provider and no file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aiprov.core.failures import Kind
from aiprov.core.fences import Fence, fence_for
from aiprov.core.meeting import Meeting
from aiprov.core.minutes import Entry
from aiprov.core.turns import Utterance, chunks
from aiprov.errors import ProviderError
from aiprov.minutes import prompts
from aiprov.minutes.prompts import Wish
from aiprov.minutes.reader import Reader, TooLongError

Chunk = tuple[Utterance, ...]
_T = TypeVar("_T")

# Chunks that a model elsewhere reads at the same time; an engine here would forget what chunks have in common.
_ABREAST = 4
# A chunk whose notes come to no end is halved so often, at most.
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class NoteTaker:
    """Takes notes on one meeting.

    Attributes:
        meeting: The meeting.
        reader: The model.
        wish: How minutes shall read.
        breaks: Ids of utterances that begin a topic.
    """

    meeting: Meeting
    reader: Reader
    wish: Wish
    breaks: Collection[int] = ()

    @property
    def fence(self) -> Fence:
        """What stands around the meeting's words in every call."""
        return fence_for(prompts.spoken(utterance, self.meeting) for utterance in self.meeting.talk)

    def chunks(self) -> list[Chunk]:
        """The meeting in parts that the model reads; together they are the whole."""
        parts = list(chunks(self.meeting.talk, self.reader.chunk_tokens, self._cost, self.breaks))
        if _words(each for part in parts for each in part) != _words(self.meeting.talk):
            raise AssertionError("the chunks of a meeting are not the whole meeting")
        return parts

    async def notes(self, parts: Sequence[Chunk], through: Callable[[float], object]) -> list[Entry]:
        """Return all notes, as the model claims them.

        Args:
            parts: From `chunks`.
            through: Told the second of the recording up to which all is read.

        Raises:
            ProviderError: Of some part even a small piece was too much (`bad_result`), or nobody answered.
            AiprovError: What else keeps everybody from answering.
        """
        fence = self.fence
        places = asyncio.Semaphore(1 if self.reader.local else _ABREAST)

        async def read(part: Chunk) -> list[Entry]:
            async with places:
                found = await self._notes(part, fence, _DEEPEST)
            through(part[-1].end)
            return found

        found = await together([read(part) for part in parts])
        # No mark of ours was said in the meeting: a note that has it repeats the instructions.
        return [
            entry for notes in found for entry in notes if fence.mark not in f"{entry.text}{entry.owner}{entry.due}"
        ]

    async def _notes(self, chunk: Chunk, fence: Fence, deeper: int) -> list[Entry]:
        halves = self._halved(chunk) if deeper else []
        try:
            # What fills every list may have left something out; who invents would fill the halves' lists, too.
            room = deeper == _DEEPEST and len(halves) > 1 and not self.reader.invents
            return await self._asked(chunk, fence, room=room)
        except TooLongError:
            if len(halves) < 2:
                raise self._endless(chunk) from None
        return [entry for half in halves for entry in await self._notes(half, fence, deeper - 1)]

    async def _asked(self, chunk: Chunk, fence: Fence, *, room: bool) -> list[Entry]:
        """Ask about one chunk; with `room`, a list that is full counts as cut off."""
        bounded = self.reader.local
        lists = await self._lists(chunk, fence, bounded=bounded)
        if room and bounded and any(map(prompts.is_full, lists.values())):
            raise TooLongError
        found = (prompts.entries_of(name, items, chunk, bounded=bounded) for name, items in lists.items())
        return [entry for entries in found for entry in entries]

    async def _lists(self, chunk: Chunk, fence: Fence, *, bounded: bool) -> Mapping[str, Sequence[Any]]:
        """Every question by itself, or all in one call."""
        data = "\n".join(prompts.spoken(utterance, self.meeting) for utterance in chunk)
        opening = prompts.opening(self.meeting, fence, self.wish)
        if not self.reader.one_by_one:
            every = "\n".join(f"{name}: {question}" for name, question in prompts.QUESTIONS.items())
            answer = await self.reader.answer(
                (opening, prompts.asked(data, every, fence)), prompts.every_list(bounded=bounded)
            )
            return {name: answer[name] for name in prompts.QUESTIONS}
        lists = {}
        for name, question in prompts.QUESTIONS.items():
            shape = prompts.one_list(bounded=bounded)
            answer = await self.reader.answer((opening, prompts.asked(data, question, fence)), shape)
            lists[name] = answer["items"]
        return lists

    def _halved(self, chunk: Chunk) -> list[Chunk]:
        whole = sum(map(self._cost, chunk))
        return list(chunks(chunk, max(1, -(-whole // 2)), self._cost))

    def _endless(self, chunk: Chunk) -> ProviderError:
        model, span = self.reader.model, f"{clock(chunk[0].start)} to {clock(chunk[-1].end)}"
        return ProviderError(
            f"{model} came to no end with its notes on {span}, even in small pieces",
            "choose a larger model, or --method extractive",
            provider=self.reader.provider,
            model=model,
            code=Kind.BAD_RESULT,
        )

    def _cost(self, utterance: Utterance) -> int:
        return self.reader.count(prompts.spoken(utterance, self.meeting) + "\n")


async def together(work: Sequence[Awaitable[_T]]) -> list[_T]:
    """Wait for all work, also when some of it fails: what others have paid for is kept; then raise a failure."""
    found = await asyncio.gather(*work, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return [each for each in found if not isinstance(each, BaseException)]


def _words(talk: Iterable[Utterance]) -> list[str]:
    return [word for utterance in talk for word in utterance.text.split()]


def clock(seconds: float) -> str:
    """A moment as `1:02:03`."""
    minutes, second = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{second:02d}"
