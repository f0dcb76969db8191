"""Clips of speech on a time line: reading, trimming, levelling, mixing and writing mp3.

Knows nothing of synthesisers, corpora, models or scores. All sound is mono float32 at `RATE`, full scale 1.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
_FRAME = RATE // 100
_AUDIBLE_BELOW_LOUDEST_DB = 36.0
_HIGHEST_PEAK = 0.9
_MP3_FRAME = 576

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Placed:
    """A clip and the second at which its first sample stands."""

    clip: Sound
    start_s: float

    @property
    def end_s(self) -> float:
        return self.start_s + len(self.clip) / RATE


def read(path: Path) -> Sound:
    """Decode an audio file that is known to be sound."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    with av.open(str(path)) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().ravel() for frame in frames]).astype(np.float32)


def trimmed(sound: Sound) -> Sound:
    """Cut the silence at both ends, to the 10 ms in which the voice is first and last heard.

    Heard means at most 36 dB below the loudest 10 ms: that keeps an opening f or s and drops a synthesiser's hiss.
    """
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    level = _db(np.sqrt((frames**2).mean(axis=1)))
    heard = np.flatnonzero(level >= level.max() - _AUDIBLE_BELOW_LOUDEST_DB)
    return sound[heard[0] * _FRAME : (heard[-1] + 1) * _FRAME]


def levelled(sound: Sound, level_db: float) -> Sound:
    """Scale so that the root mean square stands at `level_db` (dB below full scale)."""
    return (sound * 10 ** ((level_db - float(_db(np.sqrt((sound**2).mean())))) / 20)).astype(np.float32)


def mixed(clips: list[Placed], tail_s: float, noise_db: float, rng: np.random.Generator) -> Sound:
    """Sum the clips over room noise at `noise_db`; `tail_s` of noise follows the last one.

    A sum that would come near clipping is turned down as a whole, so levels keep their distances.
    """
    samples = round((max(clip.end_s for clip in clips) + tail_s) * RATE)
    track = _room_noise(samples, noise_db, rng)
    for placed in clips:
        first = round(placed.start_s * RATE)
        track[first : first + len(placed.clip)] += placed.clip
    return track * np.float32(min(1.0, _HIGHEST_PEAK / float(np.abs(track).max())))


def write_mp3(sound: Sound, path: Path, bit_rate: int = 40_000) -> None:
    """Encode as mono mp3; a decoder that honours the header's delay gives the same samples' times back."""
    pcm = (sound * 32767).round().astype(np.int16)
    with av.open(str(path), "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="mono", bit_rate=bit_rate)
        for first in range(0, len(pcm), _MP3_FRAME):
            frame = av.AudioFrame.from_ndarray(pcm[None, first : first + _MP3_FRAME], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _room_noise(samples: int, level_db: float, rng: np.random.Generator) -> Sound:
    """Noise whose power falls by 3 dB an octave, as rooms and fans have it, from 50 Hz up."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    hertz = np.fft.rfftfreq(samples, 1 / RATE)
    spectrum *= np.where(hertz < 50, 0, 1 / np.sqrt(np.maximum(hertz, 50)))
    return levelled(np.fft.irfft(spectrum, samples).astype(np.float32), level_db)


def _db(amplitude: NDArray[np.float32]) -> NDArray[np.float32]:
    decibels: NDArray[np.float32] = 20 * np.log10(np.maximum(amplitude, 1e-7))
    return decibels
