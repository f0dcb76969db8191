"""`aiprov embed`: wishes in, report out. How the work is done is the pipeline's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from aiprov.cli import speech_options as o
from aiprov.cli.batches import settings_for
from aiprov.cli.command import App
from aiprov.cli.output import Output, money
from aiprov.cli.progress import Lines
from aiprov.cli.wishes import Json, LogFile, Quiet, made
from aiprov.errors import ConfigError
from aiprov.pipelines.options import TranscribeOptions

if TYPE_CHECKING:
    from aiprov.batch.report import FileReport, Report
    from aiprov.settings import Settings

app = App()

_FILE = "archive.sqlite3"

ArchiveFile = Annotated[
    Path | None,
    typer.Option("--archive", help="The archive's file.", show_default=f"{_FILE} in the data folder"),
]
EmbeddingModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="<name>",
        help="An embedding model's name, folder or hub repository, or PROVIDER/MODEL.",
        show_default="the archive's, else LOCAL_EMBEDDING_MODEL, or all-minilm-l6-v2",
        rich_help_panel="Providers",
    ),
]


@app.command(
    examples=[
        "aiprov embed transcripts/",
        "aiprov embed -r meetings/ --prune",
        "aiprov embed transcripts/ --model bge-small-en-v1.5 --rebuild",
        "aiprov embed --export jsonl -o exported/",
    ],
)
def embed(
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATHS", help="Transcripts and minutes (JSON), recordings, and folders of them."),
    ] = None,
    recursive: o.Recursive = False,
    archive: ArchiveFile = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Empty the archive first; needed for another model.")
    ] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Take out what was made from files that are gone.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Embed again what has not changed.")] = False,
    export: Annotated[
        Literal["jsonl", "npy", "parquet"] | None,
        typer.Option("--export", help="Write everything in the archive, with vectors, for other programs."),
    ] = None,
    output_dir: Annotated[
        Path | None, typer.Option("--output-dir", "-o", help="Where --export writes.", show_default="here")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for another run on the same archive.")] = False,
    provider: o.Provider = None,
    strategy: o.Strategy = None,
    privacy: o.Privacy = None,
    max_cost: o.MaxCost = None,
    model: EmbeddingModel = None,
    device: o.Device = None,
    local_files_only: o.LocalFilesOnly = False,
    json: Json = False,
    quiet: Quiet = False,
    log_file: LogFile = None,
) -> int:
    """Bring transcripts, minutes and recordings into the archive.

    `aiprov search` finds them there by words and by meaning. Only what changed is embedded: run it again after
    anything. Recordings are transcribed first, beside themselves. Unless told otherwise, this machine embeds, and
    nothing is sent anywhere.
    """
    wishes = dict(locals())
    out = Output(json=json, quiet=quiet, log_file=log_file)
    if not inputs and export is None:
        raise ConfigError("nothing was named", "give files or folders, or --export", code="usage")
    settings = settings_for(inputs or [], offline=local_files_only)
    file = archive_in(settings, archive)
    code = _embed(inputs, wishes, settings, file, out) if inputs else 0
    if export is not None and code in (0, 3):
        _export(file, export, output_dir or Path(), out)
    return code


def archive_in(settings: Settings, wished: Path | None) -> Path:
    """The archive's file."""
    return (settings.home / _FILE if wished is None else wished).absolute()


def routing_from(wishes: Mapping[str, Any], formats: tuple[str, ...]) -> TranscribeOptions:
    """Whom to ask, and for how much."""
    from aiprov.cli.transcribe import dollars

    names = ("strategy", "privacy", "device")
    given = {name: wishes[name] for name in names if name in wishes}
    return made(TranscribeOptions, {**given, "formats": formats, "max_cost": dollars(wishes["max_cost"])})


def _embed(paths: Sequence[Path], wishes: Mapping[str, Any], settings: Settings, archive: Path, out: Output) -> int:
    import asyncio

    from aiprov.pipelines.embed import EmbedOptions, run
    from aiprov.wiring import build

    transcribe = routing_from(wishes, ("json",))
    options = made(EmbedOptions, {**wishes, "archive": archive, "transcribe": transcribe})
    watcher = _Lines(out)
    report = asyncio.run(run(paths, options, build(settings), watcher))
    watcher.ended(report)
    if out.json:
        out.document(report.as_json())
    return report.exit_code


class _Lines(Lines):
    """Says one plain line for each file that ended, and one for all. Fit for a log or a cron mail."""

    def finished(self, file: FileReport) -> None:
        """Say how a file ended, unless it was finished already."""
        self._told.add(file.path)
        if file.error is not None:
            self.out.failed(f"{file.status} {file.path}: {file.error.message}")
        elif file.status != "skipped":
            cost = "" if not file.cost_usd else f", {money(file.cost_usd)}"
            self.out.line(f"{file.status} {file.path}{': ' if file.notes else ''}{', '.join(file.notes)}{cost}")

    def ended(self, report: Report) -> None:
        """Say what the run came to, and each hint once."""
        self.rest(report)
        counts = [(status, report.count(status)) for status in ("planned", "done", "failed", "parked")]
        said = [f"{count} {status}" for status, count in counts if count]
        skipped = report.count("skipped")
        if skipped and (said or report.ended_by is None):
            said.append(f"{skipped} already in the archive" if said else f"nothing to do: {skipped} in the archive")
        if said:
            self.out.line(", ".join(said))
        for host, number in sorted(report.sent.items()):
            self.out.line(f"text of {number} file{'' if number == 1 else 's'} left this machine, to {host}")
        self.hints(report)


def _export(archive: Path, form: Any, folder: Path, out: Output) -> None:
    from aiprov.pipelines.exporting import export

    for path in export(archive, form, folder):
        out.line(f"wrote {path}")
