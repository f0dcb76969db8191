"""The loop over packets: damaged ones cost their own moment, the rest of the recording is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aiprov.audio.promise import promised_s
from aiprov.audio.source import Source, plausible, reason, unreadable
from aiprov.audio.timeline import Timeline
from aiprov.errors import InputError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.packet import Packet

# A demuxer that fails this often without giving one packet is stuck.
_MAX_FAILURES = 1000
_MIN_DECODED_S = 0.01
# A larger file without sound is not empty: its index is lost.
_MOST_EMPTY_BYTES = 1 << 16
# Bytes that a packet may have: so many, and so many for each sample that it holds.
_MOST_OVERHEAD, _MOST_BYTES = 4096, 8
# What may follow or interrupt an mp3's audio without being audio.
_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
# What may stand behind the last fragment of an mp4.
_CLOSING_BOXES = frozenset({b"mfra", b"moov", b"free", b"skip", b"udta", b"meta", b"uuid"})


class Reader:
    """Gives every frame of a source that can be decoded, each with the silence that belongs before it.

    Attributes:
        timeline: What was read so far, and the damage in it.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._promised_s = promised_s(source)
        self.timeline = Timeline(self._promised_s, timed=source.timed, pauses=source.pauses)
        self._origin_s = source.origin_s
        self._tick_s = float(source.track.time_base or 0)
        self._first_failure: str | None = None
        self._read_to: int | None = None  # byte behind the last packet of any track
        self._others_s = 0.0  # how far the other tracks came
        self._in_tag = False
        self._stuck = False

    def frames(self) -> Iterator[tuple[AudioFrame, float]]:
        """Frames, and the seconds of silence before each.

        Raises:
            InputError: Nothing could be decoded (`unreadable_audio`), or there was nothing to decode (`empty_audio`).
        """
        for packet in self._packets():
            yield from self._placed(packet)
        self._finish()

    def _packets(self) -> Iterator[Packet[Any]]:
        """Packets of the audio track; a demuxer that fails is asked again, for it stands behind the damage then."""
        import av

        failures = 0
        while failures < _MAX_FAILURES:
            try:
                for packet in self._source.container.demux():
                    failures = 0
                    self._follow(packet)
                    if packet.stream_index == self._source.track.index:
                        yield packet
                return
            except av.error.FFmpegError as error:
                failures += 1
                self._fail(0, reason(error))
        self._stuck = True

    def _follow(self, packet: Packet[Any]) -> None:
        """Notice bytes that the demuxer passed over, and how far the other tracks reach."""
        if packet.stream_index != self._source.track.index and packet.pts is not None and packet.time_base:
            self._others_s = max(self._others_s, float(packet.pts * packet.time_base) - self._origin_s)
        if packet.pos is None or packet.pos < 0 or not packet.size:
            return
        if self._read_to is not None and packet.pos > self._read_to:
            self.timeline.lose(packet.pos - self._read_to, failed=False)
        self._read_to = packet.pos + packet.size

    def _placed(self, packet: Packet[Any]) -> Iterator[tuple[AudioFrame, float]]:
        frames = self._decoded(packet)
        if frames is None:
            return
        # A damaged index can make one packet of everything that follows; no codec needs more than its samples do.
        most = _MOST_OVERHEAD + sum(_MOST_BYTES * frame.samples * frame.layout.nb_channels for frame in frames)
        size = packet.size if packet.size <= most else 0
        for frame in frames:
            rate, channels = frame.sample_rate, frame.layout.nb_channels
            if not plausible(rate, channels):
                self._fail(size, f"a frame claims {rate} samples per second in {channels} channels")
                continue
            self._in_tag = False
            silence_s = self.timeline.place(self._start_s(frame), frame.samples / rate, size)
            size = 0
            yield frame, silence_s
        if packet.size > most:
            self._fail(packet.size, "a packet is larger than its audio")

    def _start_s(self, frame: AudioFrame) -> float | None:
        return None if frame.pts is None else frame.pts * self._tick_s - self._origin_s

    def _decoded(self, packet: Packet[Any]) -> list[AudioFrame] | None:
        import av

        try:
            frames: list[AudioFrame] = packet.decode()  # type: ignore[assignment]
        except (av.error.FFmpegError, ValueError) as error:
            if packet.size and not self._is_tag(packet):
                self._fail(packet.size, reason(error))
            return None
        return frames

    def _is_tag(self, packet: Packet[Any]) -> bool:
        """Whether undecodable bytes of an mp3 belong to a tag, which may come in many pieces."""
        self._in_tag = self._in_tag or (not self._source.timed and bytes(packet).startswith(_TAGS))
        return self._in_tag

    def _fail(self, size: int, why: str) -> None:
        self._first_failure = self._first_failure or why
        self.timeline.lose(size, failed=True)

    def _finish(self) -> None:
        # Matroska's promise is about the whole file, so whichever track lasts longest keeps it.
        of_file = self._source.track.duration is None and self._promised_s is not None
        kept = of_file and self._others_s > (self._promised_s or 0.0) - 1.0
        self.timeline.finish(unread=self._unread(), claim_holds=not kept)
        if self.timeline.decoded_s < _MIN_DECODED_S:
            raise self._nothing()

    def _nothing(self) -> InputError:
        path, why = self._source.path, self._first_failure
        if why is None and self._source.size > _MOST_EMPTY_BYTES:
            why = "its headers lead to no sound"
        if why is not None:
            return unreadable(path, f"nothing in it can be decoded ({why})")
        return InputError(f"{path} holds no audio", "record again, or leave it out", code="empty_audio")

    def _unread(self) -> int:
        """Bytes of audio that no packet held, as far as one can tell.

        A demuxer that is stuck leaves the rest of the file. libav ends a fragmented mp4 without a word at the first
        fragment whose header is damaged, and passes over damage in ADTS without a trace in the packets' positions.
        """
        source = self._source
        if self._read_to is None or (source.timed and not self._stuck and not source.fragmented):
            return 0
        source.file.seek(self._read_to)
        closing = source.fragmented and source.file.read(8)[4:] in _CLOSING_BOXES
        return 0 if closing else max(0, source.size - self._read_to)
