"""Meetings of tones, and networks that hear tones: each speaker is a pitch, so that who speaks is known exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from aiprov.errors import Stopped
from aiprov.providers.local.speakers.features import SAMPLE_RATE, features_of
from aiprov.providers.local.speakers.networks import DIMS, FIRST_S, FRAME_S, FRAMES, PEOPLE

PITCHES = (200.0, 400.0, 700.0, 1100.0, 1700.0, 2500.0)
Said = tuple[float, float, int]


def meeting(said: Sequence[Said], length_s: float) -> Any:
    """Samples in which each speaker's tone sounds when that speaker speaks."""
    times = np.arange(int(length_s * SAMPLE_RATE)) / SAMPLE_RATE
    samples = np.zeros(len(times), np.float32)
    for start, end, speaker in said:
        on = (times >= start) & (times < end)
        samples[on] += (0.1 * np.sin(2 * np.pi * PITCHES[speaker] * times[on])).astype(np.float32)
    return samples


def blocks(samples: Any, size: int) -> Iterator[Any]:
    """The samples in blocks."""
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


class Tones:
    """Hears tones as the real networks hear people, and numbers them anew in each window.

    Args:
        deaf: Takes these two speakers for one person, as the real network does with voices that are alike.
    """

    def __init__(self, _folder: Path | None = None, deaf: tuple[int, int] | None = None) -> None:
        self.deaf = deaf
        self.windows = 0

    def activity(self, samples: Any, speaks: float = 0.5) -> Any:
        self.windows += 1
        around, waves = _probes()
        speaking = np.hypot(*(samples[around] @ wave for wave in waves)) > 0.06 * speaks
        if self.deaf:
            speaking[:, self.deaf[0]] |= speaking[:, self.deaf[1]]
            speaking[:, self.deaf[1]] = False
        there = sorted(np.flatnonzero(speaking.any(axis=0)), key=lambda each: int(speaking[:, each].argmax()))
        activity = np.zeros((FRAMES, PEOPLE), bool)
        for person, speaker in enumerate(there[:PEOPLE]):
            activity[:, person] = speaking[:, speaker]
        return activity

    def voice(self, features: Any) -> Any:
        energy = np.exp(features[:, _bands()]).mean(axis=0)
        voice = np.zeros(DIMS, np.float32)
        voice[: len(PITCHES)] = energy / np.linalg.norm(energy)
        return voice


@cache
def _probes() -> tuple[Any, list[Any]]:
    """Which samples tell of each frame of activity, and the waves to hold against them."""
    middles = ((FIRST_S + np.arange(FRAMES) * FRAME_S) * SAMPLE_RATE).astype(int)
    phases = 2 * np.pi * np.outer(np.arange(320) / SAMPLE_RATE, PITCHES)
    around = np.clip(middles[:, None] + np.arange(-160, 160), 0, 159_999)
    return around, [(wave(phases) / 320).astype(np.float32) for wave in (np.cos, np.sin)]


@cache
def _bands() -> list[int]:
    """The band of features in which each speaker is loudest."""
    return [int(features_of(meeting([(0, 1, each)], 1.0)).mean(axis=0).argmax()) for each in range(len(PITCHES))]


def stop_after(calls: int) -> Any:
    """A check that stops at its n-th call."""
    left = iter(range(calls))

    def check() -> None:
        if next(left, None) is None:
            raise Stopped("enough")

    return check
