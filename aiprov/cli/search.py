"""`aiprov search`: a query in, hits out, as people read them or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiprov.cli import speech_options as o
from aiprov.cli.command import App
from aiprov.cli.embed import ArchiveFile, archive_in, routing_from
from aiprov.cli.output import Output, hours, plain
from aiprov.cli.wishes import Json, Quiet
from aiprov.errors import ConfigError

if TYPE_CHECKING:
    from datetime import date

    from aiprov.core.search import Hit
    from aiprov.pipelines.answer import Answer
    from aiprov.pipelines.search import Result

app = App()

_FILTERS = "Filters"


@app.command(
    examples=[
        'aiprov search "what will the trial cost"',
        'aiprov search "release date" --speaker David --since 2026-03-01',
        'aiprov search "who gets the alarm" --meeting incident --limit 3 --json',
        'aiprov search "why did we choose the short page" --answer',
    ],
)
def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words, or a question.")],
    speaker: Annotated[
        str | None,
        typer.Option("--speaker", help="Only what this person says; a first name will do.", rich_help_panel=_FILTERS),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="<when>", help="A date, or how long ago: 7d, 2w.", rich_help_panel=_FILTERS),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="<when>", help="The last day; written like --since.", rich_help_panel=_FILTERS),
    ] = None,
    meeting: Annotated[
        str | None, typer.Option("--meeting", help="A part of the meeting's name.", rich_help_panel=_FILTERS)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="The most hits.", rich_help_panel=_FILTERS)] = 10,
    answer: Annotated[bool, typer.Option("--answer", help="Answer in sentences, each with what it rests on.")] = False,
    words_only: Annotated[
        bool, typer.Option("--words-only", help="Look for the words alone; no model is needed.")
    ] = False,
    archive: ArchiveFile = None,
    strategy: o.Strategy = None,
    privacy: o.Privacy = None,
    max_cost: o.MaxCost = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Find what was said, in all meetings of the archive.

    By words, in whatever form, and by meaning. A meeting's day is the one in its file's name, else when its recording
    was last written to. The exit code is 0 also when nothing is found.
    """
    out = Output(json=json, quiet=quiet)
    found = _found(query, dict(locals()))
    if json:
        out.document(_document(found))
    elif not found.hits:
        out.note("nothing was found")
    else:
        if found.answer is not None:
            _tell_answer(found.answer, out)
        for at, hit in enumerate(found.hits, 1):
            _tell(at, hit, query, out)
    return 0


def _found(query: str, wishes: Mapping[str, Any]) -> Result:
    import asyncio
    from datetime import date

    from aiprov import settings
    from aiprov.archive import Filters
    from aiprov.pipelines.search import SearchOptions, run
    from aiprov.wiring import build

    loaded = settings.load(settings.find_env_file())
    since, until = (day(wishes[name], date.today()) for name in ("since", "until"))
    options = SearchOptions(
        archive_in(loaded, wishes["archive"]),
        Filters(wishes["speaker"], since, until, wishes["meeting"]),
        wishes["limit"],
        wishes["words_only"],
        wishes["answer"],
        routing_from(wishes, ()),
    )
    return asyncio.run(run(query, options, build(loaded)))


def day(text: str | None, today: date) -> str | None:
    """Read a date, or a time ago such as `7d`, as a day.

    Raises:
        ConfigError: It is neither.
    """
    import re
    from datetime import date, timedelta

    if text is None:
        return None
    try:
        if ago := re.fullmatch(r"(\d{1,5})([dw])", text):
            return (today - timedelta(days=int(ago[1]) * (7 if ago[2] == "w" else 1))).isoformat()
        return date.fromisoformat(text).isoformat()
    except (ValueError, OverflowError):
        raise ConfigError(f"{text!r} is no day", "give a date such as 2026-11-01, or 7d, 2w", code="usage") from None


def _tell(at: int, hit: Hit, query: str, out: Output) -> None:
    who = f"{hit.speaker}: " if hit.speaker else ""
    out.line(f"{at}. {hit.meeting}  {hours(hit.start)}  ({hit.path})")
    if not out.quiet and out.results_on_terminal:
        out.results().print(_marked(f"   {who}", hit.text, query), soft_wrap=True)
    else:
        out.line(f"   {who}{hit.text}")


def _marked(before: str, text: str, query: str) -> Any:
    """The text with the query's words in bold; what could steer a terminal is an escape."""
    from rich.text import Text

    from aiprov.core.search import marks

    shown = Text(plain(before))
    place = 0
    for start, end in marks(text, query):
        shown.append(plain(text[place:start]))
        shown.append(plain(text[start:end]), "bold")
        place = end
    return shown.append(plain(text[place:]))


def _tell_answer(answer: Answer, out: Output) -> None:
    for sentence in answer.sentences:
        cited = "".join(f"[{each}]" for each in sentence.citations)
        doubt = "" if sentence.supported else "  (not supported by what was found)"
        out.line(f"{sentence.text} {cited}{doubt}")
    if answer.method == "extractive":
        out.note("these are people's own words: no chat model of a billion parameters or more answered from them")


def _document(found: Result) -> dict[str, Any]:
    document: dict[str, Any] = {"results": _results(found.hits)}
    if found.answer is not None:
        names = ("text", "citations", "support", "supported")
        sentences = [{name: getattr(each, name) for name in names} for each in found.answer.sentences]
        origin = {name: getattr(found.answer, name) for name in ("method", "provider", "model")}
        document["answer"] = {"sentences": sentences, **origin}
    return document


def _results(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    names = ("meeting", "path", "start", "end", "speaker", "text", "score")
    return [{name: getattr(hit, name) for name in names} for hit in hits]
