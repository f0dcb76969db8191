"""What a provider is, seen from the manager. Knows no provider."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiprov.core.requests import ChatRequest, EmbeddingRequest, ModelCapability, TranscriptionRequest
from aiprov.core.results import ChatResult, EmbeddingResult, Transcript
from aiprov.core.routing import ModelFacts

Request = TranscriptionRequest | ChatRequest | EmbeddingRequest


def _ignore(_told: object) -> None:
    return None


def _go_on() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Hooks:
    """How long work talks to its caller.

    Attributes:
        progress: Takes the seconds of the recording that are through; may be called from any thread.
        check: Called often by long work; raises to stop it.
        note: Takes a short sentence for people about something that went on all the same.
    """

    progress: Callable[[float], None] = _ignore
    check: Callable[[], None] = _go_on
    note: Callable[[str], None] = _ignore


@dataclass(frozen=True, slots=True)
class Health:
    """What an unbilled look at a provider found.

    Attributes:
        state: `healthy`, `degraded` (usable, with a reason), `unhealthy`, `disabled` or `unconfigured`.
        reasons: Short sentences; empty when all is well.
        reached: Whether it answered; a usable one that did not may be well all the same.
    """

    state: str
    reasons: tuple[str, ...] = ()
    reached: bool = True

    @property
    def usable(self) -> bool:
        """Whether requests may go there."""
        return self.state in ("healthy", "degraded")


class Provider(Protocol):
    """Somebody who transcribes, answers or embeds. The manager calls only what `models` offers.

    Calls make one request each: no retries, no fallback, no prices, no ledger; those are the manager's. They raise
    AiprovError alone: InputError when the recording cannot be read, ProviderError with a code from `core.failures`
    for everything that is the provider's. Results come with `cost` None (0 from local engines) and without attempts
    and provenance, which the manager adds.
    """

    @property
    def name(self) -> str:
        """The provider's name in results, settings and the ledger."""

    @property
    def local(self) -> bool:
        """Whether it runs on this machine: then nothing leaves it, and calls are free."""

    @property
    def host(self) -> str | None:
        """Where requests go; None when they stay on this machine."""

    @property
    def region(self) -> str | None:
        """The user's label for where that is, such as `eu`."""

    def models(self, capability: ModelCapability) -> Sequence[ModelFacts]:
        """The models offered for a kind of work, the preferred first. Cheap: no network, no vendor import."""

    def facts(self, capability: ModelCapability, model: str) -> ModelFacts | None:
        """What is known of a model that a request names; None when this provider has no such model.

        A cloud provider takes any name that it cannot rule out, with unknown limits.
        """

    def identity(self, request: Request, model: str) -> Mapping[str, object]:
        """Everything besides the input's content that decides the answer: version of the bytes, parameters.

        Values are what JSON can say. Two equal identities may share one stored answer.

        Raises:
            ConfigError: The model or its engine is not to be had.
        """

    async def transcribe(self, request: TranscriptionRequest, model: str, hooks: Hooks) -> Transcript:
        """Transcribe one recording."""

    async def chat(self, request: ChatRequest, model: str, hooks: Hooks) -> ChatResult:
        """Answer one conversation. With a `response_schema`, `content` should be the JSON; the manager checks it."""

    def stream(self, request: ChatRequest, model: str, hooks: Hooks) -> AsyncIterator[str | ChatResult]:
        """Answer in pieces of text as they come, and last the whole as a ChatResult."""

    async def embed(self, request: EmbeddingRequest, model: str, hooks: Hooks) -> EmbeddingResult:
        """Turn texts into vectors."""

    async def health(self) -> Health:
        """Look at the provider without a billed call: key and model list, or files and engine."""

    async def aclose(self) -> None:
        """Let go of connections and loaded models."""
