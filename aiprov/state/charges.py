"""Adding up charges. Pure: rows in, rows out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal, NamedTuple

By = Literal["day", "day-provider", "run", "provider", "model", "file"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One attempt, as the sums need it."""

    keys: Mapping[str, str]
    outcome: str | None
    free: bool
    running: bool
    audio_s: float
    cost: Decimal | None

    @classmethod
    def of(cls, row: Mapping[str, Any], *, running: bool) -> Entry:
        """Read a row of the ledger."""
        keys = {
            "day": row["started_at"][:10],
            "day-provider": f"{row['started_at'][:10]} {row['provider']}",
            "run": row["run_id"],
            "provider": row["provider"],
            "model": f"{row['provider']}/{row['model']}",
            "file": os.fsdecode(row["path"]),
        }
        cost = None if row["cost"] is None else Decimal(row["cost"])
        return cls(keys, row["outcome"], bool(row["free"]), running, _audio_s(row), cost)


def _audio_s(row: Mapping[str, Any]) -> float:
    """Seconds of audio: as they were known before the call, else as its answer told them."""
    if row["audio_s"] is None and row["usage"] and row["operation"] == "transcription":
        told = json.loads(row["usage"]).get("audio_s")
        return float(told) if isinstance(told, int | float) else 0.0
    return row["audio_s"] or 0.0


@dataclass(frozen=True, slots=True)
class Charges:
    """What the attempts that share a key cost.

    Attributes:
        key: The day (UTC), day and provider, run id, provider, `provider/model` or file.
        attempts: All of them.
        failed: Those that ended in an error.
        running: Those whose process is still at work; they are in no other sum.
        cost: US dollars of all charges that are known.
        unpriced: Answers whose price is not known.
        unknown: Paid attempts that never reported back, or failed in a way that leaves the charge open.
        audio_s: Seconds of audio in the answers.
        free_audio_s: The part of them that a local engine worked through.
    """

    key: str
    attempts: int = 0
    failed: int = 0
    running: int = 0
    cost: Decimal = Decimal(0)
    unpriced: int = 0
    unknown: int = 0
    audio_s: float = 0.0
    free_audio_s: float = 0.0


class Spent(NamedTuple):
    """What was spent on one input.

    Attributes:
        cost: US dollars; None when a part of it is not known.
        hosts: Where it was sent, in order of their names.
    """

    cost: Decimal | None
    hosts: tuple[str, ...]


def spent_on(rows: Iterable[Sequence[Any]]) -> Spent:
    """Add up `(cost, outcome, error_code, host)` of attempts. One that never reached its host was sent nowhere."""
    costs, hosts = [], set()
    for cost, _outcome, error_code, host in rows:
        costs.append(None if cost is None else Decimal(cost))
        if host is not None and not (error_code == "network" and cost == "0"):
            hosts.add(host)
    known = [cost for cost in costs if cost is not None]
    return Spent(sum(known, Decimal(0)) if len(known) == len(costs) else None, tuple(sorted(hosts)))


def tally(entries: Iterable[Entry], by: By) -> list[Charges]:
    """Add up entries by one of their keys, in the order of the keys."""
    rows: dict[str, Charges] = {}
    for entry in entries:
        key = entry.keys[by]
        rows[key] = _plus(rows.get(key) or Charges(key), entry)
    return [rows[key] for key in sorted(rows)]


def _plus(sums: Charges, entry: Entry) -> Charges:
    answered = entry.outcome not in (None, "failed")
    open_cost = entry.cost is None and not entry.free
    audio_s = entry.audio_s if answered else 0.0
    return replace(
        sums,
        attempts=sums.attempts + 1,
        failed=sums.failed + (entry.outcome == "failed"),
        running=sums.running + entry.running,
        cost=sums.cost + (entry.cost or 0),
        unpriced=sums.unpriced + (open_cost and answered),
        unknown=sums.unknown + (open_cost and not answered and not entry.running),
        audio_s=sums.audio_s + audio_s,
        free_audio_s=sums.free_audio_s + (audio_s if entry.free else 0.0),
    )
