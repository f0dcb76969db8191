"""Voices told apart and recognised on the sample meetings, by the real models, as a user does it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from speech_world import SAMPLES, aiprov, command, environment, home_at, transcript_in, truth_of

from aiprov.core.speakers import Turn
from aiprov.evaluation.turns import turn_errors

MEETING, OTHER = "product-sync", "incident-review"  # two of its three voices speak in the other one, too


class Archive:
    """A home and the transcripts of two meetings, told apart by voice."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.home = home_at(folder / "home", models)
        self.out = folder / "out"

    def transcribe(self, name: str, *more: object) -> None:
        aiprov(self.home, "transcribe", SAMPLES / f"{name}.mp3", "--model", "tiny.en", "-o", self.out, *more)

    def speakers(self, *arguments: object) -> str:
        done = subprocess.run(
            command("speakers", *arguments), env=environment(self.home), capture_output=True, text=True, check=True
        )
        return done.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, starter_models: Path) -> Archive:
    archive = Archive(tmp_path_factory.mktemp("speakers"), starter_models)
    archive.transcribe(MEETING, "--diarize", "-f", "json,txt,rttm,vtt")
    return archive


def turns_of(document: dict[str, object]) -> list[Turn]:
    return [Turn(*turn) for turn in document["aiprov"]["speakers"]["turns"]]  # type: ignore[index]


def test_every_voice_of_a_meeting_is_told_apart_without_being_told_how_many(archive):
    found = transcript_in(archive.out, MEETING)
    assert found["aiprov"]["speakers"]["count"] == 4
    truth = [Turn(each["start"], each["end"], each["speaker"]) for each in truth_of(MEETING)["turns"]]
    assert turn_errors(truth, turns_of(found)).rate < 0.04
    assert (archive.out / f"{MEETING}.rttm").read_text().startswith(f"SPEAKER {MEETING} 1 ")


def test_each_segment_and_word_is_given_to_whom_it_belongs(archive):
    owners: dict[str, set[str]] = {}
    wrong = words = 0
    for segment in transcript_in(archive.out, MEETING)["segments"]:
        for word in segment["words"]:
            middle = (word["start"] + word["end"]) / 2
            said = [each["speaker"] for each in truth_of(MEETING)["turns"] if each["start"] <= middle <= each["end"]]
            if said:
                owners.setdefault(segment["speaker"], set())
                words += 1
                owners[segment["speaker"]].add(said[0])
                wrong += segment["speaker"] != labels(archive)[said[0]]
    assert words > 250
    assert wrong / words <= 0.03


def labels(archive: Archive) -> dict[str, str]:
    """The label of each person: who has most of its time."""
    turns = turns_of(transcript_in(archive.out, MEETING))
    found = {}
    for each in truth_of(MEETING)["turns"]:
        shares: dict[str, float] = {}
        for turn in turns:
            shared = min(turn.end, each["end"]) - max(turn.start, each["start"])
            shares[turn.speaker] = shares.get(turn.speaker, 0.0) + max(shared, 0.0)
        found.setdefault(each["speaker"], max(shares, key=lambda label: shares[label]))
    return found


def test_two_voices_that_were_enrolled_are_named_in_another_meeting_and_a_third_stays_a_label(archive):
    known = labels(archive)
    for name in ("Emma", "David"):
        archive.speakers("enroll", name, archive.out / f"{MEETING}.json", "--speaker", known[name])
    archive.transcribe(OTHER, "--diarize", "-f", "json,txt")
    people = transcript_in(archive.out, OTHER)["aiprov"]["speakers"]["people"]
    assert sorted(each.get("name", "?") for each in people) == ["?", "David", "Emma"]
    # The same voices read Laura and James there.
    truth = truth_of(OTHER)["turns"]
    shown = {"Laura": "Emma", "James": "David", "Thomas": None}
    for segment in transcript_in(archive.out, OTHER)["segments"]:
        middle = (segment["start"] + segment["end"]) / 2
        said = [each["speaker"] for each in truth if each["start"] + 0.3 <= middle <= each["end"] - 0.3]
        if said:
            assert (segment["speaker"] if segment["speaker"] in shown.values() else None) == shown[said[0]]


def test_no_torch_is_loaded_to_tell_voices_apart(archive):
    code = (
        "import sys; from pathlib import Path; from aiprov.models import ModelStore\n"
        "from aiprov.core.speakers import SpeakerWish\n"
        "from aiprov.providers.local.speakers.diarizer import Diarizer\n"
        f"store = ModelStore(Path({str(archive.home)!r}) / 'models', offline=True)\n"
        f"Diarizer(store).diarize(Path({str(SAMPLES / (MEETING + '.mp3'))!r}), SpeakerWish(), check=lambda: None)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_names_and_vectors_of_voices_never_stand_in_a_transcript(archive):
    text = json.dumps(transcript_in(archive.out, MEETING))
    assert "vector" not in text
    assert "voices" in text  # the method, and nothing more
