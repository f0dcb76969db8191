"""`aiprov costs`: what the ledger adds up to, and what the local part of it would have cost elsewhere."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from aiprov.cli.command import App
from aiprov.cli.output import Output, hours, money
from aiprov.cli.wishes import Json
from aiprov.errors import ConfigError

if TYPE_CHECKING:
    from aiprov.core.pricing import Price
    from aiprov.state import Charges

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_NUMBERS = ("attempts", "failed", "audio", "cost", "unpriced", "unknown", "saved")

app = App()


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the answer, under its names in JSON and CSV; money in US dollars."""

    key: str
    attempts: int
    failed: int
    running: int
    audio_s: float
    cost_usd: Decimal
    unpriced: int
    unknown: int
    local_audio_s: float
    saved_usd: Decimal


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
    ] = "openai/gpt-transcribe",
    form: Annotated[Literal["table", "json", "csv"], typer.Option("--format", "-f", help="How to print it.")] = "table",
    json: Json = False,
) -> None:
    """Show what was spent, and what local work saved.

    A charge is unknown when a paid call never reported back, and unpriced when nobody knows the price of an answer;
    neither is counted as zero, so the true cost is higher while there are any.
    """
    out = Output(json=json or form == "json")
    began = None if since is None else moment(since, datetime.now(UTC))
    rate = _rate(against)
    lines = [line_of(each, rate.usd) for each in _charges(began, by)]
    if out.json:
        out.document(_document(lines, by, began, against, rate))
    elif form == "csv":
        out.data(as_csv(lines, by))
    else:
        _show(lines, by, against, rate, out)


def moment(text: str, now: datetime) -> datetime:
    """Read a date (UTC), or a time ago such as `7d`.

    Raises:
        ConfigError: It is neither.
    """
    try:
        if ago := re.fullmatch(r"(\d{1,5})([hdw])", text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{text!r} is no time", "give a date such as 2026-11-01, or 12h, 7d, 2w", code="usage"
        ) from None


def line_of(charges: Charges, usd_per_hour: Decimal) -> Line:
    """Put a row of the ledger beside what its local part would have cost at a rate per hour of audio."""
    from aiprov.core.pricing import audio_cost

    return Line(
        key=charges.key,
        attempts=charges.attempts,
        failed=charges.failed,
        running=charges.running,
        audio_s=round(charges.audio_s, 3),
        cost_usd=charges.cost,
        unpriced=charges.unpriced,
        unknown=charges.unknown,
        local_audio_s=round(charges.free_audio_s, 3),
        saved_usd=audio_cost(charges.free_audio_s, usd_per_hour),
    )


def total(lines: Sequence[Line]) -> Line:
    """Add up all rows."""
    sums = {each.name: sum(getattr(line, each.name) for line in lines) for each in fields(Line) if each.name != "key"}
    sums["cost_usd"], sums["saved_usd"] = Decimal(sums["cost_usd"]), Decimal(sums["saved_usd"])
    return Line(key="total", **sums)


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


def _rate(against: str) -> Price:
    """The price of one hour of audio."""
    from aiprov.core.requests import ModelCapability
    from aiprov.prices import OFFERS, PriceBook

    provider, _, model = against.partition("/")
    price = PriceBook().expected(provider, model, capability=ModelCapability.TRANSCRIPTION, audio_s=3600)
    if price is None:
        known = ", ".join(f"{provider}/{model}" for provider, model in OFFERS)
        raise ConfigError(f"no price by the hour is known for {against}", f"choose one such as {known}", code="usage")
    return price


def _document(lines: Sequence[Line], by: str, since: datetime | None, against: str, rate: Price) -> dict[str, Any]:
    return {
        "schema": 1,
        "by": by,
        "since": None if since is None else since.isoformat(timespec="seconds"),
        "rows": [_shape(line) for line in lines],
        "totals": {name: value for name, value in _shape(total(lines)).items() if name != "key"},
        "saved_against": {
            "model": against,
            "usd_per_audio_hour": float(rate.usd),
            "source": rate.source,
            "checked": rate.checked,
        },
    }


def _shape(line: Line) -> dict[str, Any]:
    values = {each.name: getattr(line, each.name) for each in fields(Line)}
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in values.items()}


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
