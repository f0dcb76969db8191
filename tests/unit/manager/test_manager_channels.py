"""One channel of a recording: a request of its own, and elsewhere a file of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aiprov.audio import decode
from aiprov.core.requests import ModelCapability, TranscriptionRequest
from aiprov.core.results import Segment, Transcript, Usage
from aiprov.core.routing import ModelFacts
from aiprov.manager import Transcribing
from aiprov.providers.fake import FakeProvider
from aiprov.state import State
from call_factory import call, hiss, power, turns_of, voices, write
from manager_world import World, run


@pytest.fixture
def stereo(tmp_path: Path) -> Path:
    return write(tmp_path / "call.wav", call(voices(), gap_db=40))


def spoken(channel: int | None) -> Transcript:
    """What is really said in a channel; all of it in the mix."""
    turns = [turn for turn in turns_of("customer-interview") if turn["end"] < 30]
    people = list(dict.fromkeys(turn["speaker"] for turn in turns))
    own = [turn for turn in turns if channel is None or turn["speaker"] == people[channel]]
    segments = tuple(
        Segment(at, 0, turn["start"], turn["end"], f" {turn['text']}", 0.0, -0.2, 1.2, 0.01)
        for at, turn in enumerate(own)
    )
    text = "".join(each.text for each in segments).strip()
    return Transcript(text, segments, "en", 27.6, "one", "ear", None, usage=Usage(audio_s=27.6))


def scribe(*script: Any, **facts: Any) -> FakeProvider:
    known = {"words": True, "segments": True} | facts
    return FakeProvider("one", script, offers=(ModelFacts("ear", ModelCapability.TRANSCRIPTION, **known),))


def served(world: World, path: Path, channel: int | None) -> Transcript:
    request = replace(TranscriptionRequest(path, language="en"), channel=channel)
    with State(world.folder / "state.sqlite3") as state:
        return run(world.manager(state).serve(Transcribing(request, "0" * 64, 27.0)))


def sound(provider: FakeProvider, at: int, folder: Path) -> np.ndarray:
    """What a call sent."""
    request: Any = provider.calls[at]
    (folder / "sent.ogg").write_bytes(request.clip.data)
    with decode(folder / "sent.ogg") as blocks:
        return np.concatenate(list(blocks))


def test_a_cloud_provider_gets_a_file_of_that_channel_alone_loud_enough_to_be_heard(
    tmp_path: Path, stereo: Path
) -> None:
    one = scribe(spoken(0), spoken(1))
    for channel in (0, 1):
        served(World(tmp_path, (one,)), stereo, channel)
        sent = power(sound(one, channel, tmp_path))[: voices().shape[1]]
        mine, other = (power(voices()[side])[: len(sent)] > 1e-4 for side in (channel, 1 - channel))
        assert np.sqrt(sent[mine & ~other].mean()) > 0.03
        assert np.sqrt(sent[other & ~mine].mean()) < 0.02


def test_the_whole_recording_is_still_sent_as_it_is(tmp_path: Path, stereo: Path) -> None:
    one = scribe(spoken(None))
    served(World(tmp_path, (one,)), stereo, None)
    assert [request.clip for request in one.calls] == [None]  # type: ignore[union-attr]


def test_each_channel_is_an_answer_of_its_own_and_paid_once(tmp_path: Path, stereo: Path) -> None:
    one = scribe(spoken(None), spoken(0), spoken(1))
    world = World(tmp_path, (one,))
    hashes = [origin.request_hash for each in (None, 0, 1) if (origin := served(world, stereo, each).provenance)]
    assert len(set(hashes)) == 3
    assert len(one.calls) == 3
    for channel in (None, 0, 1):
        again = served(world, stereo, channel)
        assert again.provenance is not None
        assert again.provenance.stored
    assert len(one.calls) == 3


def test_a_channel_beyond_a_models_limits_is_sent_in_parts(tmp_path: Path) -> None:
    tone = 0.2 * np.sin(np.arange(27 * 16_000) / 3)
    path = write(tmp_path / "tones.wav", np.stack([tone, hiss(len(tone), -40)]))
    one = scribe(*(f"part {number}" for number in range(9)), max_audio_s=12.0)
    whole = served(World(tmp_path, (one,)), path, 1)
    assert len(one.calls) == 3
    assert whole.duration_s == pytest.approx(27.0, abs=0.1)
    assert np.abs(sound(one, 0, tmp_path)).max() < 0.1


def test_speech_is_looked_for_in_the_channel_that_was_sent(tmp_path: Path) -> None:
    alone = write(tmp_path / "half.wav", np.stack([0 * voices()[1], voices()[1]]))
    one = scribe(spoken(1), "")
    assert served(World(tmp_path, (one,)), alone, 1).quality.speech_s == pytest.approx(15, abs=3)
    assert served(World(tmp_path, (one,)), alone, 0).quality.speech_s == 0
