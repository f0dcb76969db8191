"""What a run can be asked for. Plain values; knows nothing of how it is done or where the wishes came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

from aiprov.core.glossary import Glossary
from aiprov.core.requests import DecodingOptions
from aiprov.core.speakers import SpeakerWish


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How subtitles are cut, with openai/whisper's meaning of each.

    Attributes:
        max_line_width: Characters in a line of a cue before it is broken.
        max_line_count: Lines in a cue before a new one begins; needs `max_line_width`.
        max_words_per_line: Words in a cue; without effect when both limits above are given.
        highlight_words: Underline each word while it is spoken (srt and vtt).
    """

    max_line_width: int | None = None
    max_line_count: int | None = None
    max_words_per_line: int | None = None
    highlight_words: bool = False

    @property
    def needs_words(self) -> bool:
        """Whether these options can only be met with word times."""
        return bool(self.max_line_width or self.max_line_count or self.max_words_per_line or self.highlight_words)


@dataclass(frozen=True, slots=True)
class SpeakerOptions:
    """How speakers are told apart.

    Attributes:
        channels: `split` transcribes each channel by itself and takes it for a speaker, `mix` never does, and `auto`
            does when the channels carry different voices and a local model transcribes.
        channel_names: Who speaks in which channel, from the first on.
        diarize: Tell voices apart by their sound.
        wish: What is known of the number of speakers.
    """

    channels: Literal["auto", "mix", "split"] = "auto"
    channel_names: tuple[str, ...] = ()
    diarize: bool = False
    wish: SpeakerWish = field(default_factory=SpeakerWish)


@dataclass(frozen=True, slots=True)
class TranscribeOptions:
    """One run of `transcribe`.

    Attributes:
        formats: Outputs for each recording, out of `formats.FORMATS`.
        output_dir: Where outputs go, keeping the tree below an input folder; None puts them beside each recording.
        recursive: Look into the folders below an input folder.
        on_collision: What to do with two recordings that would share an output name.
        force: Do finished work again and overwrite edited outputs.
        dry_run: Only say what would be done.
        fail_fast: End at the first recording that fails.
        wait: Wait for another run that holds the output folder.
        provider: Only this provider; None lets the strategy choose.
        privacy, cloud_fallback, strategy, max_cost: In place of the settings' for this run; None leaves those.
        model: A model's name, path or hub repository, or `provider/model`; None for the configured one.
        language: ISO 639-1 code; None to detect it in each recording.
        device: None for the configured one.
        compute_type: CTranslate2's name of the number format; None to choose by device.
        workers: Recordings decoded at the same time; None to choose by machine and number of recordings.
        batch_size: Chunks of speech decoded together; None to choose by machine.
        trust_cache: Trust an earlier check of a model's files while they look unchanged.
        decoding: How speech is decoded.
        speakers: How speakers are told apart.
        glossary: Names and terms to listen for and to spell right; a longer one corrects finished work, too.
        render: How subtitles are cut.
    """

    formats: tuple[str, ...]
    output_dir: Path | None = None
    recursive: bool = False
    on_collision: Literal["refuse", "suffix"] = "refuse"
    force: bool = False
    dry_run: bool = False
    fail_fast: bool = False
    wait: bool = False
    provider: str | None = None
    privacy: Literal["any", "local"] | None = None
    cloud_fallback: Literal["allow", "never"] | None = None
    strategy: Literal["fallback", "priority", "cost_optimized"] | None = None
    max_cost: Decimal | None = None
    model: str | None = None
    language: str | None = None
    device: Literal["auto", "cpu", "cuda"] | None = None
    compute_type: str | None = None
    workers: int | None = None
    batch_size: int | None = None
    trust_cache: bool = False
    decoding: DecodingOptions = field(default_factory=DecodingOptions)
    speakers: SpeakerOptions = field(default_factory=SpeakerOptions)
    glossary: Glossary = field(default_factory=Glossary)
    render: RenderOptions = field(default_factory=RenderOptions)


def spoken_language(model: str, language: str | None) -> tuple[str | None, str | None]:
    """Return the language to decode and a note when the model overrules the wish: `.en` models know only English."""
    if not model.endswith(".en") or language == "en":
        return language, None
    note = None if language is None else f"{model} knows only English, so the language {language!r} is ignored"
    return "en", note
