"""Windows become turns: each moment is heard in several windows, and what most of them say counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiprov.core.speakers import Turn, label_of
from aiprov.providers.local.speakers.listening import STEP_S, Heard
from aiprov.providers.local.speakers.networks import FIRST_S, FRAME_S, FRAMES
from aiprov.providers.local.speakers.people import People

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Votes = NDArray[np.uint8]

# A window knows less of what is near its edges: votes weigh from the first in them to the second in the middle.
_EDGE, _MIDDLE = 4, 16
# Who goes on after a shorter pause has not stopped; what is shorter than the second is neither a turn nor a pause.
_PAUSE_S, _SHORT_S = 1.0, 0.2


def turns_of(heard: Heard, people: People) -> tuple[list[Turn], list[int]]:
    """Who speaks when.

    Returns:
        Turns in order of their starts, labelled in the order in which people first speak; and for each label, from
        0, which speaker it is.
    """
    votes, number = _votes(heard, people)
    speaking = _speaking(votes, number)
    at_once = speaking.sum(axis=1)
    spoken = [_stretches(on, at_once > on, heard.duration_s) for on in speaking.T]
    order = sorted((each for each in range(len(spoken)) if spoken[each]), key=lambda each: spoken[each][0])
    turns = [Turn(*span, label_of(label)) for label, speaker in enumerate(order) for span in spoken[speaker]]
    return sorted(turns, key=lambda turn: (turn.start, turn.end, turn.speaker)), order


def _votes(heard: Heard, people: People) -> tuple[Votes, Votes]:
    """For each frame the votes for each speaker, and how many speak at once, rounded."""
    import numpy as np

    length = _first(len(heard.windows) - 1) + FRAMES
    votes = np.zeros((length, len(people.voices)), np.uint8)
    number, weights = np.zeros(length, np.uint16), np.zeros(length, np.uint16)
    weight = _weight()
    for window, counts in enumerate(heard.windows):
        here = slice(_first(window), _first(window) + FRAMES)
        weights[here] += weight
        number[here] += weight * counts
    for claim in people.claims:
        here = slice(_first(claim.window), _first(claim.window) + FRAMES)
        votes[here, claim.person] += weight * claim.frames
    return votes, ((2 * number + weights) // np.maximum(2 * weights, 1)).astype(np.uint8)


def _weight() -> Votes:
    """How much each frame of a window counts."""
    import numpy as np

    from_edge = np.minimum(np.arange(FRAMES), np.arange(FRAMES)[::-1]) * 2
    weight: Votes = (_EDGE + (_MIDDLE - _EDGE) * from_edge // FRAMES).astype(np.uint8)
    return weight


def _speaking(votes: Votes, number: Votes) -> Flags:
    """In each frame those with the most votes, as many as speak at once."""
    import numpy as np

    speaking = np.zeros(votes.shape, np.bool_)
    left, frames = votes.copy(), np.arange(len(votes))
    for rank in range(min(votes.shape[1], int(number.max(initial=0)))):
        first = left.argmax(axis=1)
        speaking[frames, first] |= (number > rank) & (left[frames, first] > 0)
        left[frames, first] = 0
    return speaking


def _stretches(on: Flags, others: Flags, end_s: float) -> list[tuple[float, float]]:
    """Frames in which one speaks as seconds, over short pauses in which nobody else does."""
    import numpy as np

    changes = np.flatnonzero(np.diff(on, prepend=False, append=False)).reshape(-1, 2)
    joined: list[list[int]] = []
    for start, end in changes.tolist():
        if joined and _goes_on(others[joined[-1][1] : start]):
            joined[-1][1] = end
        elif (end - start) * FRAME_S >= _SHORT_S:
            joined.append([start, end])
    times = np.clip(np.array(joined).reshape(-1, 2) * FRAME_S + FIRST_S - FRAME_S / 2, 0.0, end_s).round(3)
    return [(start, end) for start, end in times.tolist() if start < end]


def _goes_on(others: Flags) -> bool:
    """Whether somebody who pauses for these frames has not stopped."""
    pause_s = len(others) * FRAME_S
    return pause_s < _SHORT_S or (pause_s < _PAUSE_S and 2 * int(others.sum()) <= len(others))


def _first(window: int) -> int:
    """A window's first frame."""
    return round(window * STEP_S / FRAME_S)
