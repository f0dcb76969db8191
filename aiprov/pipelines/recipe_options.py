"""What a run of a recipe can be asked for. Plain values; knows nothing of YAML."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiprov.pipelines.embed import EmbedOptions
from aiprov.pipelines.options import RenderOptions, TranscribeOptions
from aiprov.pipelines.summarize_options import SummarizeOptions


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Transcripts in more formats.

    Attributes:
        formats: Out of `formats.EVERY`, json left out.
        render: How subtitles are cut.
    """

    formats: tuple[str, ...]
    render: RenderOptions = field(default_factory=RenderOptions)


@dataclass(frozen=True, slots=True)
class RecipeOptions:
    """One run of a recipe.

    Attributes:
        name: The recipe's.
        run: How recordings are transcribed, where outputs go, and how the run goes on.
        transcribes: The recipe says so: recordings that have a transcript already get that of this run, too.
        summarize, export, embed: None where the recipe has no such step.
        transcribe_otherwise, summarize_otherwise: How that is done which could not be done as the step says.
    """

    name: str
    run: TranscribeOptions
    transcribes: bool = True
    summarize: SummarizeOptions | None = None
    export: ExportOptions | None = None
    embed: EmbedOptions | None = None
    transcribe_otherwise: TranscribeOptions | None = None
    summarize_otherwise: SummarizeOptions | None = None
