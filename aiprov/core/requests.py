"""What can be asked of a provider. Knows nothing of who answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class ProviderType(StrEnum):
    """The families of providers."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    LOCAL = "local"


class ModelCapability(StrEnum):
    """What a model can do."""

    CHAT = "chat"
    TRANSCRIPTION = "transcription"
    EMBEDDING = "embedding"
    VISION = "vision"


@dataclass(frozen=True, slots=True)
class DecodingOptions:
    """How speech is decoded, under the names and defaults that Whisper users know.

    Attributes:
        task: `transcribe`, or `translate` into English.
        initial_prompt: Text that the model takes as said before; steers spelling and style.
        hotwords: Words and names to listen for.
        glossary: Terms that may be said, as they shall be written; engines on this machine listen again where
            something sounds like one.
        beam_size: Hypotheses kept while decoding at temperature 0.
        best_of: Samples drawn at temperatures above 0.
        patience: Beam search patience factor.
        length_penalty: Exponent of the length normalisation. Above 1, where other tools have it, a hypothesis that
            ends early wins less often: fewer words are lost.
        temperatures: Tried in turn until a decoding passes the thresholds. Those above 0 draw samples, so the
            same recording may then read differently in another run; the default never draws.
        compression_ratio_threshold: Text that compresses better than this is a loop; None switches it off.
        logprob_threshold: A mean log probability below this is a failed decoding; None switches it off.
        no_speech_threshold: A no-speech probability above this, with a failed decoding, means silence.
        repetition_penalty: Above 1, makes repetition less likely.
        no_repeat_ngram_size: Token n-grams of this size never repeat; 0 switches it off.
        hallucination_silence_threshold: Words alone in a silence longer than this (seconds) are dropped when
            they look made up; None keeps the audit's own judgement.
        vad_threshold: Speech probability above which a 32 ms window counts as speech.
        audit: Decode suspect spans again and keep the better text. Off, suspects are only reported.
    """

    task: str = "transcribe"
    initial_prompt: str | None = None
    hotwords: str | None = None
    glossary: tuple[str, ...] = ()
    beam_size: int = 5
    best_of: int = 5
    patience: float = 1.0
    length_penalty: float = 1.5
    temperatures: tuple[float, ...] = (0.0,)
    compression_ratio_threshold: float | None = 2.4
    logprob_threshold: float | None = -1.0
    no_speech_threshold: float | None = 0.6
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    hallucination_silence_threshold: float | None = None
    vad_threshold: float = 0.5
    audit: bool = True


@dataclass(frozen=True, slots=True)
class Clip:
    """Encoded audio in memory: a part of a recording that is too large to be sent whole.

    Attributes:
        data: A whole file's bytes.
        suffix: What kind of file, with its dot: `.ogg`.
        start_s, end_s: The part's place in the recording, in seconds.
    """

    data: bytes
    suffix: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class TranscriptionRequest:
    """One recording to be transcribed.

    Attributes:
        audio_path: The recording.
        language: ISO 639-1 code, or None to detect it.
        enable_timestamps: Whether segment and word times are needed.
        model: A model's name, `provider/model`, or None for the provider's default.
        options: Decoding details; providers that cannot honour one leave it out of their capabilities.
        clip: What is sent instead of the file; None sends the file. The manager's business.
        channel: The channel alone that shall be heard, from 0; None mixes all.
    """

    audio_path: Path
    language: str | None = None
    enable_timestamps: bool = True
    model: str | None = None
    options: DecodingOptions = field(default_factory=DecodingOptions)
    clip: Clip | None = None
    channel: int | None = None

    def __post_init__(self) -> None:
        # People give text for paths; the class is frozen.
        object.__setattr__(self, "audio_path", Path(self.audio_path))


@dataclass(frozen=True, slots=True)
class Image:
    """A picture in a message.

    Attributes:
        data: The file's bytes.
        media_type: `image/png`, `image/jpeg`, `image/webp` or `image/gif`.
    """

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a conversation.

    Attributes:
        role: `system`, `user` or `assistant`.
        content: Its text.
        images: Pictures that go with it; only models that see take them.
    """

    role: str
    content: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A conversation to be continued.

    Attributes:
        messages: In order; the last one is answered.
        temperature: 0 is the likeliest answer; None leaves it to the model. Models that take none are given none.
        max_tokens: The longest answer in tokens; None leaves it to the model.
        model: A model's name, `provider/model`, or None for the provider's default.
        response_schema: A JSON Schema; the answer is one JSON document that it accepts.
    """

    messages: Sequence[ChatMessage]
    temperature: float | None = None
    max_tokens: int | None = None
    model: str | None = None
    response_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Texts to be turned into vectors.

    Attributes:
        input: One text or several.
        model: A model's name, `provider/model`, or None for the provider's default.
    """

    input: str | Sequence[str]
    model: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.input, str):  # it may be something that can be read only once
            object.__setattr__(self, "input", tuple(self.input))

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts, also when there is one."""
        return (self.input,) if isinstance(self.input, str) else tuple(self.input)
