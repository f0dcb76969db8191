"""What each run, day and month has spent, kept as sums beside the rows, so that a cap takes no longer as they grow.

Knows no call and no provider. Every change is made in the transaction of the row that causes it.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from typing import Any, Literal

from aiprov.errors import BudgetReached
from aiprov.state.rows import SELECT, amount, charge, unsealed

Scope = Literal["run", "day", "month"]

_EXACT = Context(prec=1000)  # so that what is added can be taken away again to the last digit
_WORDS = {"run": "this run", "day": "this day (UTC)", "month": "this month (UTC)"}
_LOCAL = "a local model costs nothing"
_SHOWN = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that a run, a UTC day or a UTC month may cost, in US dollars.

    Raises:
        ValueError: It is no amount of money.
    """

    scope: Scope
    usd: Decimal

    def __post_init__(self) -> None:
        amount(self.usd)


def key(scope: Scope, run_id: str, started_at: str) -> str:
    """The name of the total that an attempt counts for."""
    return f"{scope} " + {"run": run_id, "day": started_at[:10], "month": started_at[:7]}[scope]


def read(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, Decimal]:
    """Return the totals of these names; 0 where nothing was spent.

    Raises:
        sqlite3.DatabaseError: A total is not what was written.
    """
    sums = dict.fromkeys(keys, Decimal(0))
    marks = ", ".join("?" * len(sums))
    query = f"SELECT scope, usd, seal FROM totals WHERE scope IN ({marks})"  # noqa: S608
    for name, usd, seal in connection.execute(query, tuple(sums)):
        if _seal(name, usd) != seal:
            raise sqlite3.DatabaseError(f"the total of the {name} does not match its checksum")
        sums[name] = Decimal(usd)
    return sums


def add(connection: sqlite3.Connection, row: Mapping[str, Any], usd: Decimal) -> None:
    """Add to the totals that a row counts for; `usd` may be below 0."""
    if usd:
        _write(connection, {name: _EXACT.add(sum_, usd) for name, sum_ in read(connection, _keys(row)).items()})


def change(before: Mapping[str, Any], after: Mapping[str, Any]) -> Decimal:
    """By how much a row's charge changes."""
    return _EXACT.subtract(charge(after), charge(before))


def refuse_beyond(connection: sqlite3.Connection, row: Mapping[str, Any], caps: Sequence[Cap]) -> None:
    """Let an attempt pass when no cap can be crossed by it.

    Raises:
        BudgetReached: One could be.
    """
    if row["free"] or not caps:
        return
    if row["estimate"] is None:
        message = f"nobody knows what {row['provider']}/{row['model']} costs, and a cap is set"
        raise BudgetReached(message, "give its price in aiprov.yaml, or set no cap", code="unpriced")
    names = {cap: key(cap.scope, row["run_id"], row["started_at"]) for cap in caps}
    spent, estimate = read(connection, names.values()), charge(row)
    for cap, name in names.items():
        if _EXACT.add(spent[name], estimate) > cap.usd:
            raise _reached(cap, spent[name], estimate, f"{row['provider']}/{row['model']}")


def recomputed(connection: sqlite3.Connection) -> dict[str, Decimal]:
    """Return what all totals should be, from the rows.

    Raises:
        sqlite3.DatabaseError: A row is not what was written.
    """
    sums: dict[str, Decimal] = {}
    for found in connection.execute(f"{SELECT} ORDER BY id"):
        row = unsealed(found)
        for name in _keys(row) if charge(row) else ():
            sums[name] = _EXACT.add(sums.get(name, Decimal(0)), charge(row))
    return sums


def differences(connection: sqlite3.Connection) -> dict[str, tuple[Decimal, Decimal]]:
    """Return each total that is not the sum over its rows, with that sum."""
    sums = recomputed(connection)
    kept = read(connection, [*sums, *(name for (name,) in connection.execute("SELECT scope FROM totals"))])
    pairs = {name: (total, sums.get(name, Decimal(0))) for name, total in kept.items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def build(connection: sqlite3.Connection) -> None:
    """Fill the totals of a file that had none."""
    _write(connection, recomputed(connection))


def _keys(row: Mapping[str, Any]) -> list[str]:
    return [key(scope, row["run_id"], row["started_at"]) for scope in ("run", "day", "month")]


def _write(connection: sqlite3.Connection, sums: Mapping[str, Decimal]) -> None:
    values = [(name, str(usd), _seal(name, str(usd))) for name, usd in sums.items()]
    connection.executemany("INSERT OR REPLACE INTO totals (scope, usd, seal) VALUES (?, ?, ?)", values)


def _seal(name: str, usd: str) -> int:
    return zlib.crc32(f"{name} {usd}".encode("utf-8", "backslashreplace"))


def _reached(cap: Cap, spent: Decimal, estimate: Decimal, asked: str) -> BudgetReached:
    what = f"the cap of {_usd(cap.usd)} for {_WORDS[cap.scope]} is reached"
    message = f"{what}: {_usd(spent)} is spent or reserved, and this call of {asked} could cost {_usd(estimate)}"
    later = "" if cap.scope == "run" else f", or wait for the next {cap.scope}"
    return BudgetReached(message, f"raise the cap{later}; {_LOCAL}")


def _usd(money: Decimal) -> str:
    return f"${money.quantize(_SHOWN, ROUND_CEILING, context=_EXACT).normalize(_EXACT):f}"
