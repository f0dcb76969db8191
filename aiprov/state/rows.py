"""How one attempt lies in the ledger: its columns, its checksum, and what it is held against a cap for. Pure."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

# New columns go to the end: see `seal`.
FIELDS = (
    "run_id", "operation", "provider", "model", "request_hash", "path", "audio_s", "estimate", "free",
    "started_at", "ended_at", "outcome", "error_code", "cost", "usage",
    "host", "price", "status", "ms",
)  # fmt: skip
_FIRST = 15  # columns of the first version
SELECT = f"SELECT id, seal, {', '.join(FIELDS)} FROM attempts"  # noqa: S608


def seal(row: Mapping[str, Any]) -> int:
    """The checksum of a row. Later columns count up to the last one that holds something: older rows stay right."""
    values = [row[name] for name in FIELDS]
    while len(values) > _FIRST and values[-1] is None:
        values.pop()
    return zlib.crc32(repr(values).encode("utf-8", "backslashreplace"))


def unsealed(found: Sequence[Any]) -> dict[str, Any]:
    """Read what `SELECT` found.

    Raises:
        sqlite3.DatabaseError: The row is not what was written.
    """
    row = dict(zip(FIELDS, found[2:], strict=True))
    if seal(row) != found[1]:
        raise sqlite3.DatabaseError(f"row {found[0]} of the ledger does not match its checksum")
    return row


def charge(row: Mapping[str, Any]) -> Decimal:
    """What a row counts against a cap, in US dollars: its cost, and what it could cost while that is unknown."""
    if row["cost"] is not None:
        return Decimal(row["cost"])
    return Decimal(0) if row["free"] else Decimal(row["estimate"] or 0)


def amount(money: Decimal) -> str:
    """Write money.

    Raises:
        ValueError: It is no amount of money.
    """
    if not isinstance(money, Decimal) or not money.is_finite() or money < 0:
        raise ValueError("an amount of money is a finite Decimal of at least 0")
    return str(money)
