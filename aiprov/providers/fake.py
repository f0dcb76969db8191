"""A provider that answers from a script: try out routing and failures without keys, models or money.

    spent = ProviderError("no credit", provider="first", code="quota_exhausted")
    with fake_provider_system(FakeProvider("first", [spent]), FakeProvider("second", ["Hello."])) as manager:
        ...

It speaks the same protocol as the real ones. Calls are remembered in `calls`, in order.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from aiprov.core.requests import ChatRequest, EmbeddingRequest, ModelCapability, TranscriptionRequest
from aiprov.core.results import ChatResult, EmbeddingResult, Segment, Transcript, Usage, Word
from aiprov.core.routing import ModelFacts
from aiprov.errors import AiprovError
from aiprov.providers.base import Health, Hooks, Request

_USAGE = Usage(input_tokens=100, output_tokens=20)
_HEALTHY = Health("healthy")
_KINDS = (ModelCapability.CHAT, ModelCapability.TRANSCRIPTION, ModelCapability.EMBEDDING)
_DIMENSION = 8

Answer = str | AiprovError | Transcript | ChatResult | EmbeddingResult | Callable[[], "Answer"]


@dataclass
class FakeProvider:
    """Answers every call with the next entry of its script, and with its own invention when the script is through.

    Args:
        name: As it appears in results and the ledger.
        script: A text (the answer, or the words of the transcript), a whole result, an AiprovError to raise, or a
            function that gives one of these.
        offers: What it claims to do; by default one model for each kind of work, without limits.
        local: Whether it counts as this machine.
        host: Where it claims to send requests.
        usage: What every answer claims to have used.
        delay_s: How long every call takes.
    """

    name: str = "fake"
    script: Iterable[Answer] = ()
    offers: Sequence[ModelFacts] = ()
    local: bool = False
    host: str | None = "fake.invalid"
    region: str | None = None
    usage: Usage = _USAGE
    delay_s: float = 0.0
    state: Health = _HEALTHY
    calls: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._script = iter(self.script)
        self._offers = tuple(self.offers) or tuple(
            ModelFacts(f"{self.name}-{kind}", kind, words=True, segments=True, translates=True, images=True)
            for kind in _KINDS
        )
        if self.local:
            self.host = None

    def models(self, capability: ModelCapability) -> Sequence[ModelFacts]:
        """What it offers for a kind of work."""
        return [facts for facts in self._offers if facts.capability == capability]

    def facts(self, capability: ModelCapability, model: str) -> ModelFacts | None:
        """One of its offers by name."""
        return next((facts for facts in self.models(capability) if facts.name == model), None)

    def identity(self, request: Request, model: str) -> Mapping[str, object]:
        """The model and the request's own parameters."""
        named = asdict(request)
        parameters = {key: named.get(key) for key in ("language", "temperature", "max_tokens", "response_schema")}
        return {"model": model, **parameters, "options": named.get("options")}

    async def transcribe(self, request: TranscriptionRequest, model: str, hooks: Hooks) -> Transcript:
        """The scripted words, or some that depend on the recording's bytes alone."""
        answer = await self._next(request, hooks)
        if isinstance(answer, Transcript):
            return answer
        data = request.audio_path.read_bytes() if request.clip is None else request.clip.data
        text = str(answer or f"Heard {hashlib.sha256(data).hexdigest()[:8]}.")
        hooks.progress(2.0)
        return self._transcript(text, model, request)

    async def chat(self, request: ChatRequest, model: str, hooks: Hooks) -> ChatResult:
        """The scripted answer, or an echo of the last message."""
        answer = await self._next(request, hooks)
        if isinstance(answer, ChatResult):
            return answer
        return ChatResult(str(answer or f"You said: {request.messages[-1].content}"), self.name, model, self.usage)

    async def stream(self, request: ChatRequest, model: str, hooks: Hooks) -> AsyncIterator[str | ChatResult]:
        """The same answer, word by word."""
        whole = await self.chat(request, model, hooks)
        for word in whole.content.split(" "):
            yield f"{word} "
        yield replace(whole, content=f"{whole.content} ")

    async def embed(self, request: EmbeddingRequest, model: str, hooks: Hooks) -> EmbeddingResult:
        """The scripted vectors, or some that depend on the texts alone."""
        answer = await self._next(request, hooks)
        if isinstance(answer, EmbeddingResult):
            return answer
        return EmbeddingResult(
            tuple(map(_vector, request.texts)), self.name, model, replace(self.usage, output_tokens=0)
        )

    async def health(self) -> Health:
        """What it was told to say."""
        return self.state

    async def aclose(self) -> None:
        """Nothing to let go of."""

    async def _next(self, request: Request, hooks: Hooks) -> object:
        self.calls.append(request)
        hooks.check()
        await asyncio.sleep(self.delay_s)
        answer = next(self._script, None)
        while callable(answer):
            answer = answer()
        if isinstance(answer, AiprovError):
            raise answer
        return answer

    def _transcript(self, text: str, model: str, request: TranscriptionRequest) -> Transcript:
        spoken = [f" {word}" for word in text.split()]
        each = 2.0 / max(1, len(spoken))
        words = tuple(Word(each * at, each * (at + 1), word, 0.9) for at, word in enumerate(spoken))
        segment = Segment(0, 0, 0.0, 2.0, f" {text}", 0.0, -0.2, 0.8, 0.01, words)
        return Transcript(
            text=text,
            segments=(segment,) if spoken else (),
            language=request.language or "en",
            duration_s=2.0,
            provider=self.name,
            model=model,
            cost=None,
            usage=Usage(audio_s=2.0),
        )


def _vector(text: str) -> tuple[float, ...]:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    values = [byte / 255 - 0.5 for byte in digest[:_DIMENSION]]
    length = sum(value * value for value in values) ** 0.5 or 1.0
    return tuple(value / length for value in values)
