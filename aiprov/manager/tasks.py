"""The kinds of work, as the loop sees them: what is needed, how it is called, and how an answer is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

from aiprov.core.document import from_document, to_document
from aiprov.core.failures import Kind
from aiprov.core.judging import is_answer, judged
from aiprov.core.pricing import estimated_tokens
from aiprov.core.quality import Limits
from aiprov.core.requests import ChatRequest, EmbeddingRequest, ModelCapability, TranscriptionRequest
from aiprov.core.results import Attempt, ChatResult, EmbeddingResult, Provenance, Quality, Transcript, Usage
from aiprov.core.routing import Need
from aiprov.core.speech import Span
from aiprov.errors import ProviderError
from aiprov.providers.base import Hooks, Provider, Request

Result = Transcript | ChatResult | EmbeddingResult
R = TypeVar("R", bound=Result)

# The most that an image takes as it is sent here. Claude's newest read up to 2576 px on the long edge, in patches of
# 28 px: 4784 tokens (https://platform.claude.com/docs/en/build-with-claude/vision). OpenAI's take 2500 patches of 32 px
# at the detail `high` (https://developers.openai.com/api/docs/guides/images-vision), for one or two tokens each.
_IMAGE_TOKENS = 5000


class Task(Protocol[R]):
    """One request of one kind."""

    @property
    def request(self) -> Request:
        """What was asked."""

    @property
    def content(self) -> str:
        """SHA-256 of what is worked on."""

    @property
    def path(self) -> Path:
        """The file that it is for, as the ledger names it; a word where it is for none."""

    @property
    def audio_s(self) -> float | None:
        """Seconds of audio, when known."""

    @property
    def reusable(self) -> bool:
        """Whether a stored answer to the same request will do."""

    @property
    def shared(self) -> bool:
        """Whether the answer that another process is getting to the same request will do."""

    @property
    def need(self) -> Need:
        """What a model must be able to do."""

    async def call(self, provider: Provider, model: str, hooks: Hooks) -> R:
        """Make the one call."""

    def checked(self, result: R) -> R:
        """Look whether the result can be an answer; raises ProviderError (`bad_result`) when it cannot."""

    def encode(self, result: R) -> bytes:
        """The answer as it is kept."""

    def decode(self, answer: bytes) -> R:
        """A kept answer, without cost."""


@dataclass(frozen=True, slots=True)
class Transcribing:
    """A recording to be transcribed.

    Attributes:
        speech: Where people speak in it, as heard here; None when nobody has listened.
        fresh: It is asked for anew, whatever is stored of its parts.
    """

    request: TranscriptionRequest
    content: str
    audio_s: float | None = None
    reusable: bool = True
    speech: tuple[Span, ...] | None = None
    fresh: bool = False

    @property
    def path(self) -> Path:
        """The recording."""
        return self.request.audio_path

    @property
    def shared(self) -> bool:
        """Whoever is not told to ask anew takes what others get."""
        return not self.fresh

    @property
    def need(self) -> Need:
        """Times, language and task; a recording that is too long for a model is sent in parts."""
        request = self.request
        return Need(
            ModelCapability.TRANSCRIPTION,
            times=request.enable_timestamps,
            language=request.language,
            translates=request.options.task == "translate",
        )

    async def call(self, provider: Provider, model: str, hooks: Hooks) -> Transcript:
        """Make the one call."""
        return await provider.transcribe(self.request, model, hooks)

    def checked(self, result: Transcript) -> Transcript:
        """Judge what its provider has not judged itself."""
        return result if result.quality != Quality("ok", 1.0) else self.judged(result)

    def judged(self, result: Transcript, damage: Sequence[Span] = ()) -> Transcript:
        """The transcript with the audit's verdict; raises ProviderError (`bad_result`) when it cannot be an answer."""
        options = self.request.options
        limits = Limits(options.compression_ratio_threshold, options.logprob_threshold, options.no_speech_threshold)
        quality = judged(result, speech=self.speech, limits=limits, damage=damage)
        if not is_answer(quality):
            why = "the transcript cannot be right: it is empty or repeats itself"
            raise _bad_result(result.provider, result.model, why)
        return replace(result, quality=quality)

    def encode(self, result: Transcript) -> bytes:
        """The transcript's document; of the file, only its name."""
        document = to_document(result, source_path=self.path.name, source_sha256=self.content)
        return json.dumps(document, separators=(",", ":")).encode("ascii")

    def decode(self, answer: bytes) -> Transcript:
        """Read a document."""
        return from_document(json.loads(answer))


