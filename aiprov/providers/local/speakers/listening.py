"""A recording from its first window to its last, several at once.

Windows of ten seconds overlap, so that each moment is heard in several. Memory holds some windows' samples, and for
each window what was heard in it. Knows nothing of who is who from one window to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from aiprov.providers.local.speakers.features import SAMPLE_RATE
from aiprov.providers.local.speakers.hearing import WINDOW, Part, hear
from aiprov.providers.local.speakers.networks import SPEAKS

if TYPE_CHECKING:
    from aiprov.providers.local.speakers.features import Samples
    from aiprov.providers.local.speakers.hearing import Counts
    from aiprov.providers.local.speakers.networks import Networks

STEP_S: Final = 2.5
"""From one window to the next."""
_STEP = int(STEP_S * SAMPLE_RATE)


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording as heard.

    Attributes:
        windows: For each how many people speak in its frames, (589,); they begin `STEP_S` after each other.
        parts: What each person says in each window.
        duration_s: Length of the recording.
    """

    windows: list[Counts]
    parts: list[list[Part]]
    duration_s: float


def listen(
    blocks: Iterable[Samples],
    networks: Networks,
    *,
    threads: int,
    check: Callable[[], None],
    progress: Callable[[float], None] | None = None,
    speaks: float = SPEAKS,
) -> Heard:
    """Hear a recording to its end. The result does not depend on the number of threads.

    Args:
        blocks: Mono samples at 16 kHz, one after the other.
        networks: Hear.
        threads: Windows that are heard at once.
        check: Called every few windows; raises to stop.
        progress: Told how many seconds were heard.
        speaks: How likely it must be that somebody speaks.
    """
    heard, windows = Heard([], [], 0.0), _windows(blocks)
    length_s = 0.0
    with ThreadPoolExecutor(threads, "aiprov-voices") as pool:
        while some := list(islice(windows, 2 * threads)):
            check()
            for counts, parts in pool.map(lambda window: hear(window, networks, speaks), some):
                heard.windows.append(counts)
                heard.parts.append(parts)
            length_s = (len(heard.windows) - 1) * STEP_S + len(some[-1]) / SAMPLE_RATE
            if progress is not None:
                progress(length_s)
    return Heard(heard.windows, heard.parts, length_s)


def _windows(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Ten seconds of samples each; the last window is shorter."""
    import numpy as np

    held, first = np.zeros(0, np.float32), True
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) >= WINDOW:
            yield held[:WINDOW]
            held, first = held[_STEP:], False
    if len(held) > (0 if first else WINDOW - _STEP):
        yield held
