"""`aiprov glossary`: check a glossary, and have terms proposed for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiprov.cli.command import App
from aiprov.cli.output import Output
from aiprov.cli.wishes import Json, LogFile, Quiet
from aiprov.errors import InputError

if TYPE_CHECKING:
    from aiprov.core.suggestions import Suggestion

app = App(
    help="Propose terms for a glossary, and check one.",
    examples=["aiprov glossary suggest transcripts/ > glossary.txt", "aiprov glossary check glossary.txt"],
)


@app.command(
    examples=[
        "aiprov glossary suggest transcripts/*.json",
        "aiprov glossary suggest transcripts/ > glossary.txt",
    ]
)
def suggest(
    transcripts: Annotated[
        list[Path], typer.Argument(metavar="FILES", help="Transcripts (JSON), and folders of them.")
    ],
    json: Json = False,
    quiet: Quiet = False,
    log_file: LogFile = None,
) -> int:
    """Propose terms that finished transcripts spell unsurely.

    Names, acronyms and words that were heard unsurely or spelled in different ways. What is printed is a glossary.txt:
    correct the spellings, and delete what is none of yours. A file that cannot be read does not stop the others; the
    exit code then is 3.
    """
    from aiprov.core.suggestions import suggest as suggestions
    from aiprov.pipelines.opening import opened

    out = Output(json=json, quiet=quiet, log_file=log_file)
    documents: list[dict[str, Any]] = []
    failed = False
    for path in _files(transcripts):
        try:
            documents.append(opened(path))
        except InputError as error:
            failed = True
            out.error(error)
    found = suggestions(documents)
    if json:
        out.document({"schema": 1, "files": len(documents), "suggestions": [_shape(each) for each in found]})
    elif found:
        out.data("\n".join(_lines(found)))
    if not found:
        out.note("nothing to propose: no name was heard unsurely")
    return 3 if failed else 0


@app.command(examples=["aiprov glossary check", "aiprov glossary check team/glossary.yaml --json"])
def check(
    glossary: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="The glossary.", show_default="the one that applies here"),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    log_file: LogFile = None,
) -> int:
    """Read a glossary and say what is in it."""
    from aiprov.errors import ConfigError
    from aiprov.glossary import find_glossary, read_glossary

    out = Output(json=json, quiet=quiet, log_file=log_file)
    path = find_glossary((), glossary)
    if path is None:
        raise ConfigError("there is no glossary here", "name a file, or write a glossary.txt", code="glossary")
    terms = read_glossary(path).terms
    out.table(("TERM", "KIND", "ALIASES"), [(term.text, term.kind or "", ", ".join(term.aliases)) for term in terms])
    if json:
        out.document({"schema": 1, "path": str(path), "terms": [asdict(term) for term in terms]})
    return 0


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*.json") if not each.name.endswith(".minutes.json"))
        else:
            yield path


def _lines(found: Sequence[Suggestion]) -> Iterator[str]:
    yield "# Proposed by aiprov. Correct the spellings, and delete what is none of yours."
    for each in found:
        # A comma or a colon would part the term.
        aliases = ", ".join(alias for alias in each.aliases if not set(alias) & set(",:=#"))
        times = "once" if each.count == 1 else f"{each.count} times"
        yield f"{each.term}{f': {aliases}' if aliases else ''}  # {each.why}, {times}: {each.example}"


def _shape(each: Suggestion) -> dict[str, Any]:
    return {**asdict(each), "aliases": list(each.aliases)}
