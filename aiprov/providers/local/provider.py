"""The local provider: models from the store, engines on this machine, nothing over the network but a missing model."""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aiprov.core.requests import ModelCapability, TranscriptionRequest
from aiprov.core.results import Transcript
from aiprov.errors import ConfigError
from aiprov.models import ModelEntry, ModelStore, Progress
from aiprov.providers.base import Hooks

if TYPE_CHECKING:
    from aiprov.providers.local.whisper import Loading, WhisperModel


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the user wants engines to run; None leaves the choice to the machine.

    Attributes:
        whisper_model: The model for requests that name none.
        device: `auto` takes a CUDA device where there is one.
        compute_type: CTranslate2's name of a number format.
        workers: Batches decoded at the same time.
        threads: Threads of each worker.
        batch_size: Chunks of speech decoded together.
    """

    whisper_model: str = "base"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: str | None = None
    workers: int | None = None
    threads: int | None = None
    batch_size: int | None = None


class LocalProvider:
    """Transcribes with faster-whisper. A model is loaded once, when it is first needed, and serves the whole run.

    Args:
        store: Where models are.
        wishes: How engines shall run.
        on_fetch: Told about the bytes of a model that has to be fetched first.
    """

    name = "local"
    free = True

    def __init__(self, store: ModelStore, wishes: Wishes, on_fetch: Progress | None = None) -> None:
        self._store = store
        self._wishes = wishes
        self._on_fetch = on_fetch
        self._loaded: dict[str, WhisperModel] = {}
        self._lock = threading.Lock()

    @property
    def workers(self) -> int:
        """How many batches are decoded at the same time."""
        return self._wishes.workers or min(cores(), 8)

    def transcription_model(self, request: TranscriptionRequest) -> str:
        """The name of the model that would serve the request, as the lock spells it."""
        return self._entry(request).name

    def transcription_identity(self, request: TranscriptionRequest) -> Mapping[str, object]:
        """The model's bytes, the number format asked for, and the options; not the speed settings.

        Raises:
            ConfigError: There is no such model, or the engine is not installed.
        """
        _require_engine()
        entry = self._entry(request)
        return {
            "model": entry.digest,
            "device": self._wishes.device,
            "compute_type": self._wishes.compute_type,
            "language": request.language,
            "options": asdict(request.options),
        }

    async def transcribe(self, request: TranscriptionRequest, hooks: Hooks) -> Transcript:
        """Transcribe one recording on this machine.

        Raises:
            InputError: The recording cannot be read.
            ConfigError: The model does not know the language, or is absent and may not be fetched.
            ProviderError, IntegrityError: The model cannot be fetched, verified, loaded or run.
        """
        from aiprov.providers.local.threads import in_thread

        return await in_thread(lambda: self._transcribe(request, hooks))

    def close(self, *, wait: bool = True) -> None:
        """Free every loaded model, after what is being decoded now; without `wait`, return before that."""
        while self._loaded:
            self._loaded.popitem()[1].close(wait=wait)

    def _entry(self, request: TranscriptionRequest) -> ModelEntry:
        entry = self._store.find(request.model or self._wishes.whisper_model)
        if entry.kind != ModelCapability.TRANSCRIPTION:
            raise ConfigError(
                f"{entry.name} does not transcribe: it is a model for {entry.kind}",
                "choose one that `aiprov models list` shows for transcription",
            )
        return entry

    def _transcribe(self, request: TranscriptionRequest, hooks: Hooks) -> Transcript:
        from aiprov.audio import decode
        from aiprov.core.passages import segments
        from aiprov.core.quality import Limits, audit
        from aiprov.core.speech import Span
        from aiprov.providers.local.reading import Reader

        with decode(request.audio_path) as recording:
            model = self._model(self._entry(request), hooks.check)
            language = _language(request, model)
            reading = Reader(model, request.options, language, hooks.check, hooks.progress).read(recording)
        options = request.options
        written = segments(reading.passages)
        quality = audit(
            reading.passages,
            reading.speech,
            Limits(options.compression_ratio_threshold, options.logprob_threshold, options.no_speech_threshold),
            damage=[Span(*part) for part in recording.damage],
            duration_s=recording.duration_s,
            redecoded_s=reading.redecoded_s,
            noticed=reading.noticed,
        )
        return Transcript(
            text="".join(segment.text for segment in written).strip(),
            segments=tuple(written),
            language="en" if options.task == "translate" else reading.language,
            duration_s=recording.duration_s,
            damaged_s=recording.damaged_s,
            provider=self.name,
            model=model.name,
            cost=Decimal(0),
            language_probability=reading.language_probability,
            quality=quality,
        )

    def _model(self, entry: ModelEntry, check: Callable[[], None]) -> WhisperModel:
        """Load once; recordings that come meanwhile wait for it."""
        with self._lock:
            check()
            if entry.digest not in self._loaded:
                folder = self._store.ensure(entry, self._progress(check))
                self._loaded[entry.digest] = _load(entry.name, folder, self._loading())
            return self._loaded[entry.digest]

    def _progress(self, check: Callable[[], None]) -> Progress:
        def progress(what: str, done: int, total: int) -> None:
            check()
            if self._on_fetch is not None:
                self._on_fetch(what, done, total)

        return progress

    def _loading(self) -> Loading:
        from aiprov.providers.local.whisper import Loading

        wishes = self._wishes
        if _device(wishes.device) == "cuda":
            return Loading("cuda", wishes.compute_type or "float16", wishes.workers or 1, 4, wishes.batch_size or 16)
        threads = wishes.threads or max(1, cores() // self.workers)
        return Loading("cpu", wishes.compute_type or "int8", self.workers, threads, wishes.batch_size or 8)


def _require_engine() -> None:
    """Say at once what is not installed, before a recording is blamed for it."""
    missing = [package for package in ("av", "faster_whisper") if importlib.util.find_spec(package) is None]
    if missing:
        raise ConfigError(
            "the engine for speech is not installed", "pip install 'aiprov[speech]'", code="not_installed"
        )


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _device(wish: str) -> str:
    if wish != "auto":
        return wish
    import ctranslate2

    return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"


def _load(name: str, folder: Path, loading: Loading) -> WhisperModel:
    from aiprov.providers.local.whisper import WhisperModel

    return WhisperModel(name, folder, loading)


def _language(request: TranscriptionRequest, model: WhisperModel) -> str | None:
    if not model.multilingual:
        return "en"
    if request.language is not None and request.language not in model.languages:
        raise ConfigError(
            f"{model.name} does not know the language {request.language!r}", "give an ISO 639-1 code such as en or de"
        )
    return request.language
