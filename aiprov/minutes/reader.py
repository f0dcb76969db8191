"""A chat model as the minutes see it: how much it can read, what it can do at once, and what an answer of it is.

Knows no provider: whoever asks comes in as a function.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiprov.core.failures import Kind
from aiprov.core.requests import ChatMessage, ChatRequest
from aiprov.core.results import ChatResult
from aiprov.errors import ProviderError

Ask = Callable[[ChatRequest], Awaitable[ChatResult]]

# Models of fewer billions of parameters than these: invent speakers; answer one question at a time; get lost in more
# than some thousand tokens and tell of one topic in three.
INVENTS, ONE_AT_A_TIME, EASILY_LOST = 1.0, 4.0, 9.0
# Of its context a model gets at most so much to read at a time (tokens), and may answer so much.
_SHARE = 4
_READS = {True: 2000, False: 8000}
_ANSWERS = {True: 700, False: 8000}
# What goes wrong with an answer that was too long: it is cut off, or was cut off and repaired in vain.
_TOO_LONG = frozenset({Kind.CONTEXT_LENGTH, Kind.BAD_RESULT, Kind.TOO_LARGE})


class TooLongError(Exception):
    """The answer did not come to its end: there was too much to read, or to tell."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A model that takes notes.

    Attributes:
        provider, model: Who is asked first.
        ask: Asks it, with everything that routing does; the answer has its parsed `data`.
        count: Tokens of a text: the model's own count, or an estimate that is rather too high.
        context_tokens: What it reads and writes together.
        local: Whether it runs on this machine.
        billions: Its parameters; None where nobody says.
    """

    provider: str
    model: str
    ask: Ask
    count: Callable[[str], int]
    context_tokens: int = 32_000
    local: bool = False
    billions: float | None = None

    @property
    def one_by_one(self) -> bool:
        """Whether it is asked one question at a time: small models fill several lists badly."""
        return self.local and (self.billions or 0.0) < ONE_AT_A_TIME

    @property
    def invents(self) -> bool:
        """Whether it is so small that what it writes has to be taken for invented."""
        return self.local and self.billions is not None and self.billions < INVENTS

    @property
    def chunk_tokens(self) -> int:
        """Tokens of the meeting that it reads at a time."""
        lost = self.local and (self.billions or 0.0) < EASILY_LOST
        return min(self.context_tokens // _SHARE, _READS[lost])

    @property
    def answer_tokens(self) -> int:
        """The longest answer."""
        return min(self.context_tokens // _SHARE, _ANSWERS[self.one_by_one])

    async def answer(self, messages: tuple[ChatMessage, ...], shape: Mapping[str, Any]) -> Any:
        """Return the document that it answers.

        Raises:
            TooLongError: It came to no end.
            AiprovError: Nobody answered.
        """
        request = ChatRequest(messages, temperature=0.0, max_tokens=self.answer_tokens, response_schema=shape)
        try:
            found = await self.ask(request)
        except ProviderError as error:
            if error.code in _TOO_LONG:
                raise TooLongError from error
            raise
        if found.finish_reason == "length":
            raise TooLongError
        return found.data
