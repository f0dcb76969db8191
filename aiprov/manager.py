"""The manager: one call, the right provider, every attempt in the ledger, no answer paid twice.

Knows providers only by their protocol, and nothing of files, formats or vendors.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from aiprov.core.document import from_document, to_document
from aiprov.core.identity import request_hash
from aiprov.core.requests import ProviderType, TranscriptionRequest
from aiprov.core.results import Attempt, Transcript
from aiprov.errors import AiprovError, ConfigError, InputError
from aiprov.files import sha256_of
from aiprov.providers.base import Hooks, Transcriber
from aiprov.state import State

_OPERATION = "transcription"


class ProviderManager:
    """Serves requests with the configured providers.

    Args:
        transcribers: In the order in which they are tried.
        state: Ledger and stored answers.
    """

    def __init__(self, transcribers: Sequence[Transcriber], state: State) -> None:
        self._transcribers = tuple(transcribers)
        self._state = state

    async def transcribe(
        self, request: TranscriptionRequest, provider_type: ProviderType | str | None = None, hooks: Hooks | None = None
    ) -> Transcript:
        """Transcribe one recording, or give the stored answer to the same request.

        Args:
            request: What to transcribe, and how.
            provider_type: Only this provider; None lets the manager choose.
            hooks: Progress and stopping.

        Raises:
            ConfigError: No provider is configured that could do it.
            InputError: The recording cannot be read.
            ProviderError: The provider did not answer.
        """
        provider = self.transcriber(provider_type)
        content = await asyncio.to_thread(self._content, request.audio_path)
        wanted = self.identify(request, content, provider_type)
        stored = self._state.answer(wanted)
        if stored is not None:
            return replace(recalled(stored), cost=Decimal(0))
        run_id, exit_code = self._state.begin_run("library"), 1
        try:
            transcript = await self.call(request, content, run_id, wanted, provider, hooks or Hooks())
            exit_code = 0
        except AiprovError as error:
            exit_code = error.exit_code
            raise
        finally:
            self._state.end_run(run_id, exit_code)
        return transcript

    def _content(self, path: Path) -> str:
        try:
            return self._state.content_sha256(path.resolve(strict=True), sha256_of)
        except OSError as error:
            code = "not_found" if isinstance(error, FileNotFoundError) else "unreadable_audio"
            raise InputError(f"{path} cannot be read: {error.strerror}", "check the name", code=code) from error

    def transcriber(self, provider_type: ProviderType | str | None = None) -> Transcriber:
        """The provider that would serve a transcription.

        Raises:
            ConfigError: There is none.
        """
        for provider in self._transcribers:
            if provider_type is None or provider.name == provider_type:
                return provider
        wanted = f"the provider {provider_type}" if provider_type else "any provider"
        raise ConfigError(f"{wanted} that transcribes is switched off or unknown", "aiprov providers status")

    def identify(
        self, request: TranscriptionRequest, content_sha256: str, provider_type: ProviderType | str | None = None
    ) -> str:
        """The request's hash: recording, provider, model and parameters."""
        return identified(self.identity(request, provider_type), content_sha256)

    def identity(
        self, request: TranscriptionRequest, provider_type: ProviderType | str | None = None
    ) -> Mapping[str, object]:
        """What of a request is the same for every recording; see `identified`.

        Raises:
            ConfigError: There is no such model.
        """
        provider = self.transcriber(provider_type)
        return {"provider": provider.name, **provider.transcription_identity(request)}

    async def call(
        self,
        request: TranscriptionRequest,
        content_sha256: str,
        run_id: str,
        request_hash: str,
        provider: Transcriber,
        hooks: Hooks,
        audio_s: float | None = None,
    ) -> Transcript:
        """Call a provider. The attempt stands in the ledger before; charge and answer are kept together after."""
        model = provider.transcription_model(request)
        attempt = self._state.begin_attempt(
            run_id,
            operation=_OPERATION,
            provider=provider.name,
            model=model,
            request_hash=request_hash,
            path=request.audio_path,
            audio_s=audio_s,
            free=provider.free,
        )
        try:
            transcript = await provider.transcribe(request, hooks)
        except AiprovError as error:
            self._state.fail(attempt, error.code, Decimal(0) if provider.free else None)
            raise
        self._state.settle(
            attempt,
            cost=transcript.cost,
            usage={"audio_s": round(transcript.duration_s, 3)},
            answer=_stored(transcript, request.audio_path, content_sha256),
        )
        return replace(transcript, attempts=(Attempt(provider.name, model, "ok", transcript.cost),))


def identified(identity: Mapping[str, object], content_sha256: str) -> str:
    """The request's hash, for one recording."""
    return request_hash(_OPERATION, content_sha256, identity)


def recalled(answer: bytes) -> Transcript:
    """Read a stored answer."""
    return from_document(json.loads(answer))


def _stored(transcript: Transcript, path: Path, content_sha256: str) -> bytes:
    document = to_document(transcript, source_path=path.name, source_sha256=content_sha256)
    return json.dumps(document, separators=(",", ":")).encode("ascii")
