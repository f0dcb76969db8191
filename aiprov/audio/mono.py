"""Frames of any rate, format and layout become float32 samples at one rate: mixed, of one channel, or of each.

Knows nothing of what the channels carry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.audio.frame import AudioFrame

    Samples = npt.NDArray[np.float32]
    # What becomes of the channels: (channels, samples) to (rows, samples). How many rows follows from the channels.
    Mix = Callable[[Samples], Samples]

SAMPLE_RATE = 16_000
# Values (samples times channels) in one pass: some seconds, so that numpy's calls cost nothing; 2 MB whatever comes.
_CHUNK = 1 << 19


class Mixer:
    """Collects decoded frames and gives blocks (rows, samples); frames may change their parameters at any time.

    Args:
        mix: `mixed`, `only(channel)` or `each`.
        rate: Samples per second of the blocks.
    """

    def __init__(self, mix: Mix, rate: int = SAMPLE_RATE) -> None:
        self._mix = mix
        self._rate = rate
        self._rows = 1
        self._shape: tuple[str, int, int] | None = None
        self._fifo: Any = None
        self._to_float: Any = None
        self._resampler: Any = None

    def push(self, frame: AudioFrame, silence_s: float) -> Iterator[Samples]:
        """Take `silence_s` seconds of silence and then a frame; give what is ready."""
        shape = (frame.format.name, frame.layout.nb_channels, frame.sample_rate)
        if shape != self._shape:
            yield from self.flush()
            self._start(shape)
        if silence_s:
            yield from self._drain()
            yield from self._silence(silence_s)
        frame.pts = None  # the queue would refuse a jump
        self._fifo.write(frame)
        if self._fifo.samples * shape[1] >= _CHUNK:
            yield from self._drain()

    def flush(self) -> Iterator[Samples]:
        """Give the rest, the resampler's tail included."""
        if self._shape is not None:
            yield from self._drain()
            yield from self._resampled(None)
            self._shape = None

    def _start(self, shape: tuple[str, int, int]) -> None:
        import av
        import numpy as np

        self._shape = shape
        self._rows = len(self._mix(np.zeros((shape[1], 1), np.float32)))
        self._fifo = av.AudioFifo()
        self._to_float = av.AudioResampler(format="flt")
        self._resampler = av.AudioResampler(format="flt", layout=_layout(self._rows), rate=self._rate)

    def _drain(self) -> Iterator[Samples]:
        import numpy as np

        frame = self._fifo.read()
        # Interleaved floats, for PyAV (18.1) reads beyond a planar frame's memory from eight channels on.
        for packed in self._to_float.resample(frame) if frame is not None else ():
            samples = packed.to_ndarray().reshape(-1, packed.layout.nb_channels)
            with np.errstate(all="ignore"):  # float recordings may hold anything
                rows = self._mix(np.ascontiguousarray(samples.T))
            yield from self._resampled(rows)

    def _silence(self, length_s: float) -> Iterator[Samples]:
        import numpy as np

        assert self._shape is not None
        left = round(length_s * self._shape[2])
        while left > 0:
            size = min(left, _CHUNK // self._rows)
            yield from self._resampled(np.zeros((self._rows, size), np.float32))
            left -= size

    def _resampled(self, samples: Samples | None) -> Iterator[Samples]:
        import av
        import numpy as np

        frame = None
        if samples is not None:
            assert self._shape is not None
            packed = np.ascontiguousarray(samples.T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=_layout(self._rows))
            frame.sample_rate = self._shape[2]
        for ready in self._resampler.resample(frame):
            if ready is not None:
                # Beyond full scale a player clips, too; what is no number is silence.
                rows = ready.to_ndarray().reshape(-1, self._rows).T
                yield np.nan_to_num(np.clip(rows, -1.0, 1.0), copy=False)


def mixed(channels: Samples) -> Samples:
    """All channels as one."""
    return to_mono(channels)[None]


def only(channel: int) -> Mix:
    """One channel alone, from 0; silence while a recording has fewer."""

    def picked(channels: Samples) -> Samples:
        return channels[channel : channel + 1] if channel < len(channels) else 0 * channels[:1]

    return picked


def each(channels: Samples) -> Samples:
    """Every channel by itself."""
    return channels


def _layout(rows: int) -> str:
    return "mono" if rows == 1 else f"{rows} channels"


def to_mono(channels: Samples) -> Samples:
    """Mix channels (channels, samples) down to their mean, or to the loudest one where the mean cancels.

    A microphone wired with swapped poles gives a stereo recording whose mean is near silence. Uncorrelated channels
    leave a mean of the sum of their powers over n²; a tenth of that can only be cancellation.
    """
    import numpy as np

    mono: Samples = channels[0]
    if len(channels) > 1:
        mono = channels.mean(axis=0, dtype=np.float32)
        powers = np.einsum("cs,cs->c", channels, channels)
        if np.dot(mono, mono) < 0.1 * powers.sum() / len(channels) ** 2:
            mono = channels[int(powers.argmax())]
    return mono
