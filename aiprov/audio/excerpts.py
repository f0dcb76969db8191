"""Stretches spread over a recording, each channel by itself: enough to judge by, read in a fraction of a second.

Gives no account of times or damage: what cannot be decoded is passed over. Knows nothing of what is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from aiprov.audio.mono import Mixer, each
from aiprov.audio.source import Source, plausible, stated_s

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

    from aiprov.audio.mono import Samples

# Shorter recordings are heard from end to end. Twenty stretches of 15 s hear whoever speaks for a tenth of the time.
_ALL_S = 300.0
_STRETCHES = 20
_STRETCH_S = _ALL_S / _STRETCHES


def excerpts(source: Source, rate: int, check: Callable[[], None]) -> Iterator[Samples]:
    """Give blocks (channels, samples) of a short recording, or of stretches of a long one.

    Args:
        source: Opened, and not read from yet.
        rate: Samples per second of the blocks.
        check: Raises to stop.
    """
    length_s = stated_s(source)
    if length_s is None or length_s <= _ALL_S:
        yield from _heard(source, _ALL_S, rate, check)
        return
    for at in range(_STRETCHES):
        if _stands_at(source, (length_s - _STRETCH_S) * at / (_STRETCHES - 1)):
            yield from _heard(source, _STRETCH_S, rate, check)


def _stands_at(source: Source, at_s: float) -> bool:
    """Go to a place; whether there is a way."""
    import av

    try:
        source.container.seek(int((source.origin_s + at_s) / (source.track.time_base or 1)), stream=source.track)
    except av.error.FFmpegError:
        return False
    return True


def _heard(source: Source, most_s: float, rate: int, check: Callable[[], None]) -> Iterator[Samples]:
    """Blocks of the next `most_s` seconds."""
    mixer, heard_s = Mixer(each, rate), 0.0
    for frame in _frames(source):
        check()
        yield from mixer.push(frame, 0.0)
        heard_s += frame.samples / frame.sample_rate
        if heard_s >= most_s:
            break
    yield from mixer.flush()


def _frames(source: Source) -> Iterator[AudioFrame]:
    """The frames from here on that can be decoded."""
    import av

    try:
        for packet in source.container.demux(source.track):
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError):
                continue
            yield from (frame for frame in frames if plausible(frame.sample_rate, frame.layout.nb_channels))
    except av.error.FFmpegError:
        return  # the next stretch may be whole
