"""Ten seconds of a recording: who of up to three people speaks, and how each of them sounds.

Knows nothing of other windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from aiprov.providers.local.speakers.features import HOP, SAMPLE_RATE, features_of
from aiprov.providers.local.speakers.networks import FIRST_S, FRAME_S, FRAMES, SPEAKS, WINDOW_S

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from aiprov.providers.local.speakers.features import Features, Samples
    from aiprov.providers.local.speakers.networks import Networks, Vectors

    Counts = NDArray[np.uint8]
    Flags = NDArray[np.bool_]

WINDOW: Final = int(WINDOW_S * SAMPLE_RATE)
"""Samples in a window."""
# The middle of the first frame of features.
_FEATURE_S = 0.0125
# Who says less than this alone is heard with others too; what is shorter than so many frames tells nothing of a voice.
_ALONE_S, _FEWEST_FRAMES = 0.4, 20
# Pieces of about this length, nearer than that when one person speaks. Measured on read speech and on real meetings:
# of the windows of one person 2 % have a pair of pieces below 0.5, of those of two people 90 % have one below 0.44.
_PIECE_S, _TWO = 2.0, 0.45
# A short answer is so long, with longer pauses around it.
_SHORT_S, _PAUSE_S = (0.35, 1.5), 0.25


@dataclass(frozen=True, slots=True)
class Aside:
    """A short answer within what one person says in a window, apart from the rest by pauses.

    Attributes:
        frames: In which frames of the window, (589,).
        voice: How it sounds, a vector of length 1; so little speech does not tell much.
    """

    frames: Flags
    voice: Vectors


@dataclass(frozen=True, slots=True)
class Part:
    """What one person says in a window.

    Attributes:
        frames: In which frames of the window, (589,).
        alone_s: Seconds in which nobody else speaks.
        voice: How it sounds, a vector of length 1.
        asides: Its short answers: whose they are is less sure than of the rest.
    """

    frames: Flags
    alone_s: float
    voice: Vectors
    asides: tuple[Aside, ...] = ()


def hear(samples: Samples, networks: Networks, speaks: float = SPEAKS) -> tuple[Counts, list[Part]]:
    """How many speak in each frame of one window, and what each of them says; `speaks` as in `Networks.activity`."""
    import numpy as np

    activity = networks.activity(np.pad(samples, (0, WINDOW - len(samples))), speaks)
    activity[int(len(samples) / SAMPLE_RATE / FRAME_S) :] = False
    number: Counts = activity.sum(axis=1, dtype=np.uint8)
    features = features_of(samples if number.any() else samples[:0])
    heard: list[Part] = []
    for speaking in activity.T:
        alone = speaking & (number == 1)
        spoken = alone if alone.sum() * FRAME_S >= _ALONE_S else speaking
        frames = np.flatnonzero(spoken[_frame_of()[: len(features)]])
        if len(frames) >= _FEWEST_FRAMES:
            for those, voice in _apart(features, frames, networks):
                alone_s = float((alone & those).sum() * FRAME_S)
                asides = _asides(features, speaking & those, number, networks)
                heard.append(Part(speaking & those, alone_s, voice, asides))
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


def _asides(features: Features, frames: Flags, number: Counts, networks: Networks) -> tuple[Aside, ...]:
    """The short answers among somebody's frames in a window, where that is not all there is."""
    import numpy as np

    spoken = np.flatnonzero(frames)
    runs = np.split(spoken, np.flatnonzero(np.diff(spoken) * FRAME_S > _PAUSE_S) + 1)
    found = []
    for run in runs if len(runs) > 1 else []:
        if _SHORT_S[0] <= (run[-1] + 1 - run[0]) * FRAME_S <= _SHORT_S[1]:
            these = np.zeros(FRAMES, np.bool_)
            these[run] = True
            alone = these & (number == 1)
            heard = alone if alone.sum() * FRAME_S >= _SHORT_S[0] else these
            voice = networks.voice(features[heard[_frame_of()[: len(features)]]])
            found.append(Aside(these, voice))
    return tuple(found)


@lru_cache(maxsize=1)
def _frame_of() -> NDArray[np.int64]:
    """For each frame of features in a window the nearest frame of activity."""
    import numpy as np

    middle = _FEATURE_S + np.arange(WINDOW // HOP) * (HOP / SAMPLE_RATE)
    nearest: NDArray[np.int64] = np.clip(np.rint((middle - FIRST_S) / FRAME_S), 0, FRAMES - 1).astype(np.int64)
    return nearest
