"""`aiprov speakers` as it is typed."""

import json
import shutil

import pytest

from aiprov.wiring import Kit
from cli_world import aiprov
from transcribe_world import World, put
from voice_world import Panel, PlayedEar


@pytest.fixture
def ear(monkeypatch):
    played = PlayedEar()
    monkeypatch.setattr(Kit, "diarizer", played)
    return played


@pytest.fixture
def meeting(tmp_path, aiprov_home):
    """A meeting of three with its transcript; the speakers' voice is that of the recording's name."""
    put(tmp_path, "maria.wav")
    World(tmp_path, aiprov_home, scribe=Panel()).transcribe(tmp_path / "maria.wav")
    return tmp_path / "maria.json"


def test_a_voice_is_enrolled_listed_and_forgotten(ear, tmp_path, aiprov_home):
    put(tmp_path, "maria.wav")
    put(tmp_path, "maria-by-phone.wav")
    result = aiprov("speakers", "enroll", "Maria", "maria.wav", "maria-by-phone.wav")
    assert result.stdout == "remembered the voice of Maria (0:00 of speech, only on this machine)\n"
    listed = aiprov("speakers", "list")
    assert listed.stdout.splitlines()[0].split() == ["name", "samples", "speech", "last", "enrolled"]
    assert listed.stdout.splitlines()[1].split()[:3] == ["Maria", "2", "0:00"]
    assert aiprov("speakers", "forget", "maria").stdout == "forgot the voice of maria\n"
    assert "no voice is remembered" in aiprov("speakers", "list").stderr
    assert "Maria" not in (aiprov_home / "voices.json").read_text()


def test_no_output_shows_a_voice_itself(ear, tmp_path):
    put(tmp_path, "maria-by-phone.wav")
    enrolled = aiprov("speakers", "enroll", "Maria", "maria-by-phone.wav", "--json")
    listed = aiprov("speakers", "list", "--json")
    assert "0.8" not in enrolled.stdout + listed.stdout
    (voice,) = json.loads(listed.stdout)["voices"]
    assert json.loads(enrolled.stdout)["voice"] == voice
    assert sorted(voice) == ["first", "last", "model", "name", "samples", "speech_s"]


def test_a_voice_can_be_taken_from_a_meeting(ear, meeting):
    assert aiprov("speakers", "enroll", "Maria", meeting, "--speaker", "SPEAKER_01").exit_code == 0
    assert ear.heard == [("maria.wav", [(1.0, 2.0)])]


def test_voices_that_are_alike_are_said_with_what_it_means(ear, tmp_path):
    aiprov("speakers", "enroll", "Maria", put(tmp_path, "maria.wav"))
    result = aiprov("speakers", "enroll", "Anna", put(tmp_path, "sister.wav"))
    assert "the voice of Maria is very near to it" in result.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("Maria", "a.json"),
        ("Maria", "a.wav", "--speaker", "SPEAKER_01"),
        ("Maria", "a.json", "b.json", "--speaker", "SPEAKER_01"),
        ("Maria", "a.json", "b.wav", "--speaker", "SPEAKER_01"),
        ("SPEAKER_01", "a.wav"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_heard(ear, args):
    assert aiprov("speakers", "enroll", *args).exit_code == 2
    assert ear.heard == []


def test_a_clip_of_several_people_is_refused(ear, tmp_path):
    result = aiprov("speakers", "enroll", "Maria", put(tmp_path, "two.wav"))
    assert result.exit_code == 3
    assert not (tmp_path / "home" / "voices.json").exists()


def test_forgetting_needs_a_name_that_is_known_or_all(ear, tmp_path):
    aiprov("speakers", "enroll", "Maria", put(tmp_path, "maria.wav"))
    assert aiprov("speakers", "forget").exit_code == 2
    assert aiprov("speakers", "forget", "Maria", "--all").exit_code == 2
    assert "no voice of Bob" in aiprov("speakers", "forget", "Bob").stderr
    assert aiprov("speakers", "forget", "--all").stdout == "voices forgotten: 1\n"


def test_a_speaker_is_named_in_all_outputs(meeting):
    result = aiprov("speakers", "label", "maria.json", "SPEAKER_00=Maria Lopez")
    assert (result.exit_code, result.stdout) == (0, "wrote maria.txt\nwrote maria.json\n")
    assert meeting.with_suffix(".txt").read_text().startswith("[Maria Lopez]: ")
    again = aiprov("speakers", "label", "maria.wav", "SPEAKER_00=Maria Lopez")
    assert again.stdout == "nothing to change: maria.json shows these names\n"


def test_naming_says_in_json_who_is_who_and_what_was_kept(meeting):
    meeting.with_suffix(".txt").write_text("mine")
    result = aiprov("speakers", "label", "maria.json", "SPEAKER_00=Maria", "--json")
    assert json.loads(result.stdout) == {
        "schema": 1,
        "path": "maria.json",
        "people": [
            {"label": "SPEAKER_00", "name": "Maria"},
            {"label": "SPEAKER_01", "name": "Peter"},
            {"label": "SPEAKER_02", "name": None},
        ],
        "outputs": ["maria.json"],
        "kept": ["maria.txt"],
    }
    assert "maria.txt was edited" in result.stderr
    assert aiprov("speakers", "label", meeting, "SPEAKER_00=Maria", "--force").exit_code == 0
    assert meeting.with_suffix(".txt").read_text().startswith("[Maria]: ")


def test_naming_remembers_a_voice_only_when_asked(ear, meeting):
    aiprov("speakers", "label", meeting, "SPEAKER_00=Maria")
    assert ear.heard == []
    result = aiprov("speakers", "label", meeting, "SPEAKER_00=Maria", "SPEAKER_02=", "--remember")
    assert "remembered the voice of Maria" in result.stdout
    assert ear.heard == [("maria.wav", [(0.0, 1.0)])]


@pytest.mark.parametrize("wish", ["SPEAKER_00", "=Maria", "SPEAKER_09=Maria"])
def test_what_is_no_label_and_name_is_refused(meeting, wish):
    assert aiprov("speakers", "label", meeting, wish).exit_code == 2


@pytest.fixture
def introduced(meeting):
    document = json.loads(meeting.read_text())
    texts = (" Hello, this is Maria.", " Peter speaking.", " I'm [sic] J'Onn O'Neill.")
    for segment, text in zip(document["segments"], texts, strict=True):
        segment["text"] = text
    meeting.write_text(json.dumps(document))
    return meeting


def test_introductions_are_suggested_with_their_evidence(introduced):
    result = aiprov("speakers", "suggest", "maria.json")
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["speaker", "name", "at", "said"],
        ["SPEAKER_00", "Maria", "0:00", "Hello,", "this", "is", "Maria."],
    ]
    assert result.stderr == "`aiprov speakers label maria.json SPEAKER_00=Maria` takes one up\n"
    assert aiprov("speakers", "suggest", "maria.json").stdout == result.stdout
    assert '"name": "Maria"' not in introduced.read_text()


