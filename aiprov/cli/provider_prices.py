"""How compared prices look in tables. Knows no price: rows come from `manager.comparing`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiprov.cli.output import Output, money
from aiprov.core.pricing import AUDIO, INPUT, OUTPUT

if TYPE_CHECKING:
    from aiprov.manager import Roster
    from aiprov.manager.comparing import Work

# What each provider takes for each piece of work: None is unknown, and what it does not do is missing.
Grid = dict[str, dict[str, Decimal | None]]

_COLUMNS = ("provider", "model", "cost", "", "unit price", "note", "source")


def price_rows(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The rows of a comparison as people read them."""
    for row in found["providers"]:
        cost = row["cost"]
        mark = "cheapest" if row == cheapest_row(found) else ""
        source = "" if cost is None else _source(cost)
        yield row["provider"], row["model"], money(total_of(row)), mark, _unit(cost), short(row["note"]), source


def cheapest_row(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row that a comparison calls the cheapest."""
    named = (row for row in found["providers"] if f"{row['provider']}/{row['model']}" == found["cheapest"])
    return next(named, None)


def total_of(row: Mapping[str, Any]) -> Decimal | None:
    """What the work costs there; None is unknown."""
    return None if row["cost"] is None else Decimal(str(row["cost"]["total_cost"]))


def show_prices(rows: Sequence[tuple[str, ...]], out: Output, *, titled: bool = False) -> None:
    """Print rows of `price_rows`; with `titled`, each begins with what it is for."""
    from aiprov.manager.comparing import NOT_SET_UP

    out.table(("for", *_COLUMNS) if titled else _COLUMNS, rows, right=("cost",))
    if any(short(NOT_SET_UP) in row for row in rows):
        out.note("not set up: name it under `providers` in aiprov.yaml, and store its key with `aiprov keys set`")


def grid(roster: Roster, works: Mapping[str, Work], today: str) -> Grid:
    """The price of each piece of work with each provider's cheapest model, as if everybody were set up."""
    from aiprov.manager import Policy
    from aiprov.manager.comparing import NOT_SET_UP, estimate

    ready = tuple(replace(entry, enabled=True, refusal=None) for entry in roster.entries)
    everybody = replace(roster, entries=ready, policy=Policy())
    priced: Grid = {entry.provider.name: {} for entry in sorted(ready, key=lambda entry: entry.priority)}
    for title, work in works.items():
        for row in estimate(everybody, work, today)["providers"]:
            cells = priced.setdefault(row["provider"], {})
            if row["note"] in (None, NOT_SET_UP):  # the cheapest comes first, and unknown prices last
                cells.setdefault(title, total_of(row))
    return priced


def grid_document(priced: Grid) -> dict[str, dict[str, float | None]]:
    """A grid for JSON."""
    return {
        provider: {title: None if usd is None else float(usd) for title, usd in cells.items()}
        for provider, cells in priced.items()
    }


def show_grid(roster: Roster, priced: Grid, titles: Sequence[str], out: Output) -> None:
    """Print one line for each provider."""
    from aiprov.manager.comparing import NOT_SET_UP

    notes = {entry.provider.name: entry.out for entry in roster.entries}
    rows = [
        (provider, *(money(cells[t]) if t in cells else "-" for t in titles), short(notes.get(provider, NOT_SET_UP)))
        for provider, cells in priced.items()
    ]
    out.table(("provider", *titles, "note"), rows, right=titles)


def _unit(cost: Mapping[str, Any] | None) -> str:
    if cost is None:
        return ""
    rates = {unit: Decimal(str(cost[unit])) for unit in (AUDIO, INPUT, OUTPUT) if unit in cost}
    if not any(rates.values()):
        return "free"
    if AUDIO in rates:
        return f"{money(rates[AUDIO])} / hour"
    written = f", {money(rates[OUTPUT])} out" if OUTPUT in rates else ""
    return f"{money(rates[INPUT])} in{written} / million tokens"


def _source(cost: Mapping[str, Any]) -> str:
    return cost["source"] if cost["checked"] in ("", "always") else f"{cost['source']} ({cost['checked']})"


def short(note: str | None) -> str:
    """What stands in the way, in few words."""
    return "" if note is None else note.split(";")[0].removeprefix("is ").removeprefix("has ")
