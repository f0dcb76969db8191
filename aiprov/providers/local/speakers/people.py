"""What was heard in windows becomes people: how each of them sounds, and whose each part is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from aiprov.core.speakers import SpeakerWish
from aiprov.providers.local.speakers.clustering import cluster
from aiprov.providers.local.speakers.counting import count
from aiprov.providers.local.speakers.networks import DIMS, WINDOW_S

if TYPE_CHECKING:
    from aiprov.providers.local.speakers.clustering import Floats, Numbers
    from aiprov.providers.local.speakers.listening import Heard, Part
    from aiprov.providers.local.speakers.networks import Vectors

# What somebody says alone tells who it is from so many seconds on; from fewer where there is hardly more.
_TELLING_S = (0.7, 0.3, 0.0)
# More of it in one window tells no more.
_MOST_S = 6.0
# Two people of one window are the same one where their voices say so by more than this.
_TWO = 0.3
_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class People:
    """The people of a recording.

    Attributes:
        voices: How each sounds, vectors of length 1: (people, dimensions).
        owners: For each part which of them speaks.
        confidence: How sure their number is, 0..1; 1 where it was told.
    """

    voices: Vectors
    owners: list[int]
    confidence: float


def people_of(heard: Heard, wish: SpeakerWish) -> People:
    """Find the people of a recording."""
    import numpy as np

    if not heard.parts:
        return People(np.zeros((0, DIMS), np.float32), [], 0.0)
    telling = _telling(heard.parts, 2 * wish.minimum)
    voices = np.stack([heard.parts[each].voice for each in telling])
    weights = np.array([min(max(heard.parts[each].alone_s, 0.1), _MOST_S) for each in telling])
    windows = np.array([heard.parts[each].window for each in telling])
    often = len(heard.windows) * WINDOW_S / max(heard.duration_s, 0.1)  # in so many windows each moment is heard
    counted = count(cluster(voices, weights / often, windows), wish)
    found = _mean([counted.of_voice == each for each in counted.clusters], voices, weights)
    for _ in range(_ROUNDS):
        owners = owners_of(heard.parts, found)
        whose = np.array(owners)[telling]
        found = _mean([whose == each for each in range(len(found))], voices, weights, found)
    return People(found, owners_of(heard.parts, found), counted.confidence)


def owners_of(parts: Sequence[Part], voices: Vectors) -> list[int]:
    """Whose each part is: the nearest voice, and another one for each person of a window.

    Args:
        parts: In order of windows.
        voices: Of each person, as vectors of length 1: (people, dimensions).
    """
    import numpy as np

    owners: list[int] = []
    for _, some in groupby(parts, key=lambda part: part.window):
        owners += _shared_out(np.stack([voices @ part.voice for part in some]).astype(np.float64))
    return owners


def _shared_out(left: Floats) -> list[int]:
    """The surest first; a voice that is taken goes to another part only where it is nearer by far."""
    import numpy as np

    owners = [0] * len(left)
    for _ in owners:
        part, owner = divmod(int(left.argmax()), left.shape[1])
        owners[part] = owner
        left[part] = -np.inf
        left[:, owner] -= _TWO
    return owners


def _telling(parts: Sequence[Part], enough: int) -> list[int]:
    """Which parts tell people apart."""
    for least_s in _TELLING_S:
        found = [number for number, part in enumerate(parts) if part.alone_s >= least_s]
        if len(found) >= max(3, enough):
            return found
    return list(range(len(parts)))


def _mean(members: Sequence[Numbers], voices: Vectors, weights: Floats, before: Vectors | None = None) -> Vectors:
    """The voice of each person: the mean of its parts', or what it was before where no part is left."""
    import numpy as np

    sums = np.stack([weights[those] @ voices[those] for those in members])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    found = (sums / np.maximum(lengths, 1e-6)).astype(np.float32)
    kept: Vectors = found if before is None else np.where(lengths > 0, found, before)
    return kept
