"""`aiprov transcribe`: wishes in, report out. How the work is done is the pipeline's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from aiprov.cli import speech_options as o
from aiprov.cli.arguments import options_of
from aiprov.cli.batches import carried_out, named
from aiprov.cli.command import App, Command
from aiprov.cli.output import Output
from aiprov.cli.speaker_wishes import invited_from, speaker_options
from aiprov.cli.whisper_flags import without_foreign
from aiprov.cli.wishes import (
    HighlightWords,
    Json,
    LogFile,
    MaxLineCount,
    MaxLineWidth,
    MaxWordsPerLine,
    Quiet,
    language_code,
    made,
    remarks,
)
from aiprov.core.glossary import Glossary, Term, letters
from aiprov.core.requests import DecodingOptions
from aiprov.errors import ConfigError
from aiprov.pipelines.options import RenderOptions, TranscribeOptions, spoken_language

if TYPE_CHECKING:
    from aiprov.settings import Settings

app = App()

_TOO_MUCH = 10**12  # US dollars: whoever writes more means something else


class _Transcribe(Command):
    """Takes the flags of other Whisper tools, too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments after taking out those that mean nothing here."""
        kept, ctx.meta["notes"] = without_foreign(args, options_of(self.get_params(ctx)))
        return super().parse_args(ctx, kept)


@app.command(
    cls=_Transcribe,
    examples=[
        "aiprov transcribe meetings/*.mp3",
        "aiprov transcribe -r meetings/ -o transcripts/ -f srt,txt",
        "aiprov transcribe -r meetings/ --dry-run --max-cost 2.50",
        "aiprov transcribe --model small --language German sitzung.m4a",
        "aiprov transcribe --speakers 2:5 -r meetings/",
        "aiprov transcribe --glossary names.txt standup.wav",
        "find . -name '*.mp3' -print0 | aiprov transcribe --from-file -",
    ],
)
def transcribe(
    ctx: typer.Context,
    inputs: o.Inputs = None,
    from_file: o.FromFile = None,
    recursive: o.Recursive = False,
    dry_run: o.DryRun = False,
    fail_fast: o.FailFast = False,
    wait: o.Wait = False,
    output_dir: o.OutputDir = None,
    formats: o.Formats = "all",
    on_collision: o.OnCollision = "refuse",
    force: o.Force = False,
    provider: o.Provider = None,
    strategy: o.Strategy = None,
    privacy: o.Privacy = None,
    cloud_fallback: o.CloudFallback = None,
    max_cost: o.MaxCost = None,
    model: o.ModelName = None,
    language: o.Language = None,
    task: o.Task = "transcribe",
    initial_prompt: o.InitialPrompt = None,
    hotwords: o.Hotwords = None,
    glossary: o.Glossary = None,
    diarize: o.Diarize = False,
    speakers: o.SpeakerNumber = None,
    min_speakers: o.MinSpeakers = None,
    max_speakers: o.MaxSpeakers = None,
    speakers_from: o.SpeakersFrom = None,
    channels: o.Channels = "auto",
    channel_names: o.ChannelNames = None,
    vad_threshold: o.VadThreshold = 0.5,
    audit: o.Audit = True,
    beam_size: o.BeamSize = 5,
    best_of: o.BestOf = 5,
    patience: o.Patience = 1.0,
    length_penalty: o.LengthPenalty = 1.5,
    temperature: o.Temperature = 0.0,
    temperature_increment_on_fallback: o.TemperatureIncrement = None,
    compression_ratio_threshold: o.CompressionRatioThreshold = 2.4,
    logprob_threshold: o.LogprobThreshold = -1.0,
    no_speech_threshold: o.NoSpeechThreshold = 0.6,
    repetition_penalty: o.RepetitionPenalty = 1.0,
    no_repeat_ngram_size: o.NoRepeatNgramSize = 0,
    hallucination_silence_threshold: o.HallucinationSilenceThreshold = None,
    max_line_width: MaxLineWidth = None,
    max_line_count: MaxLineCount = None,
    max_words_per_line: MaxWordsPerLine = None,
    highlight_words: HighlightWords = False,
    device: o.Device = None,
    compute_type: o.ComputeType = None,
    workers: o.Workers = None,
    batch_size: o.BatchSize = None,
    trust_cache: o.TrustCache = False,
    local_files_only: o.LocalFilesOnly = False,
    json: Json = False,
    quiet: Quiet = False,
    log_file: LogFile = None,
) -> int:
    """Turn recordings into transcripts.

    Finished recordings are skipped, so the same command can be run again after a stop, after a failure, or with more
    recordings. A recording that cannot be read does not stop the others; the exit code then is 3.
    """
    wishes = dict(locals())
    out = Output(json=json, quiet=quiet, log_file=log_file)
    for note in ctx.meta["notes"]:
        out.note(f"note: {note}")
    return _work(named(inputs, from_file, "recordings"), wishes, out)


def _work(paths: Sequence[Path], wishes: Mapping[str, Any], out: Output) -> int:
    from aiprov.pipelines.transcribe import run

    return carried_out(paths, wishes, out, lambda settings: options_from(wishes, settings, paths, out), run)


def options_from(
    wishes: Mapping[str, Any], settings: Settings, paths: Sequence[Path], out: Output
) -> TranscribeOptions:
    """Make the pipeline's options out of the command line's, saying which of them have no effect."""
    from aiprov.pipelines.formats import chosen

    render = made(RenderOptions, wishes)
    language = None if wishes["language"] is None else language_code(wishes["language"])
    language, note = spoken_language(wishes["model"] or settings.local_whisper_model, language)
    invited = invited_from(wishes["speakers_from"])
    for remark in [*remarks(render), *([note] if note else [])]:
        out.note(f"note: {remark}")
    steps = temperatures(wishes["temperature"], wishes["temperature_increment_on_fallback"])
    formats = chosen(wishes["formats"])
    told = {**wishes, "diarize": wishes["diarize"] or "rttm" in formats}  # there, nothing but speakers is written
    changed = {
        "formats": formats,
        "language": language,
        "max_cost": dollars(wishes["max_cost"]),
        "decoding": made(DecodingOptions, {**wishes, "temperatures": steps, "glossary": ()}),
        "speakers": speaker_options(told, invited),
        "glossary": _glossary(paths, wishes["glossary"] or settings.glossary, invited),
        "render": render,
    }
    return made(TranscribeOptions, {**wishes, **changed})


def _glossary(paths: Sequence[Path], named: Path | None, invited: Sequence[str]) -> Glossary:
    """The glossary that applies, and the names of who was invited."""
    from aiprov.glossary import find_glossary, read_glossary

    found = find_glossary(paths, named)
    known = Glossary() if found is None else read_glossary(found)
    there = {letters(term.text) for term in known.terms}
    people = (Term(name, kind="person") for name in invited if letters(name) not in there)
    return Glossary((*known.terms, *people))


def dollars(text: str | None) -> Decimal | None:
    """Read an amount of US dollars, exactly as it is written.

    Raises:
        ConfigError: It is none.
    """
    if text is None:
        return None
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount < _TOO_MUCH:
        raise ConfigError("--max-cost takes an amount of US dollars", "write it like 2.50", code="usage")
    return amount


def temperatures(first: float, step: float | None) -> tuple[float, ...]:
    """Return the temperatures to try in turn: from the first up to 1 in steps, or the first alone.

    Raises:
        ConfigError: The step is not above 0.
    """
    if step is None:
        return (first,)
    if not step > 0:
        raise ConfigError(
            "--temperature-increment-on-fallback must be above 0", "give None for a single try", code="usage"
        )
    return tuple(round(first + step * at, 6) for at in range(int((1.0 - first) / step + 1e-6) + 1))
