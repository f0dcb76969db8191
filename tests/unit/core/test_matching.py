"""Voices get the names of known voices, and none that is not clear."""

import math

import pytest

from aiprov.core.matching import LEAST, MARGIN, centre, cosine, matched, recognised
from aiprov.core.results import Segment, Transcript
from aiprov.core.speakers import Diarization, Speaker, Speakers


def at(degrees, other=0.0):
    """A voice in three dimensions: `degrees` away from the first axis towards the second, `other` towards the third."""
    turn, lift = math.radians(degrees), math.radians(other)
    return (math.cos(turn) * math.cos(lift), math.sin(turn) * math.cos(lift), math.sin(lift))


def degrees(cosine):
    return math.degrees(math.acos(cosine))


def test_known_voices_are_named_and_a_third_is_not():
    voices = {"SPEAKER_00": at(5), "SPEAKER_01": at(85), "SPEAKER_02": at(0, 90)}
    found = matched(voices, {"Maria": at(0), "Peter": at(90)})
    assert {label: match.name for label, match in found.items()} == {"SPEAKER_00": "Maria", "SPEAKER_01": "Peter"}
    assert found["SPEAKER_00"].cosine == pytest.approx(math.cos(math.radians(5)))


def test_a_voice_that_is_too_far_stays_a_label():
    near, far = at(degrees(LEAST) - 0.1), at(degrees(LEAST) + 0.1)
    assert matched({"SPEAKER_00": near}, {"Maria": at(0)})["SPEAKER_00"].name == "Maria"
    assert matched({"SPEAKER_00": far}, {"Maria": at(0)}) == {}


def test_a_voice_between_two_people_stays_a_label():
    sisters = {"Maria": at(0), "Anna": at(30)}
    assert matched({"SPEAKER_00": at(14)}, sisters) == {}
    assert matched({"SPEAKER_00": at(-20)}, sisters)["SPEAKER_00"].name == "Maria"


def test_two_voices_that_could_be_one_person_both_stay_labels():
    assert matched({"SPEAKER_00": at(10), "SPEAKER_01": at(-12)}, {"Maria": at(0)}) == {}
    apart = matched(
        {"SPEAKER_00": at(10), "SPEAKER_01": at(degrees(math.cos(math.radians(10)) - MARGIN) + 1)}, {"Maria": at(0)}
    )
    assert list(apart) == ["SPEAKER_00"]


def test_nobody_known_and_nobody_heard_give_nothing():
    assert matched({}, {"Maria": at(0)}) == matched({"SPEAKER_00": at(0)}, {}) == {}


def test_the_middle_of_samples_has_length_one_and_lies_between_them():
    assert centre([at(0), at(60)]) == pytest.approx(at(30))
    with pytest.raises(ValueError, match="no voice"):
        centre([at(0), at(180)])
    with pytest.raises(ValueError, match="no voice"):
        centre([])


def test_voices_of_different_models_cannot_be_compared():
    with pytest.raises(ValueError, match="zip"):
        cosine((1.0,), (1.0, 0.0))


def transcript(speakers):
    segment = Segment(0, 0, 0.0, 1.0, " Hi.", 0.0, 0.0, 1.0, 0.0, speaker="SPEAKER_00")
    return Transcript("Hi.", (segment,), "en", 1.0, "local", "base", None, speakers=speakers)


def test_a_transcript_says_who_a_known_voice_is_and_its_segments_keep_the_label():
    people = (Speaker("SPEAKER_00", 1.0), Speaker("SPEAKER_01", 1.0))
    heard = Diarization((), 1.0, "cam++", {"SPEAKER_00": at(8), "SPEAKER_01": at(0, 90)})
    found = recognised(transcript(Speakers("voices", people)), heard, {"Maria": at(0)})
    assert found.speakers.people == (
        Speaker("SPEAKER_00", 1.0, "Maria", "profile", pytest.approx(math.cos(math.radians(8)))),
        Speaker("SPEAKER_01", 1.0),
    )
    assert found.segments[0].speaker == "SPEAKER_00"


def test_a_transcript_without_speakers_stays_as_it_is():
    bare = transcript(None)
    assert recognised(bare, Diarization((), 1.0, "cam++"), {"Maria": at(0)}) is bare
