"""Samples become Mel features as Kaldi computes them, 100 a second: what the voice network was trained on."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Features = NDArray[np.float32]

SAMPLE_RATE: Final = 16_000
HOP: Final = 160
"""Samples from one frame to the next."""
_WIDTH, _POINTS, _BANDS = 400, 512, 80
_LOWEST_HZ = 20.0
_FLOOR = 2.0**-23


def features_of(samples: Samples) -> Features:
    """Log energies in 80 Mel bands, (frames, 80); frames that would reach beyond the end are left out.

    Source: Kaldi's compute-fbank-feats with dither 0, 25 ms frames each 10 ms, Povey's window, as torchaudio and
    3D-Speaker use it on samples in -1..1.
    """
    import numpy as np

    if len(samples) < _WIDTH:
        return np.zeros((0, _BANDS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WIDTH)[::HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    window, bands = _shapes()
    spectrum = np.fft.rfft((frames - np.float32(0.97) * before) * window, _POINTS)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    energies: Features = np.log(np.maximum(power @ bands, np.float32(_FLOOR)))
    return energies


@lru_cache(maxsize=1)
def _shapes() -> tuple[Samples, Features]:
    """The window (400), and how much of each frequency belongs to each band (257, 80)."""
    import numpy as np

    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WIDTH) / (_WIDTH - 1))) ** 0.85
    pitch = 1127.0 * np.log1p(np.arange(_POINTS // 2 + 1) * (SAMPLE_RATE / _POINTS / 700.0))
    edges = np.linspace(1127.0 * np.log1p(_LOWEST_HZ / 700.0), pitch[-1], _BANDS + 2)
    step = edges[1] - edges[0]
    bands = np.maximum(0.0, 1.0 - np.abs(pitch[:, None] - edges[None, 1:-1]) / step)
    bands[-1] = 0.0  # Kaldi leaves the highest frequency out
    return window.astype(np.float32), bands.astype(np.float32)
