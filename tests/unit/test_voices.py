"""Voices are kept in one file that only their owner can read, and a damaged one is not believed."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from aiprov.errors import ConfigError, IntegrityError
from aiprov.voices import Sample, VoiceProfiles

X, Y = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


def sample(vector=X, speech_s=12.0, day="2026-03-01"):
    return Sample(vector, speech_s, day)


@pytest.fixture
def voices(tmp_path):
    return VoiceProfiles(tmp_path / "home" / "voices.json", tmp_path / "home" / "locks")


def test_nobody_is_known_and_no_file_is_made_before_somebody_is_enrolled(voices):
    assert voices.all() == ()
    assert voices.known("cam++") == {}
    assert not voices.forget("Maria")
    assert voices.forget_all() == 0
    assert not voices.path.exists()


def test_a_voice_is_found_again_by_its_name(voices):
    voices.enroll("Maria  Lopez", [sample(), sample(speech_s=8.0, day="2026-03-02")], "cam++")
    (profile,) = VoiceProfiles(voices.path, voices.path.parent / "locks").all()
    assert (profile.name, profile.model, profile.speech_s) == ("Maria Lopez", "cam++", 20.0)
    assert [each.day for each in profile.samples] == ["2026-03-01", "2026-03-02"]
    assert voices.find("maria lopez") == profile
    assert voices.known("cam++") == {"Maria Lopez": X}


def test_further_samples_move_the_voice_and_keep_the_name_as_it_was_written(voices):
    voices.enroll("Maria", [sample(X)], "cam++")
    voices.enroll("MARIA", [sample(Y)], "cam++")
    assert list(voices.known("cam++")) == ["Maria"]
    assert voices.known("cam++")["Maria"] == pytest.approx((0.5**0.5, 0.5**0.5, 0.0))


def test_only_the_newest_samples_are_kept(voices):
    voices.enroll("Maria", [sample(day=f"2026-03-{day:02d}") for day in range(1, 26)], "cam++")
    assert [each.day for each in voices.find("Maria").samples][:1] == ["2026-03-06"]


def test_another_model_begins_anew_since_its_voices_cannot_be_compared(voices):
    voices.enroll("Maria", [sample(X)], "old")
    assert voices.known("cam++") == {}
    voices.enroll("Maria", [sample((0.0, 1.0))], "cam++")
    assert voices.known("cam++") == {"Maria": (0.0, 1.0)}
    assert voices.known("old") == {}


def test_the_file_is_its_owners_alone_whatever_the_mask(voices):
    before = os.umask(0)
    try:
        voices.enroll("Maria", [sample()], "cam++")
    finally:
        assert os.umask(before) == 0
    assert stat.S_IMODE(voices.path.stat().st_mode) == 0o600


def test_a_file_that_others_can_read_is_refused(voices):
    voices.enroll("Maria", [sample()], "cam++")
    voices.path.chmod(0o640)
    with pytest.raises(ConfigError, match="can be read by other users"):
        voices.all()


def test_forgetting_leaves_nothing_of_a_voice_in_the_file(voices):
    voices.enroll("Maria", [sample(X)], "cam++")
    voices.enroll("Peter", [sample((0.6, 0.8, 0.0))], "cam++")
    assert voices.forget("maria")
    assert [each.name for each in voices.all()] == ["Peter"]
    assert "Maria" not in voices.path.read_text()
    assert voices.forget_all() == 1
    assert json.loads(voices.path.read_text()) == {"schema": 1, "voices": []}


def voice(**changed):
    good = {"day": "2026-03-01", "speech_s": 2.0, "vector": [1.0, 0.0]}
    return {"schema": 1, "voices": [{"name": "Maria", "model": "m", "samples": [{**good, **changed}]}]}


DAMAGED = [
    "",
    "{",
    "[]",
    "null",
    "[" * 100_000,
    "\udcff",
    json.dumps({"schema": 2, "voices": []}),
    json.dumps({"schema": 1}),
    json.dumps({"schema": 1, "voices": [{"name": "Maria", "model": "m", "samples": []}]}),
    json.dumps({"schema": 1, "voices": [{"name": "[b]", "model": "m", "samples": voice()["voices"][0]["samples"]}]}),
    json.dumps({"schema": 1, "voices": voice()["voices"] * 2}),
    json.dumps(voice(vector=[1.0, 1.0])),
    json.dumps(voice(vector=[])),
    json.dumps(voice(vector="ab")),
    json.dumps(voice(speech_s=-1)),
    json.dumps(voice(speech_s=None)),
    json.dumps(voice(day=3)),
    json.dumps(voice()).replace("1.0", "NaN"),
    json.dumps(voice()).replace("1.0", "1e999"),
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_file_is_named_and_kept(voices, content):
    voices.enroll("Maria", [sample()], "cam++")
    voices.path.write_bytes(content.encode("utf-8", "surrogateescape"))
    before = voices.path.read_bytes()
    for use in (voices.all, lambda: voices.enroll("Peter", [sample()], "cam++"), lambda: voices.forget("Maria")):
        with pytest.raises(IntegrityError, match=r"voices\.json is damaged") as caught:
            use()
        assert "forget --all" in caught.value.hint
    assert voices.path.read_bytes() == before
    voices.forget_all()
    assert voices.all() == ()


def test_what_is_written_well_is_read(voices):
    voices.path.parent.mkdir()
    voices.path.write_text(json.dumps(voice()))
    voices.path.chmod(0o600)
    assert voices.known("m") == {"Maria": (1.0, 0.0)}


def test_no_name_is_refused_and_nothing_is_written(voices):
    with pytest.raises(ConfigError):
        voices.enroll("SPEAKER_01", [sample()], "cam++")
    assert not voices.path.exists()


def test_two_that_write_at_once_lose_nothing(voices):
    def enroll(number):
        VoiceProfiles(voices.path, voices.path.parent / "locks").enroll(f"P{number}", [sample()], "cam++")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(enroll, range(4)))
    assert [each.name for each in voices.all()] == [f"P{number}" for number in range(4)]
