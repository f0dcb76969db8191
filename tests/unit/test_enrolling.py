"""Voices are taken up from clips and from what a speaker says in a meeting."""

import json
from datetime import date

import pytest

from aiprov.errors import ConfigError, InputError
from aiprov.files import sha256_of
from aiprov.pipelines.enrolling import enroll, of_clips, of_speaker
from aiprov.voices import Sample, VoiceProfiles
from transcribe_world import put
from voice_world import VOICES, PlayedEar

DAY = date(2026, 3, 1)


@pytest.fixture
def voices(tmp_path):
    return VoiceProfiles(tmp_path / "voices.json", tmp_path / "locks")


@pytest.fixture
def ear():
    return PlayedEar()


def sample(who, speech_s=10.0):
    return Sample(VOICES[who], speech_s, "2026-03-01")


def transcript(folder, *turns, **more):
    """A recording and its transcript in the folder below."""
    recording = put(folder / "sound", "maria.wav")
    people = [{"label": label, "speech_s": 1.0} for label in dict.fromkeys(turn[2] for turn in turns)]
    people[0]["name"] = "Mary"
    source = {"path": "sound/maria.wav", "sha256": sha256_of(recording), "duration_s": 99.0, "damaged_s": 0.0}
    ours = {
        "schema": 1,
        "source": source | more,
        "provider": "local",
        "model": "base",
        "quality": {"verdict": "ok", "coverage": 1.0, "speech_s": 1.0, "redecoded_s": 0.0, "findings": []},
        "language_probability": 1.0,
        "speakers": {
            "method": "voices",
            "count": len(people),
            "people": people,
            "turns": [list(turn) for turn in turns],
        },
    }
    path = folder / "a.json"
    path.write_text(json.dumps({"text": "", "segments": [], "language": "en", "aiprov": ours}))
    return path


def test_a_clip_gives_a_sample_of_its_length(tmp_path, ear):
    assert of_clips([put(tmp_path, "maria.wav")], ear, DAY) == [Sample(VOICES["maria"], 0.2, "2026-03-01")]
    assert ear.heard == [("maria.wav", None)]


def test_a_speaker_gives_their_longest_turns_where_nobody_else_speaks(tmp_path, ear):
    turns = [(0.0, 10.0, "A"), (4.0, 5.0, "B"), (4.2, 4.4, "C"), (9.5, 11.0, "B"), (20.0, 20.4, "A"), (30.0, 38.0, "A")]
    found = of_speaker(transcript(tmp_path, *turns), "A", ear, DAY)
    assert ear.heard == [("maria.wav", [(0.0, 4.0), (5.0, 9.5), (30.0, 38.0)])]
    assert found == Sample(VOICES["maria"], 16.5, "2026-03-01")


def test_a_minute_is_enough(tmp_path, ear):
    path = transcript(tmp_path, (0.0, 50.0, "A"), (100.0, 140.0, "A"), (200.0, 230.0, "A"))
    assert of_speaker(path, "Mary", ear, DAY).speech_s == 60.0
    assert ear.heard == [("maria.wav", [(0.0, 50.0), (100.0, 110.0)])]


def test_who_says_only_a_word_is_left_to_the_ear_to_judge(tmp_path, ear):
    of_speaker(transcript(tmp_path, (0.0, 0.4, "A"), (1.0, 1.2, "A")), "A", ear, DAY)
    assert ear.heard == [("maria.wav", [(0.0, 0.4)])]


def test_there_must_be_such_a_speaker(tmp_path, ear):
    with pytest.raises(ConfigError, match="no speaker 'B'"):
        of_speaker(transcript(tmp_path, (0.0, 9.0, "A")), "B", ear)
    assert ear.heard == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"sha256": "0" * 64}, "was changed since"),
        ({"path": "gone.wav"}, "is not where it was"),
        ({"path": ""}, "is not where it was"),
        ({"path": "a\0b"}, "is not where it was"),
    ],
)
def test_the_recording_must_be_the_one_that_was_transcribed(tmp_path, ear, more, said):
    with pytest.raises(InputError, match=said):
        of_speaker(transcript(tmp_path, (0.0, 9.0, "A"), **more), "A", ear)
    assert ear.heard == []


def test_a_second_sample_must_sound_like_the_first(voices):
    assert enroll("Maria", [sample("maria")], "cam++", voices).new
    assert not enroll("maria", [sample("maria-by-phone")], "cam++", voices).new
    before = voices.all()
    with pytest.raises(InputError, match="does not sound like") as caught:
        enroll("Maria", [sample("peter")], "cam++", voices)
    assert caught.value.code == "other_voice"
    assert voices.all() == before
    assert len(enroll("Maria", [sample("peter")], "cam++", voices, force=True).profile.samples) == 3


def test_clips_of_two_people_are_not_one_voice(voices):
    with pytest.raises(InputError, match="does not sound like"):
        enroll("Maria", [sample("maria"), sample("peter")], "cam++", voices)
    assert voices.all() == ()


def test_voices_that_cannot_be_told_apart_are_said(voices):
    enroll("Maria", [sample("maria")], "cam++", voices)
    assert enroll("Peter", [sample("peter")], "cam++", voices).alike == ()
    assert enroll("Anna", [sample("sister")], "cam++", voices).alike == ("Maria",)


def test_samples_of_another_model_are_not_compared(voices):
    enroll("Maria", [sample("maria")], "old", voices)
    enroll("Maria", [sample("peter")], "cam++", voices)
    assert voices.known("cam++") == {"Maria": VOICES["peter"]}
