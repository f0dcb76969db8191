"""`aiprov eval`: how near transcripts come to references, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aiprov.cli.command import App
from aiprov.cli.output import Output
from aiprov.cli.wishes import Json, LogFile, Quiet, language_code

if TYPE_CHECKING:
    from aiprov.cli.eval_figures import Speeds
    from aiprov.pipelines.evaluate import EvalOptions, Evaluated

app = App()


@app.command(
    examples=[
        "aiprov eval transcripts/ --reference references/",
        "aiprov eval sync.json --reference sync.stm --collar 0",
        "aiprov eval transcripts/ --reference references/ --rare-words names.txt --json",
    ],
)
def evaluate(
    transcripts: Annotated[
        list[Path],
        typer.Argument(metavar="PATHS", help="Transcripts (.json, .rttm, .txt, .stm), or folders of .json and .rttm."),
    ],
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            help="A folder of references, or the reference of one transcript.",
            show_default="beside each transcript",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language", metavar="<name>", help="Whose normaliser to use.", show_default="what the files say"
        ),
    ] = None,
    collar: Annotated[
        float,
        typer.Option("--collar", min=0, help="Seconds on each side of a turn's start and end that DER leaves out."),
    ] = 0.25,
    skip_overlap: Annotated[
        bool, typer.Option("--skip-overlap", help="Leave out of DER where several speak at once.")
    ] = False,
    rare_words: Annotated[
        Path | None,
        typer.Option(
            "--rare-words", help="A file of terms, one per line (or a glossary.txt), whose recall is counted."
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    log_file: LogFile = None,
) -> int:
    """Measure transcripts against references.

    A reference has the transcript's name and is text (.txt), text with speakers and times (.stm, .truth.json, a
    transcript's .json) or who speaks when (.rttm). Beside the transcripts, .txt, .json and .rttm are called .ref.txt,
    .ref.json and .ref.rttm, since aiprov writes the others. A transcript without a reference is named and skipped; the
    exit code is 3 when one cannot be read or compared, and 2 when none has a reference.
    """
    from aiprov.cli.eval_figures import document
    from aiprov.pipelines.evaluate import EvalOptions, run, terms_in

    out = Output(json=json, quiet=quiet, log_file=log_file)
    options = EvalOptions(
        reference=reference,
        language=language_code(language) if language else None,
        collar_s=collar,
        skip_overlap=skip_overlap,
        rare_words=terms_in(rare_words) if rare_words else (),
    )
    done = run(transcripts, options)
    speeds = _speeds({each.model for each in done if each.model})
    _tell(done, options, speeds, out)
    if json:
        out.document(document(done, options, speeds))
    return 3 if any(each.error for each in done) else 0


def _speeds(models: Iterable[tuple[str, str]]) -> Speeds:
    """How fast the models last worked on this machine, where its ledger knows."""
    from aiprov import settings
    from aiprov.state import State

    path = settings.load(settings.find_env_file()).state_file
    if not path.exists():
        return {}
    with State(path) as state:
        return {each: speed for each in sorted(models) if (speed := state.speed(*each)) is not None}


def _tell(done: Sequence[Evaluated], options: EvalOptions, speeds: Speeds, out: Output) -> None:
    from aiprov.cli.eval_figures import remarks, table

    columns, rows = table(done)
    if rows:
        out.table(columns, rows, right=columns[1:])
    for each in done:
        if each.status == "skipped":
            out.line(f"skipped {each.path}: it has no reference")
        if each.error is not None:
            out.error(each.error)
    for remark in remarks(done, options, speeds):
        out.note(remark)
