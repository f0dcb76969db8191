"""Which models fit this machine. Estimates from file sizes, stated as such; pure, knows no disk and no store.

The yardsticks are measurements with this project's engines on two shared cores (whisper base and tiny.en in int8,
SmolLM2-135M in Q4_1, MiniLM in float32). Work per second falls with the size of the weights and grows with the cores.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from aiprov.core.requests import ModelCapability
from aiprov.models.entry import Helper, Kind, ModelEntry

# What a recommended model has to leave to everything else on the machine.
_USABLE = 0.7
_GB = 10**9


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How one kind scales.

    Attributes:
        fixed: Bytes of memory of the engine without a model.
        factor: Bytes of memory for each byte of weights: int8 copies and decoding state, or the context's cache.
        rate: Work per second of a model of 1 GB on two cores.
        unit: What the rate counts.
        enough: The rate below which a model is not recommended.
        choice: One line how to choose.
    """

    fixed: float
    factor: float
    rate: float
    unit: str
    enough: float
    choice: str


YARDSTICKS: dict[Kind, Yardstick] = {
    ModelCapability.TRANSCRIPTION: Yardstick(
        0.75 * _GB,
        1.25,
        0.78,
        "x real time",
        1.0,
        "larger hears more and is slower; names ending in .en and distil-* know English only",
    ),
    ModelCapability.CHAT: Yardstick(
        0.6 * _GB, 1.2, 8.0, "tokens/s", 4.0, "minutes one can trust want 7B and more; small ones only for trying out"
    ),
    ModelCapability.EMBEDDING: Yardstick(
        0.6 * _GB, 1.2, 19.0, "texts/s", 40.0, "all-minilm-l6-v2 is fast, bge-* finds more, multilingual-e5 for others"
    ),
    Helper.VOICE: Yardstick(0.2 * _GB, 3.0, 1.5, "x real time", 5.0, "tells speakers apart: there is one"),
}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One model on this machine.

    Attributes:
        name: The model.
        kind: What it is for.
        bytes: Size of its files.
        memory_bytes: Estimated memory while it works.
        rate: Estimated work per second on this machine's processor.
        unit: What `rate` counts.
        fits: Whether the memory is there.
        best: The largest of its kind that fits and is fast enough.
        choice: How to choose among its kind, in one line.
    """

    name: str
    kind: Kind
    bytes: int
    memory_bytes: int
    rate: float
    unit: str
    fits: bool
    best: bool
    choice: str


def recommend(entries: Iterable[ModelEntry], memory_bytes: int, cores: int) -> list[Recommendation]:
    """Say for each model whether it fits and how fast it would be, by kind and size; mark the best of each kind.

    Args:
        entries: The models to judge.
        memory_bytes: The machine's memory.
        cores: Processor cores that may be used.
    """
    rows = [_row(entry, memory_bytes, cores) for entry in sorted(entries, key=_order)]
    best = {row.kind: row.name for row in rows if row.fits and row.rate >= YARDSTICKS[row.kind].enough}
    return [_marked(row, best.get(row.kind) == row.name) for row in rows]


def _order(entry: ModelEntry) -> tuple[int, int, str]:
    return list(YARDSTICKS).index(entry.kind), entry.bytes, entry.name


def _row(entry: ModelEntry, memory_bytes: int, cores: int) -> Recommendation:
    yardstick = YARDSTICKS[entry.kind]
    memory = int(yardstick.fixed + yardstick.factor * entry.bytes)
    rate = yardstick.rate * _GB / entry.bytes * cores / 2
    fits = memory <= _USABLE * memory_bytes
    return Recommendation(
        entry.name, entry.kind, entry.bytes, memory, rate, yardstick.unit, fits, False, yardstick.choice
    )


def _marked(row: Recommendation, best: bool) -> Recommendation:
    return replace(row, best=best)