@dataclass(frozen=True)
class Chatting:
    """A conversation to be continued.

    Attributes:
        ceiling: The longest answer in tokens where the request leaves it open and money is limited; 0 for none.
    """

    request: ChatRequest
    path: Path = Path("chat")
    audio_s: float | None = None
    reusable: bool = True
    ceiling: int = 0

    @property
    def shared(self) -> bool:
        """Whoever takes stored answers takes those that others get."""
        return self.reusable

    @cached_property  # asked often, and long for long texts
    def content(self) -> str:
        """The hash of all messages and pictures."""
        messages = [
            [m.role, m.content, [[i.media_type, hashlib.sha256(i.data).hexdigest()] for i in m.images]]
            for m in self.request.messages
        ]
        return _sha256(messages)

    @cached_property
    def need(self) -> Need:
        """Room for the messages and the answer, pictures, a schema."""
        request = self.request
        images = sum(len(message.images) for message in request.messages)
        tokens = sum(estimated_tokens(message.content) + 4 for message in request.messages)
        return Need(
            ModelCapability.CHAT,
            input_tokens=tokens + images * _IMAGE_TOKENS,
            output_tokens=request.max_tokens or 0,
            images=images > 0,
            json_schema=request.response_schema is not None,
        )

    async def call(self, provider: Provider, model: str, hooks: Hooks) -> ChatResult:
        """Make the one call."""
        return await provider.chat(self.bounded(provider), model, hooks)

    def bounded(self, provider: Provider) -> ChatRequest:
        """The request as it is sent."""
        if provider.local or not self.ceiling or self.request.max_tokens:
            return self.request
        return replace(self.request, max_tokens=self.ceiling)

    def checked(self, result: ChatResult) -> ChatResult:
        """An answer without a word is none; one that was filtered says so itself."""
        if not result.content.strip() and result.finish_reason != "content_filter":
            raise _bad_result(result.provider, result.model, "the answer is empty")
        return result

    def encode(self, result: ChatResult) -> bytes:
        """Everything but what belongs to this call."""
        return _encoded(result)

    def decode(self, answer: bytes) -> ChatResult:
        """Read a kept answer."""
        return ChatResult(**_decoded(answer))


@dataclass(frozen=True)
class Embedding:
    """Texts to be turned into vectors."""

    request: EmbeddingRequest
    path: Path = Path("embedding")
    audio_s: float | None = None
    reusable: bool = True

    @property
    def shared(self) -> bool:
        """Whoever takes stored answers takes those that others get."""
        return self.reusable

    @cached_property
    def content(self) -> str:
        """The hash of all texts."""
        return _sha256(self.request.texts)

    @cached_property
    def need(self) -> Need:
        """Nothing but the kind; texts that are too long for a model are cut by it."""
        return Need(ModelCapability.EMBEDDING, input_tokens=sum(map(estimated_tokens, self.request.texts)))

    async def call(self, provider: Provider, model: str, hooks: Hooks) -> EmbeddingResult:
        """Make the one call."""
        return await provider.embed(self.request, model, hooks)

    def checked(self, result: EmbeddingResult) -> EmbeddingResult:
        """One vector for each text."""
        if len(result.embeddings) != len(self.request.texts):
            raise _bad_result(result.provider, result.model, "there is not one vector for each text")
        return result

    def encode(self, result: EmbeddingResult) -> bytes:
        """Everything but what belongs to this call."""
        return _encoded(result)

    def decode(self, answer: bytes) -> EmbeddingResult:
        """Read a kept answer."""
        kept = _decoded(answer)
        return EmbeddingResult(**{**kept, "embeddings": tuple(map(tuple, kept["embeddings"]))})


def usage_of(result: Result) -> Usage:
    """What an answer used; of a transcript whose provider did not say, the length of the audio."""
    usage = result.usage
    if isinstance(result, Transcript):
        usage = usage or Usage()
        return usage if usage.input_tokens or usage.audio_s else replace(usage, audio_s=result.duration_s)
    return usage or Usage()


def closed(result: R, cost: Decimal | None, attempts: tuple[Attempt, ...], provenance: Provenance) -> R:
    """The result as the caller gets it."""
    return replace(result, cost=cost, attempts=attempts, provenance=provenance)


def _bad_result(provider: str, model: str, why: str) -> ProviderError:
    return ProviderError(
        f"{provider} ({model}): {why}",
        "try again, or another provider",
        provider=provider,
        model=model,
        retryable=True,
        code=Kind.BAD_RESULT,
    )


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode("ascii")).hexdigest()


_OF_THE_CALL = ("cost", "attempts", "provenance")


def _encoded(result: ChatResult | EmbeddingResult) -> bytes:
    kept = {name: value for name, value in _fields(result) if name not in _OF_THE_CALL}
    return json.dumps(kept | {"usage": dict(_fields(result.usage))}, separators=(",", ":")).encode("ascii")


def _fields(value: ChatResult | EmbeddingResult | Usage) -> Iterator[tuple[str, Any]]:
    """The fields as they are: `asdict` would copy every number of every vector."""
    return ((name, getattr(value, name)) for name in value.__dataclass_fields__)


def _decoded(answer: bytes) -> dict[str, Any]:
    kept: Mapping[str, Any] = json.loads(answer)
    return {**kept, "usage": Usage(**kept["usage"])}
