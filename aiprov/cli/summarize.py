"""`aiprov summarize`: wishes in, report out. How the work is done is the pipeline's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from aiprov.cli import speech_options as o
from aiprov.cli.batches import carried_out, named
from aiprov.cli.command import App
from aiprov.cli.output import Output
from aiprov.cli.speaker_wishes import invited_from
from aiprov.cli.transcribe import dollars
from aiprov.cli.wishes import Json, LogFile, Quiet, language_code, made
from aiprov.errors import ConfigError
from aiprov.pipelines.options import SpeakerOptions, TranscribeOptions
from aiprov.pipelines.summarize_options import SummarizeOptions

if TYPE_CHECKING:
    from aiprov.core.dates import Day
    from aiprov.core.glossary import Glossary
    from aiprov.minutes.prompts import Wish
    from aiprov.settings import Settings

app = App()

_MINUTES, _OUTPUT, _SPEAKERS = "Minutes", "Output", "Speakers"
_MOST_BYTES = 64 << 10


def _option(panel: str, text: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, **more)


Inputs = Annotated[
    list[Path] | None, typer.Argument(metavar="INPUTS", help="Transcripts (JSON), recordings, and folders of them.")
]
OutputDir = Annotated[
    Path | None,
    _option(
        _OUTPUT,
        "Where minutes go, in the tree of an input folder.",
        "--output-dir",
        "-o",
        show_default="beside each input",
    ),
]
Formats = Annotated[
    str, _option(_OUTPUT, "json, md, html: several with commas, or all.", "--format", "-f", metavar="<list>")
]
Template = Annotated[
    Path | None,
    _option(_OUTPUT, "A text with $title, $decisions and so on for the md output.", "--template", metavar="<file>"),
]
Method = Annotated[
    Literal["auto", "abstractive", "extractive"],
    _option(
        _MINUTES,
        "A chat model writes, or lines are quoted; auto quotes when the model is small or there is none.",
        "--method",
    ),
]
Style = Annotated[Literal["brief", "detailed"], _option(_MINUTES, "How much the summary tells.", "--style")]
Language = Annotated[
    str | None,
    _option(
        _MINUTES,
        "The language of the minutes, by code or English name.",
        "--language",
        metavar="<name>",
        show_default="the transcript's",
    ),
]
PromptFile = Annotated[
    Path | None,
    _option(_MINUTES, "The house's own words for the model's task.", "--prompt-file", metavar="<file>"),
]
Strict = Annotated[bool, _option(_MINUTES, "Leave out what the transcript does not carry.", "--strict")]
Date = Annotated[
    str | None,
    _option(
        _MINUTES,
        "The day of the meeting, for dates such as next Friday.",
        "--date",
        metavar="<2026-03-19>",
        show_default="as it is said there",
    ),
]
Attendees = Annotated[
    Path | None,
    _option(_SPEAKERS, "Who was there: their names may own tasks.", "--speakers-from", metavar="<csv|ics>"),
]
ModelName = Annotated[
    str | None,
    _option(
        _MINUTES,
        "The chat model's name, path or hub repository, or PROVIDER/MODEL.",
        "--model",
        metavar="<name>",
        show_default="LOCAL_LLM_MODEL, or the provider's own",
    ),
]


@app.command(
    examples=[
        "aiprov summarize transcripts/*.json",
        "aiprov summarize -r meetings/ -o minutes/ -f md,html",
        "aiprov summarize --model llama-3.1-8b --style brief board.mp3",
        "aiprov summarize -r transcripts/ --provider openai --max-cost 1.50 --dry-run",
    ],
)
def summarize(
    inputs: Inputs = None,
    from_file: o.FromFile = None,
    recursive: o.Recursive = False,
    dry_run: o.DryRun = False,
    fail_fast: o.FailFast = False,
    wait: o.Wait = False,
    output_dir: OutputDir = None,
    formats: Formats = "all",
    template: Template = None,
    on_collision: o.OnCollision = "refuse",
    force: o.Force = False,
    method: Method = "auto",
    style: Style = "detailed",
    language: Language = None,
    prompt_file: PromptFile = None,
    strict: Strict = False,
    date: Date = None,
    model: ModelName = None,
    provider: o.Provider = None,
    strategy: o.Strategy = None,
    privacy: o.Privacy = None,
    cloud_fallback: o.CloudFallback = None,
    max_cost: o.MaxCost = None,
    glossary: o.Glossary = None,
    diarize: o.Diarize = False,
    speakers_from: Attendees = None,
    device: o.Device = None,
    trust_cache: o.TrustCache = False,
    local_files_only: o.LocalFilesOnly = False,
    json: Json = False,
    quiet: Quiet = False,
    log_file: LogFile = None,
) -> int:
    """Turn transcripts and recordings into minutes.

    Title, summary, topics, decisions, action items and open questions; each line names the moment that carries it, and
    what nothing carries is listed apart. A recording without a transcript is transcribed first. Finished minutes are
    skipped, so the same command can be run again after a stop or a failure.
    """
    wishes = dict(locals())
    out = Output(json=json, quiet=quiet, log_file=log_file)
    return _work(named(inputs, from_file, "meetings"), wishes, out)


def _work(paths: Sequence[Path], wishes: Mapping[str, Any], out: Output) -> int:
    from aiprov.pipelines.summarize import run

    return carried_out(paths, wishes, out, lambda settings: options_from(wishes, settings, paths), run)


def options_from(wishes: Mapping[str, Any], settings: Settings, paths: Sequence[Path]) -> SummarizeOptions:
    """Make the pipeline's options out of the command line's."""
    from aiprov.pipelines.minutes_formats import checked_template, chosen

    template = wishes["template"]
    speech = {
        "formats": ("json",),
        "max_cost": dollars(wishes["max_cost"]),
        "glossary": _glossary(paths, wishes["glossary"] or settings.glossary),
        "speakers": SpeakerOptions(diarize=wishes["diarize"]),
        "provider": None,
        "model": None,
        "language": None,
    }
    changed = {
        "formats": chosen(wishes["formats"]),
        "run": made(TranscribeOptions, {**wishes, **speech}),
        "wish": _wish(wishes),
        "language": None if wishes["language"] is None else language_code(wishes["language"]),
        "attendees": invited_from(wishes["speakers_from"]),
        "today": _day(wishes["date"]),
        "template": None if template is None else checked_template(_text(template, "--template"), str(template)),
    }
    return made(SummarizeOptions, {**wishes, **changed})


def _glossary(paths: Sequence[Path], named: Path | None) -> Glossary:
    from aiprov.core.glossary import Glossary
    from aiprov.glossary import find_glossary, read_glossary

    found = find_glossary(paths, named)
    return Glossary() if found is None else read_glossary(found)


def _wish(wishes: Mapping[str, Any]) -> Wish:
    from aiprov.minutes.prompts import TASK, Wish

    named = wishes["prompt_file"]
    return Wish(wishes["style"], TASK if named is None else _text(named, "--prompt-file").strip() or TASK)


def _day(text: str | None) -> Day | None:
    from datetime import date

    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--date takes a day, not {text!r}", "write it like 2026-03-19", code="usage") from None
    return day.year, day.month, day.day


def _text(path: Path, option: str) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"{path} is too large for {option}", "give a short text", code="usage")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text", f"check {option}", code="usage") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", f"check {option}", code="usage") from None
