"""How much memory is free, and whether a model fits into it. Estimates; loads nothing."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from aiprov.core.failures import Kind
from aiprov.errors import ProviderError
from aiprov.models import ModelEntry, recommend
from aiprov.models.machine import cores, memory_bytes

_MEMINFO = Path("/proc/meminfo")


def free_bytes() -> int:
    """Bytes that can be used without swapping; all of the machine's memory where the system does not say."""
    try:
        lines = _MEMINFO.read_text("ascii").splitlines()
    except OSError:
        return memory_bytes()
    found = next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), None)
    return memory_bytes() if found is None else min(found, memory_bytes())


def require_room(entry: ModelEntry, entries: Iterable[ModelEntry]) -> None:
    """Refuse a model whose weights alone are more than what is free: loading it would take the machine down.

    Raises:
        ProviderError: The hint names a smaller model that fits.
    """
    free = free_bytes()
    if entry.bytes > free:
        raise ProviderError(
            f"{entry.name} needs {size(entry.bytes)} of memory, and {size(free)} is free",
            smaller_model(entries, entry.kind, free),
            provider="local",
            model=entry.name,
            code=Kind.ENGINE,
        )


def smaller_model(entries: Iterable[ModelEntry], kind: object, free: int) -> str:
    """A hint that names the best model of a kind that fits into `free` bytes."""
    fitting = [row.name for row in recommend(entries, free, cores()) if row.kind == kind and row.fits]
    named = f", such as {fitting[-1]}" if fitting else ""
    return f"choose a smaller model{named} (aiprov models recommend), or close other programs"


def wanted_bytes(entry: ModelEntry) -> int:
    """Estimate of what a model needs while it works."""
    return recommend([entry], memory_bytes(), cores())[0].memory_bytes


def size(count: int) -> str:
    """Bytes for people."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


@lru_cache(maxsize=1)
def return_large_blocks() -> None:
    """Let the C library give freed blocks of 16 MB and more back to the system at once.

    By itself, glibc raises that bound to the largest block it has seen; batches of changing sizes then leave holes,
    and memory grows with the length of a recording. Source: mallopt(3), M_MMAP_THRESHOLD (-3), M_TRIM_THRESHOLD (-1).
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library: it has its own ways
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-3, 16 << 20)
        mallopt(-1, 256 << 20)
