"""What was heard in windows becomes people: how each of them sounds, and whose each part is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from aiprov.core.speakers import SpeakerWish
from aiprov.providers.local.speakers.clustering import cluster
from aiprov.providers.local.speakers.counting import count
from aiprov.providers.local.speakers.networks import DIMS, WINDOW_S

if TYPE_CHECKING:
    from aiprov.providers.local.speakers.clustering import Floats, Numbers
    from aiprov.providers.local.speakers.hearing import Flags, Part
    from aiprov.providers.local.speakers.listening import Heard
    from aiprov.providers.local.speakers.networks import Vectors

# What somebody says alone tells who it is from so many seconds on; from fewer where there is hardly more.
_TELLING_S = (0.7, 0.3, 0.0)
# More of it in one window tells no more.
_MOST_S = 6.0
# Two people of one window are the same one where their voices say so by more than this.
_TWO = 0.3
# A short answer is somebody else's than the rest where it sounds so by more than this.
_OTHER = 0.2
_ROUNDS = 2


class Claim(NamedTuple):
    """A person speaks in some frames of a window."""

    window: int
    frames: Flags
    person: int


@dataclass(frozen=True, slots=True)
class People:
    """The people of a recording.

    Attributes:
        voices: How each sounds, vectors of length 1: (people, dimensions).
        claims: What each says where.
        confidence: How sure their number is, 0..1; 1 where it was told.
    """

    voices: Vectors
    claims: list[Claim]
    confidence: float


def people_of(heard: Heard, wish: SpeakerWish) -> People:
    """Find the people of a recording."""
    import numpy as np

    said = [(window, part) for window, parts in enumerate(heard.parts) for part in parts]
    if not said:
        return People(np.zeros((0, DIMS), np.float32), [], 0.0)
    telling = _telling([part.alone_s for _, part in said], 2 * wish.minimum)
    voices = np.stack([said[each][1].voice for each in telling])
    weights = np.array([min(max(said[each][1].alone_s, 0.1), _MOST_S) for each in telling])
    windows = np.array([said[each][0] for each in telling])
    often = len(heard.windows) * WINDOW_S / max(heard.duration_s, 0.1)  # in so many windows each moment is heard
    counted = count(cluster(voices, weights / often, windows), wish)
    found = _mean([counted.of_voice == each for each in counted.clusters], voices, weights)
    for _ in range(_ROUNDS):
        whose = np.array(_owners(heard.parts, found))[telling]
        found = _mean([whose == each for each in range(len(found))], voices, weights, found)
    owned = zip(said, _owners(heard.parts, found), strict=True)
    return People(
        found, [claim for place, owner in owned for claim in _claims(*place, owner, found)], counted.confidence
    )


def _owners(windows: Sequence[Sequence[Part]], voices: Vectors) -> list[int]:
    """Whose each part is: the nearest voice, and another one for each person of a window."""
    import numpy as np

    likeness = (np.stack([voices @ part.voice for part in parts]) for parts in windows if parts)
    return [owner for each in likeness for owner in _shared_out(each)]


def _claims(window: int, part: Part, owner: int, voices: Vectors) -> Iterator[Claim]:
    """What a part says of who speaks: its owner, but for the short answers that sound like somebody else's."""
    rest = part.frames
    for aside in part.asides:
        likeness = voices @ aside.voice
        nearest = int(likeness.argmax())
        if likeness[nearest] - likeness[owner] > _OTHER:
            rest = rest & ~aside.frames
            yield Claim(window, aside.frames, nearest)
    yield Claim(window, rest, owner)


def _shared_out(left: Vectors) -> list[int]:
    """The surest first; a voice that is taken goes to another part only where it is nearer by far."""
    import numpy as np

    owners = [0] * len(left)
    for _ in owners:
        part, owner = divmod(int(left.argmax()), left.shape[1])
        owners[part] = owner
        left[part] = -np.inf
        left[:, owner] -= _TWO
    return owners


def _telling(alone_s: Sequence[float], enough: int) -> list[int]:
    """Which parts tell people apart, given how long each is heard alone."""
    for least_s in _TELLING_S:
        found = [number for number, seconds in enumerate(alone_s) if seconds >= least_s]
        if len(found) >= max(3, enough):
            return found
    return list(range(len(alone_s)))


def _mean(members: Sequence[Numbers], voices: Vectors, weights: Floats, before: Vectors | None = None) -> Vectors:
    """The voice of each person: the mean of its parts', or what it was before where no part is left."""
    import numpy as np

    sums = np.stack([weights[those] @ voices[those] for those in members])
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    found = (sums / np.maximum(lengths, 1e-6)).astype(np.float32)
    kept: Vectors = found if before is None else np.where(lengths > 0, found, before)
    return kept
