"""Do two channels carry different voices, or one sound twice? Judged by who is louder when, and by correlation.

Knows samples alone; nothing of files, and nothing of what is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from aiprov.audio.mono import Samples

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

# Voices lie below 4 kHz.
RATE = 8_000
STEP_S = 0.03
STEP = round(STEP_S * RATE)
# Correlation is taken over so many steps, at lags of up to 50 ms either way.
_STEPS = 16
_LAG = RATE // 20
# Levels are compared over so many steps; who is louder while whom settles in a few rounds.
_AROUND, _ROUNDS = 9, 4
# A channel is active in a step so far above its own quiet (dB), and not below what a converter's noise reaches.
_ABOVE_QUIET_DB, _LEAST_DB = 6.0, -80.0
# What lasts less than both is a click or a cough: seconds, and a share of all that is active.
_SHORTEST_S, _SMALLEST = 1.0, 0.02
# A pair of microphones in a room hears people up to 6 dB louder on their own side than on the other, which makes 12;
# calls come to 30 and more, and to 20 where the echo is as loud as a second microphone's.
_APART_DB = 15.0
# In a call one side is clearly louder nearly all the time, however much both speak at once; of what moves between the
# sides by chance, three quarters of the time.
_DECIDED = 0.85
# In the one's words, the other may be this much below them (dB) or must be unlike them: else it holds both voices.
_LEAK_DB, _ALIKE = -6.0, 0.7


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of some stretches of a recording, in steps of 30 ms.

    Attributes:
        levels: dB below full scale, (channels, steps).
        alike: For each pair of channels, the largest correlation (0..1) in each group of 16 steps.
    """

    levels: Floats
    alike: dict[tuple[int, int], Floats]

    @property
    def heard_s(self) -> float:
        """Seconds that were measured."""
        return float(self.levels.shape[1] * STEP_S)


@dataclass(frozen=True, slots=True)
class Pair:
    """How two channels relate.

    Attributes:
        distance_db: From the level of the one above the other while it speaks, to the same while the other speaks.
        decided: Share (0..1) of the active time in which one of them is clearly louder than usual.
        correlation: The median correlation (0..1) of what they carry, at the best lag within 50 ms.
        apart: Whether each carries a voice that the other does not.
    """

    distance_db: float
    decided: float
    correlation: float
    apart: bool


def measured(blocks: Iterable[Samples], channels: int) -> Figures:
    """Measure blocks (channels, samples) at RATE; blocks with another number of channels are left out."""
    import numpy as np

    pairs = list(combinations(range(channels), 2))
    levels: list[Floats] = [np.zeros((channels, 0))]
    alike: dict[tuple[int, int], list[Floats]] = {pair: [np.zeros(0)] for pair in pairs}
    for block in blocks:
        if len(block) != channels:
            continue
        size = block.shape[1] - block.shape[1] % (_STEPS * STEP)
        levels.append(levels_db(block[:, :size], STEP))
        found = _correlations(block[:, :size].reshape(channels, -1, _STEPS * STEP), pairs)
        for pair in pairs:
            alike[pair].append(found[pair])
    return Figures(np.concatenate(levels, axis=1), {pair: np.concatenate(each) for pair, each in alike.items()})


def levels_db(samples: Samples, step: int) -> Floats:
    """The mean power of each whole step in dB below full scale: (channels, samples) to (channels, steps)."""
    import numpy as np

    size = samples.shape[1] - samples.shape[1] % step
    power = np.mean(np.square(samples[:, :size].reshape(len(samples), -1, step), dtype=np.float64), axis=2)
    levels: Floats = 10 * np.log10(power + 1e-12)
    return levels


def active(figures: Figures) -> Flags:
    """In which steps each channel is above its own quiet: (channels, steps)."""
    import numpy as np

    flags: Flags = np.stack([curve > quiet_db(curve) for curve in figures.levels])
    return flags


