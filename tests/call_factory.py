"""Calls made by code out of the sample meetings: each speaker in a channel of their own, with echoes and noise."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from aiprov.audio import SAMPLE_RATE, decode
from audio_factory import Samples, encode

SAMPLES = Path(__file__).parents[1] / "recipes" / "samples"
_KINDS = {"wav": ("pcm_s16le", "wav"), "mp3": ("libmp3lame", "mp3"), "m4a": ("aac", "ipod"), "ogg": ("libopus", "ogg")}


@cache
def turns_of(name: str) -> list[dict[str, Any]]:
    return list(json.loads((SAMPLES / f"{name}.truth.json").read_text(encoding="utf-8"))["turns"])


@cache
def voices(name: str = "customer-interview", seconds: float = 30.0) -> Samples:
    """What each speaker says in the turns that end within some seconds: (speakers, samples) at 16 kHz."""
    with decode(SAMPLES / f"{name}.mp3") as recording:
        mix = np.concatenate(list(recording))
    turns = [turn for turn in turns_of(name) if turn["end"] < seconds]
    people = list(dict.fromkeys(turn["speaker"] for turn in turns))
    apart = np.zeros((len(people), int((max(turn["end"] for turn in turns) + 0.5) * SAMPLE_RATE)), np.float32)
    for turn in turns:
        stretch = slice(int(turn["start"] * SAMPLE_RATE), int((turn["end"] + 0.05) * SAMPLE_RATE))
        apart[people.index(turn["speaker"]), stretch] = mix[stretch]
    return apart


def said(name: str = "customer-interview", seconds: float = 30.0) -> list[str]:
    """The text of each speaker."""
    turns = [turn for turn in turns_of(name) if turn["end"] < seconds]
    people = dict.fromkeys(turn["speaker"] for turn in turns)
    return [" ".join(turn["text"] for turn in turns if turn["speaker"] == person) for person in people]


def db(level: float) -> float:
    return float(10 ** (level / 20))


def hiss(samples: int, level_db: float, seed: int = 0) -> Samples:
    noise = np.random.default_rng(seed).standard_normal(samples) * db(level_db)
    return np.asarray(noise, np.float32)


def late(samples: Samples, by_ms: float) -> Samples:
    return np.roll(samples, int(by_ms * SAMPLE_RATE / 1000)) if by_ms else samples


def call(
    apart: Samples,
    *,
    gap_db: float = 0.0,
    echo_db: float | None = None,
    late_ms: float = 30.0,
    noise_db: tuple[float, float] = (-75.0, -90.0),
) -> Samples:
    """Two voices in a channel each.

    Args:
        apart: The voices.
        gap_db: How far the second is below the first.
        echo_db: How loud each is in the other's channel.
        late_ms: How much later it comes there.
        noise_db: The noise of each channel.
    """
    one, other = apart[0], apart[1] * db(-gap_db)
    crossing = 0.0 if echo_db is None else db(echo_db)
    sides = [one + crossing * late(other, late_ms), other + crossing * late(one, late_ms)]
    return np.stack([side + hiss(len(side), noise_db[at], at) for at, side in enumerate(sides)]).astype(np.float32)


def write(path: Path, channels: Samples) -> Path:
    """Encode channels as the path's suffix says."""
    codec, container = _KINDS[path.suffix[1:]]
    layout = {1: "mono", 2: "stereo"}.get(len(channels), f"{len(channels)} channels")
    return encode(path, channels.astype(np.float32), SAMPLE_RATE, codec, container, layout=layout)


def power(samples: Samples, width: int = 3200) -> Samples:
    """The mean power of the samples around each."""
    summed = np.cumsum(np.concatenate([np.zeros(width), samples.astype(np.float64) ** 2]))
    return np.roll((summed[width:] - summed[:-width]) / width, -width // 2).astype(np.float32)
