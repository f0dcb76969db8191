"""`aiprov costs`: what the ledger adds up to, and what the local part of it would have cost elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from aiprov.cli.command import App
from aiprov.cli.output import Output, hours, money
from aiprov.cli.wishes import Json
from aiprov.pipelines.spending import USUAL_RIVAL, Line, costs_document, hourly_rate, line_of, moment, total

if TYPE_CHECKING:
    from aiprov.core.pricing import Price
    from aiprov.state import Charges

_NUMBERS = ("attempts", "failed", "audio", "cost", "unpriced", "unknown", "saved")

app = App()


@app.command(
    examples=[
        "aiprov costs",
        "aiprov costs --by model --since 7d",
        "aiprov costs --by file --since 2026-11-01 --format csv > costs.csv",
        "aiprov costs --against groq/whisper-large-v3-turbo",
    ]
)
def costs(
    by: Annotated[
        Literal["day", "run", "provider", "model", "file"], typer.Option("--by", help="What one row stands for.")
    ] = "day",
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="<when>", help="A date (UTC), or how long ago: 12h, 7d, 2w.", show_default="all time"
        ),
    ] = None,
    against: Annotated[
        str,
        typer.Option("--against", metavar="<name>", help="The cloud model, as provider/model, to measure savings by."),
    ] = USUAL_RIVAL,
    form: Annotated[Literal["table", "json", "csv"], typer.Option("--format", "-f", help="How to print it.")] = "table",
    json: Json = False,
) -> None:
    """Show what was spent, and what local work saved.

    A charge is unknown when a paid call never reported back, and unpriced when nobody knows the price of an answer;
    neither is counted as zero, so the true cost is higher while there are any.
    """
    out = Output(json=json or form == "json")
    began = None if since is None else moment(since, datetime.now(UTC))
    rate = hourly_rate(against)
    lines = [line_of(each, rate.usd) for each in _charges(began, by)]
    if out.json:
        out.document(costs_document(lines, by, began, against, rate))
    elif form == "csv":
        out.data(as_csv(lines, by))
    else:
        _show(lines, by, against, rate, out)


def as_csv(lines: Sequence[Line], by: str) -> str:
    """Return the rows as CSV; a cell that a spreadsheet would run as a formula gets an apostrophe before it."""
    names = [each.name for each in fields(Line)]
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow([by, *names[1:]])
    writer.writerows([defused(getattr(line, name)) for name in names] for line in lines)
    return content.getvalue().rstrip("\n")


def defused(cell: object) -> str:
    """Return a cell's text so that no spreadsheet takes it for a formula."""
    text = format(cell, "f") if isinstance(cell, Decimal) else str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _charges(since: datetime | None, by: Any) -> list[Charges]:
    from aiprov import settings
    from aiprov.state import State

    path = settings.load(settings.find_env_file()).state_file
    if not path.exists():
        return []
    with State(path) as state:
        return state.charges(since, by=by)


def _show(lines: Sequence[Line], by: str, against: str, rate: Price, out: Output) -> None:
    if not lines:
        out.line("nothing was spent, and nothing was transcribed, in this time")
        return
    sums = total(lines)
    out.table((by, *_NUMBERS), [_cells(line) for line in (*lines, sums)], right=_NUMBERS)
    rate_said = f"{money(rate.usd)} per hour of audio, {rate.source}, {rate.checked}"
    out.note(f"saved: what the local part would have cost with {against} ({rate_said})")
    if sums.unknown:
        out.note("unknown: paid calls that never reported back; they may have been charged")
    if sums.running:
        out.note(f"running now, and in no sum: {sums.running}")
    if sums.unpriced:
        out.note("unpriced: answers whose price nobody knows; they are in no sum")


def _cells(line: Line) -> tuple[object, ...]:
    counts = (line.attempts, line.failed or "", hours(line.audio_s))
    return (line.key, *counts, money(line.cost_usd), line.unpriced or "", line.unknown or "", money(line.saved_usd))