def test_suggestions_name_segment_and_time_in_json(introduced):
    result = aiprov("speakers", "suggest", "maria.wav", "--json")
    assert json.loads(result.stdout) == {
        "schema": 1,
        "path": "maria.json",
        "suggestions": [
            {
                "speaker": "SPEAKER_00",
                "name": "Maria",
                "segment": 0,
                "start": 0.0,
                "end": 1.0,
                "text": "Hello, this is Maria.",
            }
        ],
    }


def test_who_has_the_name_already_is_not_suggested(introduced):
    aiprov("speakers", "label", "maria.json", "SPEAKER_00=Maria", "--force")
    assert "nobody says who they are" in aiprov("speakers", "suggest", "maria.json").stderr


def test_a_transcript_without_speakers_suggests_nobody(tmp_path):
    bare = {"segments": [{"start": 0.0, "end": 1.0, "text": "This is Maria."}], "language": "en"}
    (tmp_path / "bare.json").write_text(json.dumps(bare))
    assert "does not say who speaks" in aiprov("speakers", "suggest", "bare.json").stderr


def test_a_damaged_file_of_voices_ends_with_4_and_can_be_forgotten(ear, tmp_path, aiprov_home):
    aiprov("speakers", "enroll", "Maria", put(tmp_path, "maria.wav"))
    shutil.copy(tmp_path / "maria.wav", aiprov_home / "voices.json")
    (aiprov_home / "voices.json").chmod(0o600)
    result = aiprov("speakers", "list")
    assert result.exit_code == 4
    assert "forget --all" in result.stderr
    assert aiprov("speakers", "forget", "--all").exit_code == 0
    assert aiprov("speakers", "list").exit_code == 0


def test_a_voice_that_is_enrolled_is_named_in_a_finished_meeting(ear, meeting):
    ear.cast = {"SPEAKER_00": "maria"}
    aiprov("speakers", "enroll", "Maria", "maria.wav")
    result = aiprov("speakers", "match", "maria.json", "gone.json", "--json")
    assert result.exit_code == 3
    named, gone = json.loads(result.stdout)["files"]
    assert named == {
        "path": "maria.json",
        "people": [
            {"label": "SPEAKER_00", "name": "Maria"},
            {"label": "SPEAKER_01", "name": "Peter"},
            {"label": "SPEAKER_02", "name": None},
        ],
        "outputs": ["maria.txt", "maria.json"],
        "kept": [],
        "error": None,
    }
    assert gone["error"]["code"] == "not_found"
    assert meeting.with_suffix(".txt").read_text().startswith("[Maria]: ")
    again = aiprov("speakers", "match", meeting)
    assert (again.exit_code, again.stdout) == (0, f"{meeting}: nobody new is known by voice\n")
