"""The real voice model on the sample meetings: who speaks when, how many there are, and how somebody sounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from speech_world import SAMPLES, truth_of

from aiprov.core.speakers import Diarization, SpeakerWish
from aiprov.errors import InputError
from aiprov.models import ModelStore
from aiprov.providers.local.speakers.diarizer import Diarizer


def spoken_s(found: Diarization, start: float, end: float) -> dict[str, float]:
    """Seconds that each label has between two times."""
    spoken: dict[str, float] = {}
    for turn in found.turns:
        shared = min(end, turn.end) - max(start, turn.start)
        spoken[turn.speaker] = spoken.get(turn.speaker, 0.0) + max(0.0, shared)
    return spoken


def test_every_turn_of_a_sample_has_the_label_of_its_speaker(starter_models: Path) -> None:
    name = "product-sync"
    truth = truth_of(name)["turns"]
    diarizer = Diarizer(ModelStore(starter_models / "models"))
    found = diarizer.diarize(SAMPLES / f"{name}.mp3", SpeakerWish(), check=lambda: None)
    assert len(found.labels) == len({turn["speaker"] for turn in truth})
    assert found.confidence > 0.6
    label_of: dict[str, str] = {}
    for turn in truth:
        spoken = spoken_s(found, turn["start"], turn["end"])
        most = max(spoken, key=lambda each: spoken[each])
        assert spoken[most] > 0.7 * (turn["end"] - turn["start"])
        assert label_of.setdefault(turn["speaker"], most) == most
    assert len(set(label_of.values())) == len(label_of)


def test_somebody_sounds_the_same_in_other_turns_and_unlike_everybody_else(starter_models: Path) -> None:
    name, diarizer = "customer-interview", Diarizer(ModelStore(starter_models / "models"))
    turns: dict[str, list[tuple[float, float]]] = {}
    for turn in truth_of(name)["turns"]:
        turns.setdefault(turn["speaker"], []).append((turn["start"], turn["end"]))
    one, other = list(turns.values())[:2]
    path = SAMPLES / f"{name}.mp3"
    early, late, another = (diarizer.voice(path, spans) for spans in (one[:4], one[4:], other[:4]))
    assert sum(a * b for a, b in zip(early, late, strict=True)) > 0.75
    assert sum(a * b for a, b in zip(early, another, strict=True)) < 0.5
    with pytest.raises(InputError) as caught:
        diarizer.voice(path)
    assert caught.value.code == "several_voices"
