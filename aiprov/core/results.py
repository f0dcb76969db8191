"""What providers answer. Times are seconds from the start of the recording; money is Decimal US dollars."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiprov.core.speakers import Speakers


@dataclass(frozen=True, slots=True)
class Word:
    """One word as spoken. `text` keeps its leading space, as Whisper writes it."""

    start: float
    end: float
    text: str
    probability: float
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """One subtitle line: a sentence, or part of one.

    Attributes:
        id: Position in the transcript, from 0.
        seek: First frame (10 ms each) of the audio chunk it was decoded from.
        avg_logprob: Mean log probability of the tokens of that chunk.
        compression_ratio: Length of the segment's text over its compressed length.
        no_speech_prob: How sure the model was that the chunk holds no speech.
        temperature: The sampling temperature that gave this text.
        speaker: The label of who speaks (`core.speakers`); None when speakers were not told apart.
        overlap: Whether somebody else speaks at the same time for a good part of it.
    """

    id: int
    seek: int
    start: float
    end: float
    text: str
    temperature: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    words: tuple[Word, ...] = ()
    speaker: str | None = None
    overlap: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the coverage audit noticed.

    Attributes:
        code: `uncovered_speech`, `words_on_silence`, `loop`, `too_fast`, `language_flip`,
            `low_confidence`, `damaged_audio`, `no_speech`, `no_words`, `words_after_end`, `not_text`,
            `approximate_times`.
        start, end: Where, in seconds.
        severity: `note` (explained), `suspect` (look at it) or `failed` (the transcript is not an answer).
        detail: One short phrase for people; never words of the transcript.
    """

    code: str
    start: float
    end: float
    severity: str
    detail: str


@dataclass(frozen=True, slots=True)
class Quality:
    """Is this transcript an answer?

    Attributes:
        verdict: `ok`, `suspect` or `failed`: the worst severity among the findings.
        coverage: Share (0..1) of the speech heard by voice activity detection that words cover; 1 without speech.
        findings: In order of time.
        speech_s: Seconds of speech heard.
        redecoded_s: Seconds of audio that were decoded a second time.
    """

    verdict: str
    coverage: float
    findings: tuple[Finding, ...] = ()
    speech_s: float = 0.0
    redecoded_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer used, as its provider counted it.

    Attributes:
        input_tokens: All tokens read, those from a cache included.
        output_tokens: All tokens written, thinking included.
        cached_tokens: The part of `input_tokens` that came from the provider's cache.
        cache_write_tokens: The part of `input_tokens` that was put into the cache.
        audio_s: Seconds of audio.
        tier: The provider's word for the price class, such as `batch` or `flex`; None for the usual one.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    audio_s: float = 0.0
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to one provider, successful or not.

    Attributes:
        outcome: `ok` or `failed`.
        cost: US dollars; None when nobody can tell.
        error_code: What kind of failure it was; see `core.failures`.
        status: The HTTP status, when there was one.
        ms: How long it took.
    """

    provider: str
    model: str
    outcome: str
    cost: Decimal | None = None
    error_code: str | None = None
    status: int | None = None
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an answer came from, and why from there.

    Attributes:
        model_asked: The model that the call named.
        model_served: The model that says it answered.
        strategy: The routing strategy.
        reason: Why this candidate, in one short sentence.
        host: Where the request went; None when it stayed on this machine.
        price_source: Where the price was published; None when it is unknown.
        request_hash: The request, as the state knows it.
        stored: Whether the answer was given before and only looked up.
    """

    model_asked: str
    model_served: str
    strategy: str = ""
    reason: str = ""
    host: str | None = None
    price_source: str | None = None
    request_hash: str = ""
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    """A recording in words.

    Attributes:
        text: All segments joined, stripped.
        segments: In order of time.
        language: ISO 639-1 code of the spoken language.
        duration_s: Length of the audio as decoded, damaged moments included.
        damaged_s: Seconds that could not be decoded.
        cost: What this answer cost, in US dollars; 0 for local engines; None when the price is unknown.
        speakers: Who they are; None when speakers were not told apart.
    """

    text: str
    segments: tuple[Segment, ...]
    language: str
    duration_s: float
    provider: str
    model: str
    cost: Decimal | None
    attempts: tuple[Attempt, ...] = field(default=())
    damaged_s: float = 0.0
    language_probability: float = 1.0
    quality: Quality = field(default_factory=lambda: Quality("ok", 1.0))
    usage: Usage | None = None
    provenance: Provenance | None = None
    speakers: Speakers | None = None


@dataclass(frozen=True, slots=True)
class ChatResult:
    """An answer in words.

    Attributes:
        content: The text.
        finish_reason: `stop`, `length` (the limit cut it off) or `content_filter`.
        cost: US dollars; 0 for local engines; None when the price is unknown.
        data: The parsed document, where the request had a `response_schema`.
    """

    content: str
    provider: str
    model: str
    usage: Usage
    cost: Decimal | None = None
    finish_reason: str = "stop"
    data: Any = None
    attempts: tuple[Attempt, ...] = ()
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingResult:
    """Texts as vectors.

    Attributes:
        embeddings: One vector for each text, in order; all of one length.
        cost: US dollars; 0 for local engines; None when the price is unknown.
    """

    embeddings: tuple[tuple[float, ...], ...]
    provider: str
    model: str
    usage: Usage
    cost: Decimal | None = None
    attempts: tuple[Attempt, ...] = ()
    provenance: Provenance | None = None
