"""One recording through a loaded Whisper model: decode, read, audit, and make a transcript of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from aiprov.core.requests import DecodingOptions, TranscriptionRequest
from aiprov.core.results import Transcript
from aiprov.errors import ConfigError
from aiprov.models.machine import cores
from aiprov.providers.base import Hooks
from aiprov.providers.local.wishes import Wishes

if TYPE_CHECKING:
    from aiprov.audio import Recording
    from aiprov.providers.local.reading import Reading
    from aiprov.providers.local.whisper import Loading, WhisperModel


def transcribe(request: TranscriptionRequest, load: Callable[[], WhisperModel], hooks: Hooks) -> Transcript:
    """Transcribe one recording; the model is asked for once the recording has been found to be one.

    Raises:
        InputError: The recording cannot be read.
        ConfigError: The model does not know the language.
        ProviderError: The model cannot be run.
    """
    from aiprov.audio import decode
    from aiprov.providers.local.reading import Reader

    with decode(request.audio_path, channel=request.channel) as recording:
        model = load()
        language = _language(request, model)
        reading = Reader(model, request.options, language, hooks.check, hooks.progress).read(recording)
    return _written(request.options, recording, reading, model.name)


def _written(options: DecodingOptions, recording: Recording, reading: Reading, model: str) -> Transcript:
    from aiprov.core.passages import segments
    from aiprov.core.quality import Limits, audit
    from aiprov.core.speech import Span

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
        provider="local",
        model=model,
        cost=Decimal(0),
        language_probability=reading.language_probability,
        quality=quality,
    )


def workers_of(wishes: Wishes) -> int:
    """How many batches are decoded at the same time."""
    return wishes.workers or min(cores(), 8)


def loading_of(wishes: Wishes) -> Loading:
    """How a Whisper model is loaded on this machine."""
    from aiprov.providers.local.whisper import Loading

    if _device(wishes.device) == "cuda":
        return Loading("cuda", wishes.compute_type or "float16", wishes.workers or 1, 4, wishes.batch_size or 16)
    workers = workers_of(wishes)
    threads = wishes.threads or max(1, cores() // workers)
    return Loading("cpu", wishes.compute_type or "int8", workers, threads, wishes.batch_size or 8)


def _device(wish: str) -> str:
    if wish != "auto":
        return wish
    import ctranslate2

    return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"


def _language(request: TranscriptionRequest, model: WhisperModel) -> str | None:
    if not model.multilingual:
        return "en"
    if request.language is not None and request.language not in model.languages:
        raise ConfigError(
            f"{model.name} does not know the language {request.language!r}", "give an ISO 639-1 code such as en or de"
        )
    return request.language
