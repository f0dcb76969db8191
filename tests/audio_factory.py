"""Recordings made by code: something like speech, encoded by PyAV into every format that recorders write."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

# kind: (suffix, encoder, container, samples per second, options of the container)
KINDS: dict[str, tuple[str, str, str, int, dict[str, str]]] = {
    "mp3": (".mp3", "libmp3lame", "mp3", 44_100, {}),
    "mp3 without Xing header": (".mp3", "libmp3lame", "mp3", 44_100, {"write_xing": "0"}),
    "m4a": (".m4a", "aac", "ipod", 44_100, {}),
    "m4a, index first": (".m4a", "aac", "ipod", 44_100, {"movflags": "faststart"}),
    "m4a in fragments": (
        ".mp4",
        "aac",
        "mp4",
        44_100,
        {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "1000000"},
    ),
    "alac": (".m4a", "alac", "ipod", 44_100, {}),
    "alac, index first": (".m4a", "alac", "ipod", 44_100, {"movflags": "faststart"}),
    "aac": (".aac", "aac", "adts", 44_100, {}),
    "wav": (".wav", "pcm_s16le", "wav", 16_000, {}),
    "wav, 24 bits": (".wav", "pcm_s24le", "wav", 48_000, {}),
    "wav, floats": (".wav", "pcm_f32le", "wav", 48_000, {}),
    "wav, 8 bits": (".wav", "pcm_u8", "wav", 8_000, {}),
    "aiff": (".aiff", "pcm_s16be", "aiff", 44_100, {}),
    "flac": (".flac", "flac", "flac", 44_100, {}),
    "ogg": (".ogg", "libopus", "ogg", 48_000, {}),
    "webm": (".webm", "libopus", "webm", 48_000, {}),
    "mkv": (".mkv", "aac", "matroska", 44_100, {}),
    "amr": (".amr", "libopencore_amrnb", "amr", 8_000, {}),
    "wma": (".wma", "wmav2", "asf", 44_100, {}),
}
_LOSSLESS = ("pcm", "flac", "alac")
_BIT_RATES = {"libopus": 24_000, "libopencore_amrnb": 12_200}


def speech(seconds: float, rate: int = 16_000, *, seed: int = 0) -> Samples:
    """Syllables of a voice with changing pitch and pauses between them; no two moments are alike."""
    rng = np.random.default_rng(seed)
    at = np.arange(int(seconds * rate)) / rate
    ticks = np.arange(int(seconds * 4) + 2)
    loud = np.interp(at * 4, ticks, (rng.random(len(ticks)) > 0.3) * rng.uniform(0.2, 1.0, len(ticks)))
    pitch = np.interp(at * 4, ticks, rng.uniform(90, 250, len(ticks)))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(n * phase) / n for n in range(1, 12))
    return (0.2 * loud * voice + rng.normal(0, 0.003, len(at))).astype(np.float32)


def encode(
    path: Path,
    channels: Samples,
    rate: int,
    codec: str,
    container: str,
    *,
    options: dict[str, str] | None = None,
    layout: str = "mono",
    start_s: float = 0.0,
) -> Path:
    """Encode samples, shaped (channels, samples), into a file; `start_s` is the first packet's time."""
    with av.open(str(path), "w", format=container, options=options or {}) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        if not codec.startswith(_LOSSLESS):
            stream.bit_rate = _BIT_RATES.get(codec, 64_000)
        for start in range(0, channels.shape[1], rate):
            part = np.ascontiguousarray(channels[:, start : start + rate].T.reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(part, format="flt", layout=layout)
            frame.sample_rate = rate
            frame.pts = start + int(start_s * rate)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def recording(folder: Path, kind: str, seconds: float = 4.0, *, seed: int = 0, channels: int = 1) -> Path:
    """A recording of `speech` in one of KINDS."""
    suffix, codec, container, rate, options = KINDS[kind]
    voice = np.tile(speech(seconds, rate, seed=seed), (channels, 1))
    layout = {1: "mono", 2: "stereo"}[channels]
    path = folder / f"{kind.replace(' ', '-').replace(',', '')}{suffix}"
    return encode(path, voice, rate, codec, container, options=options, layout=layout)


def damaged(content: bytes, count: int, seed: int) -> tuple[bytes, float]:
    """Overwrite `count` bytes in a row with random ones; also say where, from 0 to 1."""
    dice = random.Random(seed)
    at = dice.randrange(len(content) - count)
    noise = bytes((byte + dice.randrange(1, 256)) % 256 for byte in content[at : at + count])
    return content[:at] + noise + content[at + count :], at / len(content)


def mutated(content: bytes, seed: int, head: int) -> bytes:
    """Change a few bytes among the first `head`, with the values that headers fear most."""
    dice = random.Random(seed)
    changed = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 4, 8, 16))):
        at = dice.randrange(min(head, len(content) - 4))
        new = dice.choice((b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"\x80\0\0\0", dice.randbytes(4)))
        size = dice.choice((1, 1, 1, 4))
        changed[at : at + size] = new[:size]
    return bytes(changed)


def wav_header(rate: int, data_size: int, *, channels: int = 1, bits: int = 16) -> bytes:
    """A wav file's first 44 bytes, saying whatever they are told to."""
    frame = channels * bits // 8
    shape = struct.pack("<HHIIHH", 1, channels, rate, min(rate * frame, 0xFFFFFFFF), frame, bits)
    riff = struct.pack("<4sI4s4sI", b"RIFF", min(data_size + 36, 0xFFFFFFFF), b"WAVE", b"fmt ", 16)
    return riff + shape + struct.pack("<4sI", b"data", data_size)


def offset_s(heard: Samples, truth: Samples, at_s: float, *, within_s: float = 1.0) -> float:
    """How much later than in `truth` the second of sound at `at_s` comes in `heard` (both at 16 kHz)."""
    rate = 16_000
    sample = truth[int(at_s * rate) : int((at_s + 1) * rate)]
    start = max(0, int((at_s - within_s) * rate))
    around = heard[start : int((at_s + 1 + within_s) * rate)]
    size = 1 << (len(around) + len(sample)).bit_length()
    match = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(sample, size)), size)
    match = match[: max(1, len(around) - len(sample) + 1)]
    summed = np.cumsum(np.concatenate([[0.0], around**2]))
    power = (summed[len(sample) :] - summed[: -len(sample)])[: len(match)]
    return (int(np.argmax(match / np.sqrt(power + 1e-6))) + start) / rate - at_s
