"""What a provider is, seen from the manager. Knows no provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from aiprov.core.requests import TranscriptionRequest
from aiprov.core.results import Transcript


def _ignore(_seconds: float) -> None:
    return None


def _go_on() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Hooks:
    """How long work talks to its caller.

    Attributes:
        progress: Takes the seconds of the recording that are through; may be called from any thread.
        check: Called often by long work; raises to stop it.
    """

    progress: Callable[[float], None] = _ignore
    check: Callable[[], None] = _go_on


class Transcriber(Protocol):
    """A provider that turns a recording into words."""

    @property
    def name(self) -> str:
        """The provider's name in results and in the ledger."""

    @property
    def free(self) -> bool:
        """Whether a call costs nothing, whatever happens to it."""

    def transcription_model(self, request: TranscriptionRequest) -> str:
        """The model that would serve the request."""

    def transcription_identity(self, request: TranscriptionRequest) -> Mapping[str, object]:
        """Everything besides the recording that decides the words: model, version of the bytes, parameters.

        Values are what JSON can say. Two equal identities may share one stored answer.
        """

    async def transcribe(self, request: TranscriptionRequest, hooks: Hooks) -> Transcript:
        """Transcribe one recording.

        Raises:
            InputError: The recording cannot be read.
            ProviderError: The provider did not answer, or its answer is not one.
        """
