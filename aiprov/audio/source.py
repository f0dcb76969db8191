"""From a path to an opened container: regular files only, few formats, few decoders, nothing else is ever opened.

The container library sees an open file and no name, so that a name can neither be taken for an address nor decide the
format, and it may not open anything further.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aiprov.audio.mono import SAMPLE_RATE
from aiprov.audio.riff import chunks
from aiprov.errors import ConfigError, InputError

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.stream import AudioStream
    from av.container import InputContainer

__all__ = ["SAMPLE_RATE", "Probe", "Source", "open_source", "probe"]

MAX_S = 24 * 3600.0
MIN_RATE, MAX_RATE = 8_000, 192_000
MAX_CHANNELS = 32
_LARGEST_CHUNK = 1 << 26

# What meeting recorders, phones and conference services write. Each has its libav demuxer's name.
FORMATS = ("mp3", "mov", "wav", "flac", "ogg", "matroska", "aiff", "aac", "amr", "asf")
_READABLE = "mp3, m4a, mp4, mov, wav, flac, ogg, opus, mkv, mka, webm, aiff, aac, amr, wma"
# Formats whose packets carry no times of their own: libav counts, and counts wrong across damage.
_UNTIMED = frozenset({"mp3", "aac", "amr"})
# Formats in which recorders leave out what they did not hear.
_WITH_PAUSES = frozenset({"mov", "matroska", "asf"})
# fmt: off
DECODERS = frozenset({
    "aac", "ac3", "adpcm_ima_wav", "adpcm_ms", "alac", "amrnb", "amrwb", "eac3", "flac", "g722", "gsm", "gsm_ms", "mp2",
    "mp2float", "mp3", "mp3float", "opus", "pcm_alaw", "pcm_f32be", "pcm_f32le", "pcm_f64be", "pcm_f64le", "pcm_mulaw",
    "pcm_s16be", "pcm_s16le", "pcm_s24be", "pcm_s24le", "pcm_s32be", "pcm_s32le", "pcm_s8", "pcm_u8", "speex", "vorbis",
    "wmalossless", "wmapro", "wmav1", "wmav2", "wmavoice",
})
# fmt: on
_CONVERT = "convert it first, for example: ffmpeg -i RECORDING recording.flac"
_AGAIN = "listen to it in a player; if it plays there, " + _CONVERT


@dataclass(frozen=True, slots=True)
class Probe:
    """What a recording's headers say; nothing of it is checked against the audio.

    Attributes:
        duration_s: The container's claim or the library's estimate, None when there is none.
        format: The container (`mp3`, `mov`, `wav`, `flac`, `ogg`, `matroska`, ...), by content, not by name.
        codec: The decoder's name.
        channels: How many channels the audio track has.
        sample_rate: Samples per second and channel; some codecs double it while decoding.
        size_bytes: Size of the file.
    """

    duration_s: float | None
    format: str
    codec: str
    channels: int
    sample_rate: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Source:
    """An opened recording and its first audio track that can be decoded."""

    path: Path
    file: io.FileIO
    size: int
    container: InputContainer
    track: AudioStream

    @property
    def format(self) -> str:
        """The container's short name, one of FORMATS."""
        return self.container.format.name.split(",")[0]

    @property
    def timed(self) -> bool:
        """Whether packets carry times of their own."""
        return self.format not in _UNTIMED

    @property
    def pauses(self) -> bool:
        """Whether the container may hold pauses that are no damage."""
        return self.format in _WITH_PAUSES

    @property
    def fragmented(self) -> bool:
        """Whether this is an mp4 that was written piece by piece: its index lists no samples."""
        return self.format == "mov" and not self.track.frames

    @property
    def origin_s(self) -> float:
        """The time stamp at which playing begins."""
        return (self.container.start_time or 0) / 1e6

    def close(self) -> None:
        """Close the container and the file. Safe to call twice."""
        self.container.close()
        self.file.close()


class _Bytes(io.FileIO):
    """A file whose impossible seeks fail the way libav expects; PyAV would print exceptions that pile up."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        try:
            return super().seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1


def probe(path: Path) -> Probe:
    """Read a recording's headers, and no more than the first moments of audio.

    Raises:
        InputError: Not found, not a regular file, or nothing that could be decoded.
        ConfigError: The extra `speech` is not installed.
    """
    source = open_source(path)
    context = source.track.codec_context
    try:
        with reading(path):
            return Probe(
                duration_s=stated_s(source),
                format=source.format,
                codec=context.codec.name,
                channels=context.channels,
                sample_rate=context.sample_rate,
                size_bytes=source.size,
            )
    finally:
        source.close()


def open_source(path: Path) -> Source:
    """Open a recording for decoding. Raises like `probe`; the caller closes what it gets."""
    file = _open_regular(path)
    try:
        size = os.fstat(file.fileno()).st_size
        with reading(path):
            _refuse_swollen_chunks(path, file, size)
            container = _open_container(path, file)
            return Source(path, file, size, container, _audio_track(path, container))
    except BaseException:
        file.close()
        raise


def stated_s(source: Source) -> float | None:
    """How long the container says the recording is, or how long libav believes it is; None without a usable figure."""
    track, container = source.track, source.container
    if track.duration is not None and track.time_base is not None:
        late_s = float((track.start_time or 0) * track.time_base) - source.origin_s
        length_s = float(track.duration * track.time_base) + late_s
    else:
        length_s = (container.duration or 0) / 1e6
    return length_s if length_s > 0 else None


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever the container library raises into an InputError."""
    try:
        yield
    except (ConfigError, InputError):
        raise
    except Exception as error:
        raise unreadable(path, reason(error)) from error


