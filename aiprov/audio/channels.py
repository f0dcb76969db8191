"""Do a recording's channels carry different voices, and how loud is each of them when?

Knows what a call and a room sound like in figures; nothing of what is said.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from aiprov.audio.excerpts import excerpts
from aiprov.audio.likeness import RATE, STEP, STEP_S, Figures, Pair, active, compared, levels_db, measured, shortest
from aiprov.audio.mono import Mixer, each, only
from aiprov.audio.reader import Reader
from aiprov.audio.source import open_source, reading
from aiprov.core.crossing import Levels

if TYPE_CHECKING:
    from aiprov.audio.mono import Samples

# Each channel is transcribed by itself: with more, that is a mixing desk's business.
_MOST = 8


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """What a recording's channels carry, as far as some stretches of it tell.

    Attributes:
        channels: How many there are.
        voices: Those to be transcribed by themselves, from 0: two or more when they carry different voices, the only
            one that is not silent, or none: then the mix of all is what there is to hear.
        why: `separate` (different voices), `one voice`, `alike` (the same sound in two of them), `silent`, `mono`, or
            `too many`.
        levels_db: How loud each channel is in its loud moments, in dB below full scale.
        distance_db: Between who is louder while one and while the other speaks; the least of all pairs.
        decided: Share (0..1) of the active time in which one channel is clearly louder; the least of all pairs.
        correlation: The median correlation (0..1) at lags up to 50 ms; the largest of all pairs.
        heard_s: Seconds that were measured.
    """

    channels: int
    voices: tuple[int, ...]
    why: str
    levels_db: tuple[float, ...] = ()
    distance_db: float = 0.0
    decided: float = 0.0
    correlation: float = 1.0
    heard_s: float = 0.0

    @property
    def split(self) -> bool:
        """Whether the channels should be transcribed by themselves."""
        return len(self.voices) > 1


def channels_of(path: Path, check: Callable[[], None] = lambda: None) -> ChannelReport:
    """Say whether a recording's channels carry different voices; at most five minutes of it are decoded.

    Args:
        path: The recording.
        check: Raises to stop.

    Raises:
        InputError: It cannot be read as audio.
        ConfigError: The extra `speech` is not installed.
    """
    source = open_source(path)
    try:
        channels = source.track.codec_context.channels
        if not 1 < channels <= _MOST:
            return ChannelReport(channels, (), "mono" if channels < 2 else "too many")
        with reading(path):
            return _report(measured(excerpts(source, RATE, check), channels))
    finally:
        source.close()


def levels_of(path: Path, channels: Sequence[int], check: Callable[[], None] = lambda: None) -> Levels:
    """How loud some channels are all the time: the whole recording is decoded, some 3 s of work for an hour of it.

    Args:
        path: The recording.
        channels: Which, from 0; the curves stand in the same order.
        check: Raises to stop.

    Raises:
        InputError, ConfigError: As for `channels_of`.
    """
    curves = [array("f") for _ in channels]
    for block in _steady(_whole(path, check)):
        for curve, channel in zip(curves, channels, strict=True):
            curve.extend(levels_db(only(channel)(block), STEP)[0])
    return Levels(STEP_S, tuple(curves))


def _report(figures: Figures) -> ChannelReport:
    import numpy as np

    channels = len(figures.levels)
    if not figures.levels.size:
        return ChannelReport(channels, (), "silent")
    flags = active(figures)
    voices = tuple(channel for channel in range(channels) if flags[channel].sum() >= shortest(flags))
    pairs = [compared(figures, *pair) for pair in combinations(voices, 2)]
    loud = tuple(float(level) for level in np.quantile(figures.levels, 0.95, axis=1))
    return _judged(channels, voices, pairs, loud, figures.heard_s)


def _judged(
    channels: int, voices: tuple[int, ...], pairs: Sequence[Pair], loud: tuple[float, ...], heard_s: float
) -> ChannelReport:
    if not pairs:
        return ChannelReport(channels, voices, "one voice" if voices else "silent", loud, heard_s=heard_s)
    apart = all(pair.apart for pair in pairs)
    return ChannelReport(
        channels,
        voices if apart else (),
        "separate" if apart else "alike",
        loud,
        min(pair.distance_db for pair in pairs),
        min(pair.decided for pair in pairs),
        max(pair.correlation for pair in pairs),
        heard_s,
    )


def _whole(path: Path, check: Callable[[], None]) -> Iterator[Samples]:
    """All of a recording in blocks (channels, samples) at RATE, silence where it is damaged."""
    source = open_source(path)
    try:
        with reading(path):
            mixer = Mixer(each, RATE)
            for frame, silence_s in Reader(source).frames():
                check()
                yield from mixer.push(frame, silence_s)
            yield from mixer.flush()
    finally:
        source.close()


def _steady(blocks: Iterator[Samples]) -> Iterator[Samples]:
    """The same samples in blocks of whole steps; the last one is filled up."""
    import numpy as np

    held: Samples | None = None
    for block in blocks:
        joined = block if held is None or len(held) != len(block) else np.concatenate([held, block], axis=1)
        size = joined.shape[1] - joined.shape[1] % STEP
        yield joined[:, :size]
        held = joined[:, size:]
    if held is not None and held.shape[1]:
        yield np.pad(held, ((0, 0), (0, STEP - held.shape[1])))
