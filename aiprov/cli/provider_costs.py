"""`aiprov providers compare-cost`: what work would cost everywhere. Needs no key, asks nobody, knows no price."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiprov.cli.output import Output, money
from aiprov.cli.provider_prices import (
    Grid,
    cheapest_row,
    grid,
    grid_document,
    price_rows,
    short,
    show_grid,
    show_prices,
    total_of,
)
from aiprov.cli.provider_sizes import TEXT_TOKENS, Asked, checked, embedded, lengths, listened, meeting_works, sized
from aiprov.cli.wishes import Json

if TYPE_CHECKING:
    from aiprov.manager import Roster
    from aiprov.manager.comparing import Work

EXAMPLES = [
    "aiprov providers compare-cost",
    "aiprov providers compare-cost --minutes 60",
    "aiprov providers compare-cost --tokens 12000 1000 --json",
    "aiprov providers compare-cost --inputs 1000",
    "aiprov providers compare-cost --meeting --minutes 45",
    "aiprov providers compare-cost meetings/*.mp3",
]

_MEETING_MINUTES, _MEETINGS = 60.0, 100
_MEETINGS_TITLE = f"{_MEETINGS} meetings of 1 h"


def compare_cost(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILES", help="Recordings, by their length.")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0, help="Minutes of audio.")] = None,
    tokens: Annotated[
        tuple[int, int] | None,
        typer.Option("--tokens", metavar="<in> <out>", help="Tokens read and written by a chat."),
    ] = None,
    inputs: Annotated[
        int | None, typer.Option("--inputs", min=1, help=f"Texts of about {TEXT_TOKENS} tokens to be embedded.")
    ] = None,
    meeting: Annotated[
        bool, typer.Option("--meeting", help="A whole meeting: transcript, summary and embeddings; takes --minutes.")
    ] = False,
    json: Json = False,
) -> int:
    """Compare what work costs at every provider and model.

    No key is needed and nobody is asked: prices come from aiprov.yaml and from the price list that is installed.
    Servers that are not set up are among the rows. A price that nobody knows is `unknown`, and never 0. Without
    options, usual pieces of work are compared for every provider.
    """
    from aiprov.settings import find_env_file, load
    from aiprov.wiring import build

    out = Output(json=json)
    asked = checked(Asked(tuple(files or ()), minutes, tokens, inputs, meeting))
    roster = build(load(find_env_file(files or ()))).roster
    if asked.meeting:
        return _meeting(roster, asked.minutes or _MEETING_MINUTES, out)
    found, failed = lengths(asked.files, out) if asked.files else ((), 0)
    wanted = sized(asked, found)
    if wanted is None:
        return _overview(roster, out)
    _show_one(roster, *wanted, out)
    return 3 if failed else 0


def _today() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).date().isoformat()


def _show_one(roster: Roster, said: str, work: Work, out: Output) -> None:
    from aiprov.manager.comparing import estimate

    found = estimate(roster, work, _today())
    if out.json:
        out.document(found)
        return
    out.line(said)
    show_prices(list(price_rows(found)), out)


def _meeting(roster: Roster, minutes: float, out: Output) -> int:
    works = meeting_works(minutes)
    found = _estimates(roster, works)
    if out.json:
        out.document(_together(found) | {"minutes": minutes})
        return 0
    chat, texts = works["summarize"], works["embed"]
    out.line(
        f"a meeting of {minutes:g} min: its audio; a transcript of about {chat.input_tokens} tokens and a summary of "
        f"{chat.output_tokens}; {texts.times} texts of {texts.input_tokens} tokens to be embedded"
    )
    show_prices([(title, *row) for title, each in found.items() for row in price_rows(each)], out, titled=True)
    out.line(_cheapest_line(found))
    return 0


def _estimates(roster: Roster, works: Mapping[str, Work]) -> dict[str, dict[str, Any]]:
    from aiprov.manager.comparing import estimate

    today = _today()
    return {title: estimate(roster, work, today) for title, work in works.items()}


def _together(found: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Several comparisons in the shape of one: rows say for which work they are, the cheapest is a combination."""
    rows = [{**row, "work": title} for title, each in found.items() for row in each["providers"]]
    cheapest = [each["cheapest"] for each in found.values()]
    total = _total(found)
    return {
        "providers": rows,
        "cheapest": None if None in cheapest else " + ".join(cheapest),
        "total_cost": None if total is None else float(total),
    }


def _total(found: Mapping[str, dict[str, Any]]) -> Decimal | None:
    """What it costs with the cheapest for each piece of work; None where there is none."""
    totals = [None if (row := cheapest_row(each)) is None else total_of(row) for each in found.values()]
    known = [total for total in totals if total is not None]
    return sum(known, Decimal(0)) if len(known) == len(totals) else None


def _cheapest_line(found: Mapping[str, dict[str, Any]]) -> str:
    total, parts = _total(found), []
    for title, each in found.items():
        row = cheapest_row(each)
        note = "" if row is None or row["note"] is None else f" ({short(row['note'])})"
        parts.append(f"nobody to {title}" if row is None else f"{each['cheapest']}{note}")
    return f"cheapest: {money(total)} with {' + '.join(parts)}"


def _overview(roster: Roster, out: Output) -> int:
    works = {
        "transcribe 1 h": listened(60),
        "summarize 12k, 1k out": meeting_works(_MEETING_MINUTES)["summarize"],
        "embed 1000 texts": embedded(1000),
    }
    meeting = meeting_works(_MEETING_MINUTES)
    today = _today()
    priced = _with_meetings(grid(roster, works, today), grid(roster, meeting, today), len(meeting))
    if out.json:
        out.document(_together(_estimates(roster, works)) | {"by_provider": grid_document(priced)})
        return 0
    show_grid(roster, priced, (*works, _MEETINGS_TITLE), out)
    out.note(f"each with the provider's cheapest model for it; a text is about {TEXT_TOKENS} tokens")
    out.note("a meeting is transcribed, summarized and embedded; -: not done there, or too much for its models")
    return 0


def _with_meetings(priced: Grid, meeting: Grid, pieces: int) -> Grid:
    """Add what many meetings cost, for providers that do all of it."""
    added = {}
    for provider, cells in priced.items():
        parts = list(meeting.get(provider, {}).values())
        known = [part for part in parts if part is not None]
        whole = sum(known, Decimal(0)) * _MEETINGS if len(known) == pieces else None
        added[provider] = {**cells, _MEETINGS_TITLE: whole} if len(parts) == pieces else cells
    return added