def unreadable(path: Path, why: str, hint: str = _AGAIN) -> InputError:
    """Say that nothing can be decoded from `path`, and why."""
    return InputError(f"cannot read {path} as audio: {why}", hint, code="unreadable_audio")


def reason(error: Exception) -> str:
    """The library's own words without its numbers and file names."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return words[0].lower() + words[1:]


def _open_regular(path: Path) -> io.FileIO:
    """Open a regular file; anything else is refused before it is opened, for a FIFO would block and a tape rewind."""
    try:
        _must_be_regular(path, path.stat().st_mode)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise InputError(f"{path} does not exist", "check the name", code="not_found") from error
    except OSError as error:
        hint = "check the file's permissions and its disk"
        raise InputError(f"cannot open {path}: {error.strerror}", hint, code="unreadable_audio") from error
    file = _Bytes(descriptor)
    try:
        _must_be_regular(path, os.fstat(descriptor).st_mode)  # it may have been swapped since
    except InputError:
        file.close()
        raise
    return file


def _must_be_regular(path: Path, mode: int) -> None:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    if not stat.S_ISREG(mode):
        kind = kinds.get(stat.S_IFMT(mode), "a device")
        raise InputError(f"{path} is {kind}, not a recording", "name a file", code="not_a_file")


def _refuse_swollen_chunks(path: Path, file: io.FileIO, size: int) -> None:
    """libav fills memory for a text in a wav file as large as its header claims, gigabytes for one damaged byte."""
    for name, place, claimed in chunks(file, size):
        if name != b"data" and claimed > _LARGEST_CHUNK and place + claimed > size:
            raise unreadable(path, f"its header claims {claimed} bytes where there are {size - place}")
    file.seek(0)


def _open_container(path: Path, file: io.FileIO) -> InputContainer:
    try:
        import av
    except ImportError as error:
        raise ConfigError("reading audio needs PyAV, which is not installed", "pip install 'aiprov[speech]'") from error
    limits = {
        "format_whitelist": ",".join(FORMATS),
        "codec_whitelist": ",".join(DECODERS),
        "protocol_whitelist": "none",
    }
    try:
        return av.open(file, "r", options=limits, metadata_errors="ignore", buffer_size=1 << 18)
    except av.error.ArgumentError as error:
        raise unreadable(path, _look(file) or f"its format is none of {_READABLE}", _CONVERT) from error
    except av.error.FFmpegError as error:
        raise unreadable(path, _look(file) or reason(error)) from error


def _look(file: io.FileIO) -> str | None:
    """Say in a listener's words why no format was recognised, where the first bytes tell."""
    file.seek(0)
    head = file.read(4096)
    if not head:
        return "the file is empty"
    if not any(head):
        return "it begins with nothing but zero bytes"
    if head[4:8] == b"ftyp":
        return "its index is missing or damaged, as in a recording that was never finished"
    if all(byte >= 32 or byte in b"\t\n\r\f" for byte in head) and head.isascii():
        return "it is text"
    return None


def _audio_track(path: Path, container: InputContainer) -> AudioStream:
    """The first audio track with an allowed decoder; recorders put the mix first."""
    tracks = container.streams.audio
    if not tracks:
        raise unreadable(path, "it has no audio track", "export its sound, or name another file")
    usable = [t for t in tracks if t.codec_context is not None and t.codec_context.codec.name in DECODERS]
    if not usable:
        raise unreadable(path, f"{_codec(tracks[0])} is not a codec that is read here", _CONVERT)
    context = usable[0].codec_context
    rate, channels = context.sample_rate, _forget_layout(context)
    if rate and not plausible(rate, max(channels, 1)):
        raise unreadable(path, f"its header claims {rate} samples per second in {channels} channels")
    if context.codec.name == "flac":
        # FLAC frames carry checksums: a damaged one is silence, not noise.
        context.options = {"err_detect": "crccheck+explode"}
    return usable[0]


def _codec(track: AudioStream) -> str:
    # PyAV leaves a track without a context when no decoder exists.
    return "the unknown codec of its audio track" if track.codec_context is None else track.codec_context.codec.name


def _forget_layout(context: AudioCodecContext) -> int:
    """Forget which channel is left or right, for all are mixed into one, and return their number.

    An mp4 may describe its channels in an order of its own. PyAV (18.1) frees the memory of such a layout twice, which
    aborts the process; replaced before decoding by a mere number, it is freed once.
    """
    channels = context.layout.nb_channels
    if channels:
        context.layout = f"{channels} channels"
    return channels


def plausible(rate: int, channels: int) -> bool:
    """Whether a recorder can have meant this; a rate of 1 Hz would swell 96 KB to gigabytes at 16 kHz."""
    return MIN_RATE <= rate <= MAX_RATE and 1 <= channels <= MAX_CHANNELS
