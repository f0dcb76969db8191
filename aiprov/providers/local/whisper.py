"""One loaded Whisper model: batches of speech chunks become passages. The only importer of faster-whisper's model.

Knows nothing of files, windows or judgement. A pool of worker threads serves everybody who uses the model;
CTranslate2 releases the interpreter while it computes, and its workers share one copy of the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiprov.core.passages import Passage
from aiprov.core.requests import DecodingOptions
from aiprov.core.results import Word
from aiprov.core.speech import Span
from aiprov.errors import IntegrityError, ProviderError
from aiprov.providers.local.memory import return_large_blocks
from aiprov.providers.local.whisper_prompts import prompts_of

if TYPE_CHECKING:
    from aiprov.providers.local.voice import Samples

FULL_CONTEXT_S = 30.0
# The encoder's work grows with its context, so short speech gets a short one. Contexts that fit too tightly make
# the decoder repeat itself or leave words out, hence the margin.
_CONTEXTS_S = (6.0, 8.0, 10.0, 12.0, 15.0, 18.0, 22.0, FULL_CONTEXT_S)
_MARGIN_S = 5.0
_FRAMES_PER_S = 100
_SAMPLES_PER_FRAME = 160
# Fast speech has 4-5 words, some 7 tokens, a second. What goes on beyond this is a loop, and loops are slow.
_TOKENS_PER_S = 9
_PREPENDED = "\"'“¿([{-"
_APPENDED = "\"'.。,，!！?？:：”)]}、"


@dataclass(frozen=True, slots=True)
class Loading:
    """How a model is loaded.

    Attributes:
        device: `cpu` or `cuda`.
        compute_type: CTranslate2's name of the number format: int8, float16, ...
        workers: Batches decoded at the same time.
        threads: Threads of each worker.
        batch_size: Chunks decoded together.
    """

    device: str
    compute_type: str
    workers: int
    threads: int
    batch_size: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Speech to be decoded.

    Attributes:
        span: The speech, in seconds of the recording.
        start: Where `samples` begins: a little earlier.
        samples: Mono float32 at 16 kHz.
        context_s: Length of the encoder's context in seconds.
        before: What was said before, for names and style; empty for none.
        hints: Terms that may be said in it, the likeliest last. Chunks of one batch have the same.
    """

    span: Span
    start: float
    samples: Samples
    context_s: float
    before: str = ""
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a batch is decoded, where it differs from the request's options.

    Attributes:
        temperature: 0 is beam search, above 0 draws samples.
        against_loops: Forbid repetition.
        listen: Also say which language is heard.
    """

    temperature: float = 0.0
    against_loops: bool = False
    listen: bool = False


def context_for(samples: Samples) -> float:
    """The shortest context (seconds) that holds the samples with some margin."""
    needed = len(samples) / (_SAMPLES_PER_FRAME * _FRAMES_PER_S) + _MARGIN_S
    return next((context for context in _CONTEXTS_S if context >= needed), FULL_CONTEXT_S)


class WhisperModel:
    """A Whisper model in memory.

    Args:
        name: The model's name, for messages.
        folder: Verified folder of the model in CTranslate2's format.
        loading: How to load it.

    Raises:
        IntegrityError: The files are what the lock says, and still no model.
        ProviderError: The device or the number format is not to be had, or memory ran out.
    """

    def __init__(self, name: str, folder: Path, loading: Loading) -> None:
        import faster_whisper

        return_large_blocks()
        self.name = name
        self.loading = loading
        try:
            self._model: Any = faster_whisper.WhisperModel(
                str(folder),
                device=loading.device,
                compute_type=loading.compute_type,
                cpu_threads=loading.threads,
                num_workers=loading.workers,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, MemoryError) as error:
            raise _not_loaded(name, folder, loading, error) from error
        self._pool = ThreadPoolExecutor(loading.workers, thread_name_prefix="whisper")
        self._tokenizer = lru_cache(maxsize=8)(self._make_tokenizer)

    @property
    def multilingual(self) -> bool:
        """Whether the model knows more than English."""
        return bool(self._model.model.is_multilingual)

    @property
    def languages(self) -> list[str]:
        """ISO 639-1 codes that the model knows."""
        return list(self._model.supported_languages)

    def close(self, *, wait: bool = True) -> None:
        """Drop waiting batches; the model is freed when running ones have ended and nobody holds this object."""
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def languages_of(self, chunks: Sequence[Chunk]) -> Future[list[dict[str, float]]]:
        """Guess the language of each chunk: probabilities by ISO 639-1 code."""
        return self._pool.submit(self._languages_of, chunks)

    def read(
        self, chunks: Sequence[Chunk], language: str, options: DecodingOptions, manner: Manner
    ) -> Future[list[Passage]]:
        """Decode chunks of one context length together; word times are in seconds of the recording."""
        return self._pool.submit(self._read, chunks, language, options, manner)

    def _languages_of(self, chunks: Sequence[Chunk]) -> list[dict[str, float]]:
        return self._heard(self._encode(chunks))

    def _heard(self, encoded: Any) -> list[dict[str, float]]:
        # The tokens come as "<|en|>", the likeliest first.
        return [{token[2:-2]: p for token, p in guess} for guess in self._model.model.detect_language(encoded)]

    def _read(self, chunks: Sequence[Chunk], language: str, options: DecodingOptions, manner: Manner) -> list[Passage]:
        try:
            return self._decoded(chunks, language, options, manner)
        except (RuntimeError, MemoryError) as error:
            hint = "choose a smaller model, a smaller --batch-size or fewer --workers"
            raise ProviderError(
                f"the engine failed while decoding with {self.name}: {error}", hint, provider="local", model=self.name
            ) from error

    def _decoded(
        self, chunks: Sequence[Chunk], language: str, options: DecodingOptions, manner: Manner
    ) -> list[Passage]:
        tokenizer = self._tokenizer(language, options.task)
        prompts = prompts_of(self._model, tokenizer, options, chunks)
        start = len(prompts[0])
        longest = min(self._model.max_length, start + int(chunks[0].context_s * _TOKENS_PER_S) + 16)
        encoded = self._encode(chunks)
        results = self._model.model.generate(
            encoded,
            prompts,
            max_length=longest,
            length_penalty=options.length_penalty,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._suppressed(tokenizer),
            **_sampling(options, manner),
        )
        heard = self._heard(encoded) if manner.listen else [{"": 0.0}] * len(chunks)
        tokens = [result.sequences_ids[0] for result in results]
        aligned = self._aligned(tokenizer, tokens, encoded, chunks)
        return [
            Passage(
                span=chunk.span,
                words=_placed(words, chunk),
                avg_logprob=result.scores[0] * len(ids) ** options.length_penalty / (len(ids) + 1),
                no_speech_prob=result.no_speech_prob,
                temperature=manner.temperature,
                complete=start + len(ids) < longest,
                heard=max(guess, key=guess.__getitem__),
                heard_probability=max(guess.values()),
            )
            for chunk, result, ids, words, guess in zip(chunks, results, tokens, aligned, heard, strict=True)
        ]

    def _encode(self, chunks: Sequence[Chunk]) -> Any:
        import numpy as np
        from faster_whisper.audio import pad_or_trim

        frames = int(chunks[0].context_s * _FRAMES_PER_S)
        extract = self._model.feature_extractor
        features = [pad_or_trim(extract(c.samples)[..., : _frames(c)], frames) for c in chunks]
        return self._model.encode(np.stack(features))

    def _suppressed(self, tokenizer: Any) -> Any:
        from faster_whisper.transcribe import get_suppressed_tokens

        return get_suppressed_tokens(tokenizer, [-1])

    def _aligned(
        self, tokenizer: Any, tokens: list[list[int]], encoded: Any, chunks: Sequence[Chunk]
    ) -> list[list[dict[str, Any]]]:
        from faster_whisper.transcribe import merge_punctuations

        aligned: list[list[dict[str, Any]]] = self._model.find_alignment(
            tokenizer, tokens, encoded, [_frames(chunk) for chunk in chunks]
        )
        for words in aligned:
            merge_punctuations(words, _PREPENDED, _APPENDED)
        return aligned

    def _make_tokenizer(self, language: str, task: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        return Tokenizer(self._model.hf_tokenizer, self.multilingual, task=task, language=language)


def _frames(chunk: Chunk) -> int:
    return min(len(chunk.samples) // _SAMPLES_PER_FRAME, int(chunk.context_s * _FRAMES_PER_S))


def _sampling(options: DecodingOptions, manner: Manner) -> dict[str, Any]:
    shared: dict[str, Any] = {
        "repetition_penalty": options.repetition_penalty,
        "no_repeat_ngram_size": options.no_repeat_ngram_size,
    }
    if manner.against_loops:
        shared = {"repetition_penalty": max(1.1, options.repetition_penalty), "no_repeat_ngram_size": 5}
    if manner.temperature > 0:
        return shared | {
            "beam_size": 1,
            "num_hypotheses": options.best_of,
            "sampling_topk": 0,
            "sampling_temperature": manner.temperature,
        }
    return shared | {"beam_size": options.beam_size, "patience": options.patience}


def _placed(words: list[dict[str, Any]], chunk: Chunk) -> tuple[Word, ...]:
    return tuple(
        Word(
            start=chunk.start + float(word["start"]),
            end=chunk.start + float(word["end"]),
            text=word["word"],
            probability=float(word["probability"]),
        )
        for word in words
        if word["word"]
    )


def _not_loaded(name: str, folder: Path, loading: Loading, error: Exception) -> ProviderError | IntegrityError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "compute type" in reason or "device" in reason.lower() or "CUDA" in reason:
        return ProviderError(
            f"{name} cannot run on {loading.device} as {loading.compute_type}: {reason}",
            "try --device cpu, or another --compute-type",
            provider="local",
            model=name,
        )
    if isinstance(error, MemoryError) or "alloc" in reason:
        hint = "choose a smaller model (aiprov models recommend)"
        return ProviderError(f"not enough memory to load {name}", hint, provider="local", model=name)
    hint = f"aiprov models rm {name}, then aiprov models pull {name}"
    return IntegrityError(f"{name} in {folder} cannot be loaded: {reason}", hint)
