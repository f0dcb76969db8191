"""What providers answer. Times are seconds from the start of the recording; money is Decimal US dollars."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


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


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the coverage audit noticed.

    Attributes:
        code: `uncovered_speech`, `words_on_silence`, `loop`, `too_fast`, `language_flip`,
            `low_confidence`, `damaged_audio`, `no_speech`.
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
class Attempt:
    """One call to one provider, successful or not."""

    provider: str
    model: str
    outcome: str
    cost: Decimal | None = None
    error_code: str | None = None


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
