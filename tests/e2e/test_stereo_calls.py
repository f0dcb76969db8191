"""Calls in stereo with a real model: each side is written whole under its label, and no word twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jiwer
import pytest
from speech_world import aiprov, home_at, transcript_in
from whisper_normalizer.english import EnglishTextNormalizer

from call_factory import call, said, turns_of, voices, write

normal = EnglishTextNormalizer()
CALLS: dict[str, dict[str, Any]] = {
    "plain.wav": {"gap_db": 20},
    "echo.wav": {"gap_db": 20, "echo_db": -25},
    "echo.mp3": {"gap_db": 20, "echo_db": -25},
    "alike.mp3": {"echo_db": -25},
    "quiet.wav": {"gap_db": 40},
    "quiet-echo.wav": {"gap_db": 40, "echo_db": -25},
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, starter_models: Path) -> dict[str, dict[str, Any]]:
    """Every call's transcript, made in one run that is told nothing of channels but their names."""
    folder = tmp_path_factory.mktemp("calls")
    (folder / "in").mkdir()
    for name, how in CALLS.items():
        write(folder / "in" / name, call(voices(), **how))
    home, out = home_at(folder / "home", starter_models), folder / "out"
    arguments = ("--model", "tiny.en", "-f", "json", "--channel-names", "Maria,Daniel", "--on-collision", "suffix")
    report = aiprov(home, "transcribe", folder / "in", *arguments, "-o", out)
    assert [file["status"] for file in report["files"]] == ["done"] * len(CALLS)
    documents = {Path(file["path"]).name: Path(file["outputs"][0]) for file in report["files"]}
    return {name: transcript_in(path.parent, path.stem) for name, path in documents.items()}


each_call = pytest.mark.parametrize("name", CALLS)


@each_call
def test_both_sides_are_written_whole_and_nothing_twice(found: dict[str, dict[str, Any]], name: str) -> None:
    for person, truth in zip(("Maria", "Daniel"), said(), strict=True):
        own = " ".join(each["text"] for each in found[name]["segments"] if each.get("speaker") == person)
        errors = jiwer.process_words(normal(truth), normal(own))
        assert errors.wer <= 0.12
        assert errors.insertions <= 2
        assert errors.deletions <= 2


@each_call
def test_every_turn_is_its_speakers_and_in_its_place(found: dict[str, dict[str, Any]], name: str) -> None:
    segments = found[name]["segments"]
    assert [each["start"] for each in segments] == sorted(each["start"] for each in segments)
    for turn in (turn for turn in turns_of("customer-interview") if turn["end"] < 30):
        starts = [each["start"] for each in segments if each["speaker"] == turn["speaker"]]
        assert min(abs(start - turn["start"]) for start in starts) < 0.6


@each_call
def test_the_document_names_the_channels(found: dict[str, dict[str, Any]], name: str) -> None:
    speakers = found[name]["aiprov"]["speakers"]
    assert speakers["method"] == "channels"
    assert [(each["label"], each["name"]) for each in speakers["people"]] == [
        ("SPEAKER_00", "Maria"),
        ("SPEAKER_01", "Daniel"),
    ]
    assert found[name]["aiprov"]["quality"]["verdict"] == "ok"


def test_the_mix_alone_would_have_lost_the_quiet_voice(tmp_path: Path, starter_models: Path) -> None:
    write(tmp_path / "quiet.wav", call(voices(), gap_db=40))
    home = home_at(tmp_path / "user", starter_models)
    aiprov(home, "transcribe", tmp_path / "quiet.wav", "--model", "tiny.en", "-f", "json", "--channels", "mix")
    words = normal(transcript_in(tmp_path, "quiet")["text"]).split()
    assert len(words) < 0.7 * len(normal(" ".join(said())).split())


def test_one_voice_in_both_channels_is_written_once(tmp_path: Path, starter_models: Path) -> None:
    mix = voices().sum(axis=0)[None].repeat(2, axis=0)
    write(tmp_path / "double.mp3", mix)
    home = home_at(tmp_path / "user", starter_models)
    aiprov(home, "transcribe", tmp_path / "double.mp3", "--model", "tiny.en", "-f", "json")
    document = transcript_in(tmp_path, "double")
    assert "speakers" not in document["aiprov"]
    spoken = " ".join(turn["text"] for turn in turns_of("customer-interview") if turn["end"] < 30)
    assert jiwer.wer(normal(spoken), normal(document["text"])) <= 0.1
