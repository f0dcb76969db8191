"""A recording, ten seconds at a time: who of up to three people speaks, and how each of them sounds.

Windows overlap, so that each moment is heard in several. Memory holds some windows' samples, and for each window what
was heard in it. Knows nothing of who is who from one window to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from aiprov.providers.local.speakers.features import HOP, SAMPLE_RATE, features_of
from aiprov.providers.local.speakers.networks import FIRST_S, FRAME_S, FRAMES, WINDOW_S

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from aiprov.providers.local.speakers.features import Features, Samples
    from aiprov.providers.local.speakers.networks import Networks, Vectors

    Counts = NDArray[np.uint8]
    Flags = NDArray[np.bool_]
    Voiced = tuple[Flags, float, Vectors]

STEP_S: Final = 2.5
"""From one window to the next."""
_WINDOW, _STEP = int(WINDOW_S * SAMPLE_RATE), int(STEP_S * SAMPLE_RATE)
# The middle of the first frame of features.
_FEATURE_S = 0.0125
# Who says less than this alone is heard with others too; what is shorter than so many frames tells nothing of a voice.
_ALONE_S, _FEWEST_FRAMES = 0.4, 20
# Pieces of about this length, nearer than that when one person speaks. Measured on read speech and on real meetings:
# of the windows of one person 2 % have a pair of pieces below 0.5, of those of two people 90 % have one below 0.44.
_PIECE_S, _TWO = 2.0, 0.45


@dataclass(frozen=True, slots=True)
class Part:
    """What one person says in one window.

    Attributes:
        window: Which window, from 0.
        frames: In which of its frames, (589,).
        alone_s: Seconds in which nobody else speaks.
        voice: How it sounds, a vector of length 1.
    """

    window: int
    frames: Flags
    alone_s: float
    voice: Vectors


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording as heard.

    Attributes:
        windows: For each how many people speak in its frames, (589,); they begin `STEP_S` after each other.
        parts: In order of windows.
        duration_s: Length of the recording.
    """

    windows: list[Counts]
    parts: list[Part]
    duration_s: float


def listen(
    blocks: Iterable[Samples],
    networks: Networks,
    *,
    threads: int,
    check: Callable[[], None],
    progress: Callable[[float], None] | None = None,
) -> Heard:
    """Hear a recording to its end. The result does not depend on the number of threads.

    Args:
        blocks: Mono samples at 16 kHz, one after the other.
        networks: Hear.
        threads: Windows that are heard at once.
        check: Called every few windows; raises to stop.
        progress: Told how many seconds were heard.
    """
    heard, windows = Heard([], [], 0.0), _windows(blocks)
    length_s = 0.0
    with ThreadPoolExecutor(threads, "aiprov-voices") as pool:
        while some := list(islice(windows, 2 * threads)):
            check()
            for counts, voices in pool.map(lambda window: _hear(window, networks), some):
                number = len(heard.windows)
                heard.windows.append(counts)
                heard.parts.extend(Part(number, *each) for each in voices)
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
        while len(held) >= _WINDOW:
            yield held[:_WINDOW]
            held, first = held[_STEP:], False
    if len(held) > (0 if first else _WINDOW - _STEP):
        yield held


def _hear(samples: Samples, networks: Networks) -> tuple[Counts, list[Voiced]]:
    """How many speak in each frame of one window, and what each of them says."""
    import numpy as np

    activity = networks.activity(np.pad(samples, (0, _WINDOW - len(samples))))
    activity[int(len(samples) / SAMPLE_RATE / FRAME_S) :] = False
    number: Counts = activity.sum(axis=1, dtype=np.uint8)
    features, heard = features_of(samples if number.any() else samples[:0]), []
    for speaks in activity.T:
        alone = speaks & (number == 1)
        spoken = alone if alone.sum() * FRAME_S >= _ALONE_S else speaks
        frames = np.flatnonzero(spoken[_frame_of()[: len(features)]])
        if len(frames) >= _FEWEST_FRAMES:
            heard += [
                (speaks & those, float((alone & those).sum() * FRAME_S), voice)
                for those, voice in _apart(features, frames, networks)
            ]
    return number, heard


def _apart(features: Features, frames: NDArray[np.int64], networks: Networks) -> Iterator[tuple[Flags, Vectors]]:
    """One person's frames in a window as one voice, or as two where its pieces sound like two.

    The network sometimes hears two people with like voices as one.
    """
    import numpy as np

    pieces = np.array_split(frames, max(1, round(len(frames) * HOP / SAMPLE_RATE / _PIECE_S)))
    voices = np.stack([networks.voice(features[piece]) for piece in pieces])
    alike = voices @ voices.T
    one, other = divmod(int(alike.argmin()), len(pieces))
    second = alike[other] > alike[one] if alike[one, other] < _TWO else np.zeros(len(pieces), np.bool_)
    begins = _frame_of()[[piece[0] for piece in pieces]]
    piece_of = np.maximum(np.searchsorted(begins, np.arange(FRAMES), "right") - 1, 0)
    for those in (~second, second):
        if those.any():
            mean = voices[those].mean(axis=0)
            yield those[piece_of], (mean / np.linalg.norm(mean)).astype(np.float32)


@lru_cache(maxsize=1)
def _frame_of() -> NDArray[np.int64]:
    """For each frame of features in a window the nearest frame of activity."""
    import numpy as np

    middle = _FEATURE_S + np.arange(_WINDOW // HOP) * (HOP / SAMPLE_RATE)
    nearest: NDArray[np.int64] = np.clip(np.rint((middle - FIRST_S) / FRAME_S), 0, FRAMES - 1).astype(np.int64)
    return nearest
