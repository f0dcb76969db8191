"""What a run of `summarize` can be asked for. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from aiprov.core.dates import Day
from aiprov.minutes.prompts import Wish
from aiprov.pipelines.options import TranscribeOptions

Method = Literal["auto", "abstractive", "extractive"]


@dataclass(frozen=True, slots=True)
class SummarizeOptions:
    """One run of `summarize`.

    Attributes:
        formats: Outputs for each meeting, out of `minutes_formats.FORMATS`.
        run: Where outputs go and how the run goes on, who may be asked and for how much; and how recordings are
            transcribed. Its `provider`, `model` and `language` are those of the transcription.
        method: `extractive` quotes, `abstractive` lets a chat model write, `auto` decides by the model.
        wish: How minutes shall read.
        language: ISO 639-1 code of the minutes; None for the transcript's.
        provider: Only this provider writes; None lets the strategy choose.
        model: The chat model's name, path or hub repository, or `provider/model`; None for the configured one.
        strict: Leave out what the transcript does not carry.
        attendees: Who was there.
        today: The day of the meeting, where somebody says so.
        template: The md output's text with `$title`, `$decisions` and so on; None for the usual one.
    """

    formats: tuple[str, ...]
    run: TranscribeOptions
    method: Method = "auto"
    wish: Wish = field(default_factory=Wish)
    language: str | None = None
    provider: str | None = None
    model: str | None = None
    strict: bool = False
    attendees: tuple[str, ...] = ()
    today: Day | None = None
    template: str | None = None
