"""Telling speakers apart, on meetings of tones: who speaks when, how many there are, how sure that is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from aiprov.core.speakers import Diarization, SpeakerWish, Turn
from aiprov.errors import InputError, IntegrityError, Stopped
from aiprov.models import ModelStore
from aiprov.models.entry import Helper, ModelEntry
from aiprov.providers.local.speakers import clustering, diarizer
from aiprov.providers.local.speakers.counting import count
from aiprov.providers.local.speakers.diarizer import MODEL, Diarizer
from aiprov.providers.local.speakers.features import SAMPLE_RATE, features_of
from aiprov.providers.local.speakers.listening import Heard, listen
from aiprov.providers.local.speakers.networks import FRAMES, Networks
from aiprov.providers.local.speakers.people import People, people_of
from aiprov.providers.local.speakers.turns import turns_of
from audio_factory import encode
from model_world import pinned, write_files
from speakers_world import Said, Tones, blocks, meeting, stop_after

TALK: list[Said] = [(0.5, 6.0, 2), (6.5, 9.0, 0), (9.3, 16.0, 2), (15.0, 21.0, 1), (22.0, 24.0, 0), (24.5, 31.0, 1)]
LENGTH_S = 33.0


@cache
def talk() -> Heard:
    return heard(TALK, LENGTH_S)


def heard(said: list[Said], length_s: float, *, networks: Tones | None = None, threads: int = 1) -> Heard:
    samples = blocks(meeting(said, length_s), 7 * SAMPLE_RATE)
    return listen(samples, networks or Tones(), threads=threads, check=lambda: None)  # type: ignore[arg-type]


def told(found: Heard, wish: SpeakerWish | None = None) -> tuple[list[tuple[float, float, str]], float]:
    people = people_of(found, wish or SpeakerWish())
    turns, _ = turns_of(found, people)
    return [(turn.start, turn.end, turn.speaker) for turn in turns], people.confidence


def labels(turns: list[tuple[float, float, str]]) -> set[str]:
    return {label for *_, label in turns}


def test_turns_are_where_they_are_and_labels_follow_the_order_of_first_words() -> None:
    turns, confidence = told(talk())
    names = {2: "SPEAKER_00", 0: "SPEAKER_01", 1: "SPEAKER_02"}
    assert [label for *_, label in turns] == [names[speaker] for *_, speaker in TALK]
    for turn, said in zip(turns, TALK, strict=True):
        assert turn[:2] == pytest.approx(said[:2], abs=0.06)
    assert confidence > 0.6


def test_two_who_speak_at_once_both_have_a_turn_there() -> None:
    turns, _ = told(heard([(0.5, 8.0, 0), (5.0, 12.0, 1), (13.0, 19.0, 0)], 20.0))
    assert [(round(start), round(end)) for start, end, _ in turns] == [(0, 8), (5, 12), (13, 19)]


def test_the_result_depends_neither_on_threads_nor_on_how_the_samples_arrive() -> None:
    one = told(talk())
    small = blocks(meeting(TALK, LENGTH_S), 1234)
    assert told(listen(small, Tones(), threads=3, check=lambda: None)) == one  # type: ignore[arg-type]


def test_people_whom_the_window_takes_for_one_are_told_apart_by_their_voices() -> None:
    said = [(0.0, 9.0, 0), (9.5, 18.0, 1), (18.5, 28.0, 0), (28.5, 38.0, 1)]
    turns, _ = told(heard(said, 40.0, networks=Tones(deaf=(0, 1))))
    assert [label[-1] for *_, label in turns] == ["0", "1", "0", "1"]
    for turn, true in zip(turns, said, strict=True):
        assert turn[:2] == pytest.approx(true[:2], abs=1.5)


def test_a_short_answer_goes_to_whom_it_sounds_like_whoever_the_window_gives_it_to() -> None:
    said = [(0.0, 8.0, 0), (8.5, 17.0, 1), (17.4, 18.0, 0), (18.4, 28.0, 1)]
    turns, _ = told(heard(said, 30.0, networks=Tones(deaf=(0, 1))))
    answer = [turn for turn in turns if abs(turn[0] - 17.4) < 0.1]
    assert [(round(end, 1), label) for _, end, label in answer] == [(18.0, "SPEAKER_00")]


def test_a_sound_too_short_to_be_somebody_is_nobody_new() -> None:
    said = [(0.0, 10.0, 0), (10.5, 20.0, 1), (20.4, 21.2, 5), (21.5, 30.0, 0)]
    assert len(labels(told(heard(said, 31.0))[0])) == 2


@pytest.mark.parametrize(
    ("wish", "number"),
    [((1, None), 3), ((1, 2), 2), ((2, 2), 2), ((3, 5), 3), ((1, 1), 1)],
    ids=["nobody knows", "at most 2", "2", "3 to 5", "1"],
)
def test_the_number_of_speakers_is_within_what_is_wished(wish: tuple[int, int | None], number: int) -> None:
    turns, confidence = told(talk(), SpeakerWish(*wish))
    assert len(labels(turns)) == number
    assert (confidence == 1.0) == (wish[0] == wish[1])


def test_nobody_is_made_up_where_more_are_wished_than_can_be_told_apart() -> None:
    turns, confidence = told(heard([(0.0, 12.0, 0), (12.5, 25.0, 1)], 26.0), SpeakerWish(4, 4))
    assert len(labels(turns)) == 2
    assert confidence < 1.0


def test_less_speech_and_voices_that_are_nearly_alike_make_the_number_less_sure() -> None:
    def sure(seconds: float, alike: float) -> float:
        rng = np.random.default_rng(3)
        one, other = np.eye(2, 192, dtype=np.float32)
        other = alike * one + np.sqrt(1 - alike**2).astype(np.float32) * other
        voices = np.stack([one, other] * 20) + rng.normal(0, 0.01, (40, 192)).astype(np.float32)
        voices /= np.linalg.norm(voices, axis=1, keepdims=True)
        tree = clustering.cluster(voices, np.full(40, seconds / 40), np.arange(40))
        return count(tree, SpeakerWish()).confidence

    assert sure(100, 0.1) > sure(100, 0.45)
    assert sure(100, 0.1) > sure(10, 0.1)


def test_in_hours_of_speech_a_stray_of_somebody_is_nobody_new_but_somebody_else_is() -> None:
    one, other, third, fourth = np.eye(4, 192, dtype=np.float32)
    stray, newcomer = 0.48 * one + np.sqrt(1 - 0.48**2) * third, 0.3 * other + np.sqrt(1 - 0.3**2) * fourth
    voices = np.stack([one] * 30 + [other] * 30 + [stray] * 5 + [newcomer] * 5).astype(np.float32)
    weights = np.array([50.0] * 60 + [4.0] * 10)  # two people of 25 minutes, a stray and a newcomer of 20 seconds
    tree = clustering.cluster(voices, weights, np.arange(70))
    counted = count(tree, SpeakerWish())
    assert len(counted.clusters) == 3
    assert counted.of_voice[60] not in counted.clusters
    assert counted.of_voice[65] in counted.clusters
    assert counted.confidence == pytest.approx(count(tree, SpeakerWish(1, 5)).confidence)
    two, four = (count(tree, SpeakerWish(number, number)) for number in (2, 4))
    assert {int(each) for each in two.of_voice[[0, 30]]} == set(two.clusters)
    assert counted.of_voice[60] in four.clusters
    short = clustering.cluster(voices, weights / 10, np.arange(70))
    assert len(count(short, SpeakerWish()).clusters) == 2  # of five minutes, two seconds are too little for anybody


def test_voices_of_a_long_recording_are_merged_in_groups_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "_MOST", 60)
    monkeypatch.setattr(clustering, "_GROUP", 25)
    rng = np.random.default_rng(1)
    who = rng.integers(0, 4, 600)
    voices = np.eye(4, 192, dtype=np.float32)[who] + rng.normal(0, 0.02, (600, 192)).astype(np.float32)
    voices /= np.linalg.norm(voices, axis=1, keepdims=True)
    tree = clustering.cluster(voices, np.ones(600), np.arange(600) // 2)
    assert len(tree.weights) <= 60
    assert tree.weights.sum() == 600
    found = tree.after(len(tree.weights) - 4)
    assert {(int(a), int(b)) for a, b in zip(found, who, strict=True)} == {
        (int(found[np.flatnonzero(who == each)[0]]), each) for each in range(4)
    }


def test_what_is_alike_nowhere_is_left_out_beyond_what_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "_MOST", 30)
    voices = np.eye(100, 192, dtype=np.float32)
    tree = clustering.cluster(voices, np.arange(1.0, 101.0), np.arange(100))
    assert len(tree.weights) == 30
    assert (tree.after(0)[:70] == -1).all()
    assert tree.weights.min() == 71.0


def test_silence_and_nothing_at_all_have_no_turns() -> None:
    assert told(heard([], 25.0)) == ([], 0.0)
    assert told(heard([], 0.0)) == ([], 0.0)


def test_features_are_those_of_kaldi() -> None:
    at = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    sound = 0.3 * np.sin(2 * np.pi * 440 * at) + 0.1 * np.sin(2 * np.pi * (1000 + 2000 * at) * at)
    found = features_of(sound.astype(np.float32))
    assert found.shape == (98, 80)
    # Computed with kaldi-native-fbank 1.23 (dither 0, 80 bands), bands 0, 10, 20, 40, 60 and 79.
    known = {0: [-13.23, -5.582, -8.331, -15.253, -15.942, -15.942], 50: [-12.703, -5.594, -8.354, -15.573, -13.673]}
    for frame, values in known.items():
        bands = [0, 10, 20, 40, 60, 79][: len(values)]
        assert found[frame, bands].tolist() == pytest.approx(values, abs=0.002)


@pytest.fixture
def ear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Diarizer:
    """A diarizer that hears tones."""
    monkeypatch.setattr(ModelStore, "ensure", lambda self, name, progress=None: tmp_path)
    monkeypatch.setattr(diarizer, "Networks", Tones)
    return Diarizer(ModelStore(tmp_path / "models"), threads=1)


def recording(path: Path, *channels: Any) -> Path:
    return encode(
        path, np.stack(channels), SAMPLE_RATE, "pcm_s16le", "wav", layout="mono" if len(channels) == 1 else "stereo"
    )


def test_a_recording_is_told_from_its_file_with_a_voice_for_each_label(ear: Diarizer, tmp_path: Path) -> None:
    path, seconds = recording(tmp_path / "talk.wav", meeting(TALK, LENGTH_S)), []
    found = ear.diarize(path, SpeakerWish(), check=lambda: None, progress=seconds.append)
    assert isinstance(found, Diarization)
    assert found.model == ear.model == MODEL
    assert found.labels == tuple(found.voices) == ("SPEAKER_00", "SPEAKER_01", "SPEAKER_02")
    assert all(np.linalg.norm(voice) == pytest.approx(1.0) for voice in found.voices.values())
    assert np.argmax(found.voices["SPEAKER_00"]) == 2
    assert seconds == sorted(seconds)
    assert seconds[-1] == pytest.approx(LENGTH_S)
    assert found == ear.diarize(path, SpeakerWish(), check=lambda: None)


def test_somebody_too_low_to_be_heard_is_heard_closer_where_nobody_else_is(ear: Diarizer, tmp_path: Path) -> None:
    loud, low = meeting([(0.5, 9.0, 0)], 20.0), 0.45 * meeting([(10.0, 19.0, 3)], 20.0)
    murmur = ear.diarize(recording(tmp_path / "low.wav", low), SpeakerWish(), check=lambda: None)
    assert [(round(turn.start), round(turn.end)) for turn in murmur.turns] == [(10, 19)]
    both = recording(tmp_path / "both.wav", loud + low)
    assert len(ear.diarize(both, SpeakerWish(), check=lambda: None).labels) == 1
    told = ear.diarize(both, SpeakerWish(2, 2), check=lambda: None)
    assert [(round(turn.start), round(turn.end)) for turn in told.turns] == [(0, 9), (10, 19)]
    assert told.confidence == 1.0


def test_a_number_that_the_turns_do_not_show_is_not_sure(
    ear: Diarizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_the_last(found: Heard, people: People) -> tuple[list[Turn], list[int]]:
        turns, order = turns_of(found, people)
        return [turn for turn in turns if turn.speaker != "SPEAKER_02"], order[:2]

    monkeypatch.setattr(diarizer, "turns_of", without_the_last)
    path = recording(tmp_path / "talk.wav", meeting(TALK, LENGTH_S))
    assert ear.diarize(path, SpeakerWish(3, 3), check=lambda: None).confidence == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("nobody", "speaks", "who"),
    [(0.45, 0.5, {1}), (0.55, 0.5, set()), (0.55, 0.3, {1}), (0.75, 0.3, set())],
    ids=["likelier than nobody together", "nobody is likelier", "heard closer", "not even then"],
)
def test_somebody_speaks_where_all_together_are_likely_enough(nobody: float, speaks: float, who: set[int]) -> None:
    likely = (1 - nobody) * np.array([0.3, 0.4, 0.1, 0.1, 0.05, 0.05])
    answer = np.log(np.tile([nobody, *likely], (FRAMES, 1)))[None]
    networks = Networks.__new__(Networks)
    networks._activity = SimpleNamespace(run=lambda names, inputs: [answer])
    activity = networks.activity(np.zeros(160_000, np.float32), speaks)
    assert {int(each) for each in np.flatnonzero(activity[0])} == who
    assert (activity == activity[0]).all()


def test_one_channel_is_heard_alone(ear: Diarizer, tmp_path: Path) -> None:
    left, right = (meeting([(start, 20.0, speaker)], 21.0) for start, speaker in ((0.0, 3), (0.0, 4)))
    path = recording(tmp_path / "call.wav", left, right)
    found = ear.diarize(path, SpeakerWish(), check=lambda: None, channel=1)
    assert [int(np.argmax(voice)) for voice in found.voices.values()] == [4]


def test_it_can_be_stopped_within_a_few_windows(ear: Diarizer, tmp_path: Path) -> None:
    path = recording(tmp_path / "long.wav", meeting(TALK, 60.0))
    with pytest.raises(Stopped):
        ear.diarize(path, SpeakerWish(), check=stop_after(3))
    assert ear._loaded is not None
    assert ear._loaded.windows <= 8  # type: ignore[attr-defined]


def test_a_voice_is_taken_from_the_spans_that_are_named(ear: Diarizer, tmp_path: Path) -> None:
    path = recording(tmp_path / "talk.wav", meeting(TALK, LENGTH_S))
    voice = ear.voice(path, [(15.9, 21.0), (24.5, 31.0)])
    assert int(np.argmax(voice)) == 1
    assert np.linalg.norm(voice) == pytest.approx(1.0)


def test_several_voices_are_taken_in_one_go_but_for_those_that_cannot_be_told(ear: Diarizer, tmp_path: Path) -> None:
    path = recording(tmp_path / "talk.wav", meeting(TALK, LENGTH_S))
    spans = {"A": [(0.5, 6.0)], "B": [(16.0, 21.0), (24.5, 31.0)], "short": [(6.5, 9.0)], "mixed": [(6.5, 15.0)]}
    found = ear.voices(path, spans)
    assert {label: int(np.argmax(voice)) for label, voice in found.items()} == {"A": 2, "B": 1}
    assert found["B"] == pytest.approx(ear.voice(path, spans["B"]))


@pytest.mark.parametrize(
    ("said", "code"),
    [([(1.0, 3.5, 0)], "too_little_speech"), ([], "too_little_speech"), (TALK, "several_voices")],
    ids=["short", "silent", "a conversation"],
)
def test_a_clip_that_gives_no_one_voice_is_refused(ear: Diarizer, tmp_path: Path, said: list[Said], code: str) -> None:
    path = recording(tmp_path / "clip.wav", meeting(said, LENGTH_S))
    with pytest.raises(InputError, match=r"clip\.wav") as caught:
        ear.voice(path)
    assert caught.value.code == code


def test_a_voice_model_that_was_changed_is_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"activity.onnx": b"\x08\x08activity", "voices.onnx": b"\x08\x08voices"}
    entry = ModelEntry(MODEL, Helper.VOICE, "test", pinned(files), "MIT", "float32")
    write_files(tmp_path / "models" / MODEL, files | {"voices.onnx": b"\x08\x08Voices"})
    monkeypatch.setattr("aiprov.models.store.shipped_entries", lambda: (entry,))
    monkeypatch.setattr(diarizer, "Networks", lambda folder: pytest.fail("it was loaded"))
    with pytest.raises(IntegrityError, match=r"voices\.onnx"):
        Diarizer(ModelStore(tmp_path / "models")).diarize(tmp_path / "x.wav", SpeakerWish(), check=lambda: None)
