"""The sample meetings and their ground truths belong together and hold what other tests and people lean on."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "recipes" / "samples"
SCRIPTS = yaml.safe_load((ROOT / "tests" / "sample_scripts.yaml").read_text(encoding="utf-8"))
NAMES = sorted(path.stem for path in SAMPLES.glob("*.mp3"))
LISTS = ("decisions", "action_items", "open_questions", "retracted")

each_sample = pytest.mark.parametrize("name", NAMES)


def truth_of(name):
    return json.loads((SAMPLES / f"{name}.truth.json").read_text(encoding="utf-8"))


def decoded(name):
    with av.open(str(SAMPLES / f"{name}.mp3")) as container:
        rate = container.streams.audio[0].rate
        sound = np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])
    return sound, rate


def level_db(sound, rate, start, end):
    span = sound[round(start * rate) : round(end * rate)]
    return 20 * np.log10(np.sqrt((span**2).mean()))


def spoken_in(truth, turns):
    return " ".join(f"{truth['turns'][turn]['speaker']}: {truth['turns'][turn]['text']}" for turn in turns)


def test_there_are_three_meetings_with_their_truths_in_under_3_mb():
    assert len(NAMES) == 3
    truths = sorted(SAMPLES.glob("*.truth.json"))
    assert [path.name.removesuffix(".truth.json") for path in truths] == NAMES == sorted(SCRIPTS)
    assert sum(path.stat().st_size for path in [*truths, *SAMPLES.glob("*.mp3")]) < 3_000_000


@each_sample
def test_the_truth_says_what_the_script_says(name):
    truth, script = truth_of(name), SCRIPTS[name]
    assert [{turn["speaker"]: turn["text"]} for turn in truth["turns"]] == script["turns"]
    assert {turn["speaker"]: turn["voice"] for turn in truth["turns"]} == script["speakers"]
    assert {key: truth[key] for key in LISTS} == {key: script[key] for key in LISTS}


@each_sample
def test_two_to_four_people_speak_in_one_to_three_minutes(name):
    truth = truth_of(name)
    assert 2 <= len(truth["speakers"]) <= 4
    assert {turn["speaker"] for turn in truth["turns"]} == set(truth["speakers"])
    assert 60 <= truth["duration_s"] <= 180


@each_sample
def test_turns_follow_each_other_with_natural_pauses_inside_the_recording(name):
    truth = truth_of(name)
    sound, rate = decoded(name)
    assert len(sound) / rate == pytest.approx(truth["duration_s"], abs=0.05)
    assert all(turn["start"] < turn["end"] <= truth["duration_s"] for turn in truth["turns"])
    pauses = [after["start"] - before["end"] for before, after in zip(truth["turns"], truth["turns"][1:], strict=False)]
    assert 0.24 <= min(pauses) < max(pauses) <= 1.21


@each_sample
def test_each_voice_is_heard_from_its_start_and_not_before(name):
    sound, rate = decoded(name)
    for turn in truth_of(name)["turns"]:
        start, end = turn["start"], turn["end"]
        before, opening = level_db(sound, rate, start - 0.2, start - 0.02), level_db(sound, rate, start, start + 0.1)
        after, closing = level_db(sound, rate, end + 0.02, end + 0.2), level_db(sound, rate, end - 0.1, end)
        assert -70 < before < opening - 6, turn
        assert -70 < after < closing - 6, turn


@each_sample
def test_nothing_clips_and_voices_differ_in_level(name):
    truth, (sound, rate) = truth_of(name), decoded(name)
    assert np.abs(sound).max() < 0.99
    levels = {turn["voice"]: level_db(sound, rate, turn["start"], turn["end"]) for turn in truth["turns"]}
    assert max(levels.values()) - min(levels.values()) > 1.5


@each_sample
def test_minutes_lean_on_turns_that_carry_them(name):
    truth = truth_of(name)
    for entry in (entry for key in LISTS for entry in truth[key]):
        assert entry["text"]
        assert entry["turns"]
        assert all(0 <= turn < len(truth["turns"]) for turn in entry["turns"])


@each_sample
def test_owner_and_due_of_every_action_are_in_its_turns(name):
    truth = truth_of(name)
    assert truth["action_items"]
    for action in truth["action_items"]:
        said = spoken_in(truth, action["turns"])
        assert action["owner"] in truth["speakers"]
        assert action["owner"] in said
        assert action["due"] in said
