"""What a recording's headers promise about its length, independently of how much of the file is there.

libav shrinks some claims to what it finds and estimates others from the size of the file; a cut recording would then
look whole.
"""

from __future__ import annotations

import io
import struct

from aiprov.audio.riff import chunks
from aiprov.audio.source import MAX_S, Source, stated_s

# Larger data sizes are what programs write into a wav header while they do not know the size yet.
_WAV_SIZE_UNKNOWN = 0x7FFF_0000
_XING_WITHIN = 256


def promised_s(source: Source) -> float | None:
    """The length in seconds that the headers promise, None when they promise none or an absurd one.

    ADTS, AMR, mp3 without a Xing header and fragmented mp4 promise nothing. Ogg's promise is the time of its last
    page, so it does not show a cut either.
    """
    place = source.file.tell()  # libav goes on reading here
    try:
        length_s = _promised(source)
    finally:
        source.file.seek(place)
    return length_s if length_s is not None and 0 < length_s <= MAX_S else None


def _promised(source: Source) -> float | None:
    if source.format == "mp3":
        return _xing_s(source.file)
    if source.fragmented or not source.timed:
        return None
    if source.format == "matroska" and source.track.duration is not None:
        return None  # Matroska speaks of whole files only: libav divided the size by the bit rate
    length_s = stated_s(source)
    if source.format == "wav" and length_s is not None:
        return length_s + _wav_beyond_end_s(source)
    return length_s


def _wav_beyond_end_s(source: Source) -> float:
    """Seconds of audio that a wav header promises beyond the end of the file."""
    for name, place, size in chunks(source.file, source.size):
        if name == b"data":
            beyond = place + size - source.size
            rate = (source.track.codec_context.bit_rate or 0) / 8
            return beyond / rate if beyond > 0 and rate and size < _WAV_SIZE_UNKNOWN else 0.0
    return 0.0


def _xing_s(file: io.FileIO) -> float | None:
    """The length that an mp3's first frame promises in its Xing (or Info) header, by a number of frames.

    Source: MPEG audio frame header: sync, then version in bits 3-4 of byte 1 (3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5) and
    sampling rate in bits 2-3 of byte 2. Xing header: name, 32-bit flags (bit 0: frames present), frames.
    """
    frame = _after_id3(file)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    sync = frame.rfind(b"\xff", 0, max(at, 0))
    if at < 0 or sync < 0 or at + 12 > len(frame) or not frame[at + 7] & 1:
        return None
    version, code = frame[sync + 1] >> 3 & 3, frame[sync + 2] >> 2 & 3
    if version == 1 or code == 3:
        return None
    rate = (44_100, 48_000, 32_000)[code] >> {3: 0, 2: 1, 0: 2}[version]
    frames: int = struct.unpack_from(">I", frame, at + 8)[0]
    return frames * (1152 if version == 3 else 576) / rate


def _after_id3(file: io.FileIO) -> bytes:
    """The first bytes behind the ID3v2 tags, each of which states its size in four bytes of 7 bits."""
    place = 0
    for _ in range(8):
        file.seek(place)
        head = file.read(_XING_WITHIN)
        if head[:3] != b"ID3" or len(head) < 10:
            return head
        place += 10 + sum((byte & 0x7F) << 7 * (3 - at) for at, byte in enumerate(head[6:10]))
    return b""
