"""How much louder or quieter a channel is given when it is heard alone: a very quiet voice is brought to a usual level,
and where only another channel's echo is heard, it is put down.

Recognisers write echoes as well as voices, and lose words where the two meet. Knows levels alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aiprov.audio.channels import levels_of
from aiprov.audio.likeness import STEP_S, quiet_db
from aiprov.audio.mono import SAMPLE_RATE
from aiprov.audio.source import probe
from aiprov.core.crossing import Crossing, Levels

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from aiprov.audio.mono import Samples

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

# The level of the loudest moments of a voice (dB below full scale), of a very quiet one, and of none at all.
_USUAL_DB, _QUIET_DB, _SILENCE_DB = -15.0, -35.0, -85.0
# All but so much of the time is quieter than the loudest moments. In a voice they stand out by more than this (dB) from
# the level at which a channel is active at all; in noise they do not.
_LOUDEST, _MOVES_DB = 0.998, 3.0
# An echo so far below or above the channel's own voice (dB) is put down by so much; nearer, it could be that voice.
_CLEARLY_DB, _DOWN_DB = 10.0, 40.0
# Around its own voice nothing is put down, for so many steps: words begin and end softly.
_AROUND = 10
_SIZE = round(SAMPLE_RATE * STEP_S)


class Gains:
    """The gains of one channel.

    Args:
        path: The recording; all of it is decoded once.
        channel: Which channel, from 0.

    Raises:
        InputError: It cannot be decoded.
    """

    def __init__(self, path: Path, channel: int) -> None:
        levels = levels_of(path, range(probe(path).channels))
        self._gains = gains(levels, channel)
        self._done = 0

    def applied(self, samples: Samples) -> Samples:
        """The next samples of the channel at 16 kHz, in -1..1."""
        import numpy as np

        at = np.arange(self._done, self._done + len(samples)) / _SIZE - 0.5
        self._done += len(samples)
        steps = slice(max(0, int(at[0])), int(at[-1]) + 2) if len(at) else slice(0)
        near = self._gains[steps]
        gain = np.interp(at, np.arange(steps.start, steps.start + len(near)), near) if len(near) else 1.0
        louder: Samples = np.clip(samples * gain, -1.0, 1.0).astype(np.float32)
        return louder


def gains(levels: Levels, channel: int) -> Floats:
    """By how much to multiply each step of a channel."""
    import numpy as np

    curve = np.asarray(levels.curves[channel], np.float64)
    echo = echoing(levels, channel)
    if not (~echo).any():
        return np.ones(len(curve))
    loudest = float(np.quantile(curve[~echo], _LOUDEST))
    lift = _USUAL_DB - loudest if max(_SILENCE_DB, quiet_db(curve) + _MOVES_DB) < loudest < _QUIET_DB else 0.0
    found: Floats = 10 ** ((lift - _DOWN_DB * echo) / 20)
    return found


def echoing(levels: Levels, channel: int) -> Flags:
    """In which steps of a channel nothing is heard but the echo of another one; none where one cannot be sure."""
    import numpy as np

    curve = np.asarray(levels.curves[channel], np.float64)
    others = [other for other in range(len(levels.curves)) if other != channel]
    own = np.ones(len(curve), bool)
    for other in others:
        own &= np.asarray(Crossing(levels, other, channel).own, bool)
    loud = curve > quiet_db(curve)
    if not (loud & own).any() or not (loud & ~own).any():
        return np.zeros(len(curve), bool)
    if abs(np.median(curve[loud & own]) - np.median(curve[loud & ~own])) < _CLEARLY_DB:
        return np.zeros(len(curve), bool)
    echo: Flags = np.convolve(loud & own, np.ones(2 * _AROUND + 1), "same") < 0.5
    return echo & ~own
