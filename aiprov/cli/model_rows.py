"""How models look in tables and in JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiprov.models import FileVerdict, ModelEntry, Recommendation
from aiprov.models.shape import shape, sources
from aiprov.models.staging import megabytes

__all__ = ["estimate", "found", "pace", "row", "shape", "word"]


def row(entry: ModelEntry, present: bool) -> tuple[str, ...]:
    """One model as a line of `models list`."""
    marks = {"here": present, "starter": entry.starter}
    return (
        entry.name,
        str(entry.kind),
        megabytes(entry.bytes),
        entry.quantization,
        entry.licence,
        ", ".join(sources(entry)),
        ", ".join(word for word, holds in marks.items() if holds),
    )


def found(verdicts: Sequence[FileVerdict]) -> list[dict[str, str]]:
    """Verdicts for JSON."""
    return [{"file": verdict.file, "verdict": verdict.verdict} for verdict in verdicts]


def estimate(row: Recommendation) -> dict[str, Any]:
    """One estimate for JSON."""
    return {
        "name": row.name,
        "kind": str(row.kind),
        "bytes": row.bytes,
        "memory_bytes": row.memory_bytes,
        "rate": round(row.rate, 2),
        "unit": row.unit,
        "fits": row.fits,
        "best": row.best,
    }


def pace(row: Recommendation) -> str:
    """A rate as people read it."""
    return f"{row.rate:.0f}" if row.rate >= 10 else f"{row.rate:.1f}"


def word(row: Recommendation) -> str:
    """What a recommendation comes to, in a word."""
    return "best" if row.best else "" if row.fits else "too large"
