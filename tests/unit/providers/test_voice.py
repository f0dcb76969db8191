"""Voice activity detection on real speech, on noise, and over recordings of many windows."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiprov.audio import decode
from aiprov.core.speech import Span
from aiprov.providers.local.voice import SAMPLE_RATE, Voice, Window

SAMPLES = Path(__file__).parents[3] / "recipes" / "samples"
NAME = "customer-interview"


@cache
def meeting() -> tuple[np.ndarray, list[dict[str, Any]]]:
    truth = json.loads((SAMPLES / f"{NAME}.truth.json").read_text(encoding="utf-8"))
    with decode(SAMPLES / f"{NAME}.mp3") as recording:
        return np.concatenate(list(recording)), truth["turns"]


def covered(spans: list[Span], start: float, end: float) -> float:
    return sum(span.overlap(start, end) for span in spans) / (end - start)


def noise(seconds: float, level: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, level, int(seconds * SAMPLE_RATE)).astype(np.float32)


def hum(seconds: float) -> np.ndarray:
    at = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.3 * np.sin(2 * np.pi * 50 * at) + 0.1 * np.sin(2 * np.pi * 1000 * at)).astype(np.float32)


@pytest.mark.parametrize("gain", [1.0, 0.001], ids=["as recorded", "very quiet"])
def test_every_turn_of_a_meeting_is_heard_from_its_start_to_its_end(gain: float) -> None:
    samples, turns = meeting()
    spans = Voice(0.5).speech((samples * gain).astype(np.float32))
    for turn in turns:
        assert covered(spans, turn["start"], turn["end"]) > 0.75
        assert min(abs(span.start - turn["start"]) for span in spans) < 0.3
        assert min(abs(span.end - turn["end"]) for span in spans) < 0.5


@pytest.mark.parametrize("gain", [1.0, 0.001], ids=["as recorded", "very quiet"])
def test_pauses_between_turns_are_mostly_silent(gain: float) -> None:
    samples, turns = meeting()
    spans = Voice(0.5).speech((samples * gain).astype(np.float32))
    pauses = [(one["end"], other["start"]) for one, other in pairwise(turns) if other["start"] - one["end"] > 0.6]
    assert pauses
    assert all(covered(spans, *pause) < 0.6 for pause in pauses)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0), np.zeros(100), np.zeros(SAMPLE_RATE * 5), noise(5, 0.001), noise(5, 0.2), hum(5)],
    ids=["nothing", "a moment", "silence", "hiss", "loud noise", "a hum"],
)
def test_what_is_no_voice_is_not_heard(samples: np.ndarray) -> None:
    assert Voice(0.5).speech(samples.astype(np.float32)) == []


def test_a_higher_threshold_hears_less() -> None:
    samples = meeting()[0][: 30 * SAMPLE_RATE] + noise(30, 0.01)
    heard = [sum(span.length for span in Voice(threshold).speech(samples)) for threshold in (0.2, 0.5, 0.9)]
    assert heard[0] >= heard[1] >= heard[2] > 0


def test_windows_follow_each_other_without_a_gap_and_no_speech_is_cut_where_there_is_a_silence() -> None:
    samples, turns = meeting()
    length = len(samples) / SAMPLE_RATE
    five = np.tile(samples, 5)
    windows = list(Voice(0.5).windows(np.array_split(five, 23)))
    assert len(windows) >= 2
    assert np.array_equal(np.concatenate([window.samples for window in windows]), five)
    for before, after in pairwise(windows):
        assert after.offset == pytest.approx(before.offset + len(before.samples) / SAMPLE_RATE)
        inside = (after.offset % length) + 0.0
        assert not any(turn["start"] + 0.3 < inside < turn["end"] - 0.3 and _talks(inside) for turn in turns)
    spans = [span for window in windows for span in window.speech]
    assert all(one.end <= other.start for one, other in pairwise(spans))
    for window in windows:
        ends = window.offset + len(window.samples) / SAMPLE_RATE
        assert all(window.offset <= span.start < span.end <= ends for span in window.speech)
    for copy in range(5):
        assert all(covered(spans, copy * length + t["start"], copy * length + t["end"]) > 0.7 for t in turns)


@cache
def _speech() -> tuple[Span, ...]:
    return tuple(Voice(0.5).speech(meeting()[0]))


def _talks(at: float) -> bool:
    return any(span.start + 0.1 < at < span.end - 0.1 for span in _speech())


def test_a_short_recording_is_one_window() -> None:
    samples = meeting()[0][: 20 * SAMPLE_RATE]
    (window,) = Voice(0.5).windows(np.array_split(samples, 7))
    assert (window.offset, len(window.samples), window.speech) == (0.0, len(samples), Voice(0.5).speech(samples))
    assert list(Voice(0.5).windows([])) == []


def test_a_cut_says_where_its_samples_begin_and_stays_inside_the_window() -> None:
    samples = np.arange(10 * SAMPLE_RATE, dtype=np.float32)
    window = Window(100.0, samples, [])
    start, cut = window.cut(Span(102.0, 103.0), 0.5)
    assert (start, cut[0], len(cut)) == (101.5, 1.5 * SAMPLE_RATE, 2 * SAMPLE_RATE)
    start, cut = window.cut(Span(100.2, 109.9), 0.5)
    assert (start, len(cut)) == (100.0, len(samples))