def quiet_db(curve: Floats) -> float:
    """The level above which a channel is active."""
    import numpy as np

    return max(float(np.quantile(curve, 0.1)) + _ABOVE_QUIET_DB, _LEAST_DB)


def shortest(flags: Flags) -> int:
    """How many active steps are more than a click."""
    return math.ceil(max(_SHORTEST_S / STEP_S, _SMALLEST * int(flags.any(axis=0).sum())))


def compared(figures: Figures, one: int, other: int) -> Pair:
    """Say how two channels relate that are both active for a while."""
    import numpy as np

    flags, alike = active(figures)[[one, other]], figures.alike[one, other]
    above = _smooth(figures.levels[one]) - _smooth(figures.levels[other])
    middle, distance = _sides(above, flags, shortest(flags))
    either = flags[0] | flags[1]
    mine, others = above > middle + distance / 4, above < middle - distance / 4
    decided = float(np.mean((mine | others)[either]))
    mixed = _holds(-above, mine & flags[0], alike) or _holds(above, others & flags[1], alike)
    groups = _mostly(either, len(alike))
    correlation = float(np.median(alike[groups] if groups.any() else alike))
    return Pair(distance, decided, correlation, distance >= _APART_DB and decided >= _DECIDED and not mixed)


def _smooth(levels: Floats) -> Floats:
    """Levels (dB) of a quarter of a second around each step: an echo comes a little later than what it echoes."""
    import numpy as np

    power = np.convolve(10 ** (levels / 10), np.full(_AROUND, 1 / _AROUND), "same")
    smooth: Floats = 10 * np.log10(np.maximum(power, 10 ** (_LEAST_DB / 10)))
    return smooth


def _sides(above: Floats, flags: Flags, least: int) -> tuple[float, float]:
    """The middle between, and the distance of, how far one is above the other while each of them speaks (dB).

    Begins with the most that either shows for a while, and goes on to what each usually shows.
    """
    import numpy as np

    high, low = np.sort(above[flags[0]])[-least], np.sort(above[flags[1]])[least - 1]
    for _ in range(_ROUNDS):
        middle = (high + low) / 2
        mine, others = above[flags[0] & (above >= middle)], above[flags[1] & (above <= middle)]
        if high <= low or not len(mine) or not len(others):
            return float(middle), 0.0
        high, low = np.median(mine), np.median(others)
    return float((high + low) / 2), float(high - low)


def _holds(above: Floats, steps: Flags, alike: Floats) -> bool:
    """Whether the other channel holds this one's voice as well: about as loud, and alike.

    Args:
        above: How far the other channel is above this one, in dB.
        steps: Where this one speaks.
    """
    import numpy as np

    groups = _mostly(steps, len(alike))
    leaks = steps.any() and float(np.median(above[steps])) > _LEAK_DB
    return bool(leaks and groups.any() and float(np.median(alike[groups])) > _ALIKE)


def _mostly(steps: Flags, groups: int) -> Flags:
    """The groups in which at least half of the steps are among these."""
    mostly: Flags = steps.reshape(groups, _STEPS).sum(axis=1) * 2 >= _STEPS
    return mostly


def _correlations(samples: Any, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Floats]:
    """The largest correlation of each pair in each group: samples are (channels, groups, samples)."""
    import numpy as np

    size = 1 << (samples.shape[2] + _LAG).bit_length()
    spectra = np.fft.rfft(samples, size, axis=2)
    power = np.sqrt(np.einsum("cgs,cgs->cg", samples, samples, dtype=np.float64)) + 1e-9
    found = {}
    for one, other in pairs:
        match = np.abs(np.fft.irfft(spectra[one] * np.conj(spectra[other]), size, axis=1))
        most = np.maximum(match[:, : _LAG + 1].max(axis=1), match[:, -_LAG:].max(axis=1))
        found[one, other] = np.minimum(1.0, most / (power[one] * power[other]))
    return found
