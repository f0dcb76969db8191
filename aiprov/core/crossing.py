"""How loud a recording's channels are, and what of one is loud enough to be its own and no echo of another. Pure.

Knows nothing of words, and nothing of samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

# An echo comes up to so much later (seconds).
LATE_S = 0.3
# It is at least so far below (dB), and at most so far above what usually comes across.
_BELOW_DB, _JITTER_DB = 6.0, 6.0
# A channel speaks while it is at most so far below its loud moments (dB).
_SPEAKS_DB = 15.0
# Of something that ends in somebody's own voice, so much of the power is louder than an echo.
_OWN = 0.5


@dataclass(frozen=True, slots=True)
class Levels:
    """How loud each channel is.

    Attributes:
        step_s: Seconds from one figure to the next.
        curves: For each channel the power in dB below full scale, step by step; all of one length.
    """

    step_s: float
    curves: Sequence[Sequence[float]]


@dataclass(frozen=True)
class Crossing:
    """How sound comes from one channel into another: later, and always as far below."""

    levels: Levels
    source: int
    channel: int

    def explains(self, start_s: float, end_s: float) -> bool:
        """Whether what is heard in a stretch of the channel is as quiet as what comes across."""
        first = int(start_s / self.levels.step_s)
        stretch = slice(first, max(first + 1, math.ceil(end_s / self.levels.step_s)))
        powers = [10 ** (level / 10) for level in self.levels.curves[self.channel][stretch]]
        own = sum(power for power, is_own in zip(powers, self.own[stretch], strict=True) if is_own)
        return own < _OWN * sum(powers)

    @cached_property
    def own(self) -> list[bool]:
        """In which steps the channel is louder than an echo would be."""
        source, channel = self.levels.curves[self.source], self.levels.curves[self.channel]
        least = max(_BELOW_DB, self._usual_db() - _JITTER_DB)
        late = math.ceil(LATE_S / self.levels.step_s)
        return [max(source[max(0, step - late) : step + 2]) - heard < least for step, heard in enumerate(channel)]

    def _usual_db(self) -> float:
        """How far the channel usually is below the other one while that speaks, peak by peak."""
        late = math.ceil(LATE_S / self.levels.step_s)
        source, channel = self.levels.curves[self.source], self.levels.curves[self.channel]
        loud = sorted(source)
        least = loud[len(loud) * 99 // 100] - _SPEAKS_DB if loud else 0.0
        stretches = (
            (max(source[at : at + late]), max(channel[at : at + 2 * late])) for at in range(0, len(source), late)
        )
        below = sorted(one - other for one, other in stretches if one >= least)
        return below[len(below) // 2] if below else math.inf
