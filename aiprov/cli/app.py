"""`aiprov`: the overview of all commands. A command's module is imported only when it is called."""

from __future__ import annotations

from typing import Annotated

import typer

from aiprov.cli.command import App, Noun, Root

_WORK, _LOOK, _SETUP = "Work", "Look", "Set up"


class Overview(Root):
    """Every command of aiprov. To add one: a module with an `App` named `app`, and a line here."""

    nouns = {  # noqa: RUF012
        "run": Noun("aiprov.cli.run", "Take meetings through the steps of a recipe.", _WORK),
        "transcribe": Noun("aiprov.cli.transcribe", "Turn recordings into transcripts.", _WORK),
        "summarize": Noun("aiprov.cli.summarize", "Turn transcripts and recordings into minutes.", _WORK),
        "export": Noun("aiprov.cli.export", "Render finished transcripts in other formats.", _WORK),
        "speakers": Noun("aiprov.cli.speakers", "Give speakers names, and remember voices.", _WORK),
        "glossary": Noun("aiprov.cli.glossary", "Propose terms for a glossary, and check one.", _WORK),
        "embed": Noun("aiprov.cli.embed", "Bring transcripts, minutes and recordings into the archive.", _WORK),
        "search": Noun("aiprov.cli.search", "Find what was said, in all meetings of the archive.", _WORK),
        "recipes": Noun("aiprov.cli.recipes", "List, show and check recipes.", _LOOK),
        "serve": Noun("aiprov.cli.serve", "Serve the dashboard, the administration and OpenAI's endpoints.", _WORK),
        "eval": Noun("aiprov.cli.eval", "Measure transcripts against references.", _LOOK),
        "costs": Noun("aiprov.cli.costs", "Show what was spent, and what local work saved.", _LOOK),
        "providers": Noun("aiprov.cli.providers", "See who can do the work, for how much, and choose.", _LOOK),
        "doctor": Noun("aiprov.cli.doctor", "Check that everything needed is here and works.", _SETUP),
        "keys": Noun("aiprov.cli.keys", "Store, list and remove the keys of providers.", _SETUP),
        "models": Noun("aiprov.cli.models", "List, fetch, verify and remove models.", _SETUP),
    }


app = App(
    help="Turn folders of recordings into transcripts, minutes and an archive that can be searched.",
    cls=Overview,
    add_completion=True,
    examples=[
        "aiprov run minutes meetings/",
        "aiprov transcribe -r meetings/ -o transcripts/ -f srt,txt",
        "aiprov summarize transcripts/",
        "aiprov doctor",
    ],
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from aiprov.cli.output import Output
        from aiprov.version import __version__

        Output().line(f"aiprov {__version__}")
        raise typer.Exit


@app.callback()
def _overview(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Show the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass
