"""`aiprov run`: a recipe and wishes in, report out. How the work is done is the pipeline's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from aiprov.cli import speech_options as o
from aiprov.cli.batches import carried_out, named
from aiprov.cli.command import App
from aiprov.cli.embed import ArchiveFile
from aiprov.cli.output import Output
from aiprov.cli.wishes import Json, LogFile, Quiet

if TYPE_CHECKING:
    from aiprov.pipelines.recipe_options import RecipeOptions
    from aiprov.settings import Settings

app = App()

_OUTPUT = "Output"

RecipeName = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A recipe's name (`aiprov recipes list`), or a file of yours.")
]
Inputs = Annotated[
    list[Path] | None, typer.Argument(metavar="PATHS", help="Recordings, transcripts (JSON), and folders of them.")
]
OutputDir = Annotated[
    Path | None,
    typer.Option(
        "--output-dir",
        "-o",
        help="Where all outputs go, in the tree of an input folder.",
        show_default="beside each input",
        rich_help_panel=_OUTPUT,
    ),
]
OnCollision = Annotated[
    Literal["refuse", "suffix"] | None,
    typer.Option(
        "--on-collision",
        help="When two inputs would share an output name.",
        show_default="the recipe's, or refuse",
        rich_help_panel=_OUTPUT,
    ),
]


@app.command(
    examples=[
        "aiprov run minutes meetings/",
        "aiprov run hybrid -r meetings/ -o minutes/ --max-cost 2.50 --dry-run",
        "aiprov run house.yaml board.mp3",
    ],
)
def run(
    recipe: RecipeName,
    inputs: Inputs = None,
    from_file: o.FromFile = None,
    recursive: o.Recursive = False,
    dry_run: o.DryRun = False,
    fail_fast: o.FailFast = False,
    wait: o.Wait = False,
    output_dir: OutputDir = None,
    archive: ArchiveFile = None,
    on_collision: OnCollision = None,
    force: o.Force = False,
    privacy: o.Privacy = None,
    max_cost: o.MaxCost = None,
    trust_cache: o.TrustCache = False,
    local_files_only: o.LocalFilesOnly = False,
    json: Json = False,
    quiet: Quiet = False,
    log_file: LogFile = None,
) -> int:
    """Take meetings through the steps of a recipe.

    While one recording is summarized, the next is transcribed. Finished work is skipped, so the same command can be run
    again after a stop or a failure, or with more recordings. What fails is named; the others go on.
    """
    wishes = dict(locals())
    out = Output(json=json, quiet=quiet, log_file=log_file)
    return _work(named(inputs, from_file, "meetings"), wishes, out)


def _work(paths: Sequence[Path], wishes: Mapping[str, Any], out: Output) -> int:
    from aiprov.cli.recipe_options import options_from
    from aiprov.pipelines.recipe_run import run
    from aiprov.recipes import find, read

    recipe = read(find(wishes["recipe"]))

    def options_of(settings: Settings) -> RecipeOptions:
        return options_from(recipe, wishes, settings, paths, out)

    return carried_out(paths, wishes, out, options_of, run)
