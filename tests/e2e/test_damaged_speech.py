"""Damaged recordings of real speech are transcribed to their end, and what is lost is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from speech_world import SAMPLES, aiprov, home_at, sound_of, transcript_in, truth_of

from aiprov.audio import SAMPLE_RATE
from audio_factory import damaged, encode

NAME = "customer-interview"
SECONDS = 57.0  # in the pause behind a turn
SEEDS = (1, 2, 3)
FORMS = ("mp3", "m4a")
TRUTH = [turn for turn in truth_of(NAME)["turns"] if turn["end"] < SECONDS]


def recordings(folder: Path) -> None:
    """The first minute as mp3 and m4a, with 64 bytes damaged in three places each, and with 2 s of mp3 destroyed."""
    minute = sound_of(NAME)[: int(SECONDS * SAMPLE_RATE)]
    mp3 = encode(folder / "whole.mp3", minute[None, :], SAMPLE_RATE, "libmp3lame", "mp3").read_bytes()
    m4a = encode(folder / "whole.m4a", minute[None, :], SAMPLE_RATE, "aac", "ipod").read_bytes()
    for seed in SEEDS:
        (folder / f"{seed}-mp3.mp3").write_bytes(damaged(mp3, 64, seed)[0])
        (folder / f"{seed}-m4a.m4a").write_bytes(damaged(m4a, 64, seed)[0])
    (folder / "much.mp3").write_bytes(damaged(mp3, round(2.5 * len(mp3) / SECONDS), 4)[0])
    (folder / "whole.mp3").unlink()
    (folder / "whole.m4a").unlink()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, starter_models: Path) -> dict[str, dict[str, Any]]:
    """Every damaged recording's transcript, made in one run that ends well."""
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "in").mkdir()
    recordings(folder / "in")
    home, out = home_at(folder / "home", starter_models), folder / "out"
    report = aiprov(home, "transcribe", folder / "in", "--model", "tiny.en", "-f", "json", "-o", out)
    assert [file["status"] for file in report["files"]] == ["done"] * 7
    return {path.stem: transcript_in(out, path.stem) for path in out.glob("*.json")}


damaged_ones = pytest.mark.parametrize("name", [f"{seed}-{form}" for seed in SEEDS for form in FORMS] + ["much"])


@damaged_ones
def test_a_damaged_recording_is_transcribed_to_its_end(found: dict[str, dict[str, Any]], name: str) -> None:
    document = found[name]
    assert document["aiprov"]["source"]["duration_s"] == pytest.approx(SECONDS, abs=0.6)
    assert document["segments"][-1]["end"] == pytest.approx(TRUTH[-1]["end"], abs=3.0)
    assert document["segments"][0]["start"] == pytest.approx(TRUTH[0]["start"], abs=3.0)


@damaged_ones
def test_times_behind_the_damage_stay_right(found: dict[str, dict[str, Any]], name: str) -> None:
    starts = [segment["start"] for segment in found[name]["segments"]]
    late = [turn["start"] for turn in TRUTH if min(abs(turn["start"] - start) for start in starts) > 1.0]
    assert len(late) <= 1  # the turn that the damage hit may begin later


@damaged_ones
def test_damage_is_counted_and_more_than_half_a_second_in_a_minute_is_suspect(
    found: dict[str, dict[str, Any]], name: str
) -> None:
    ours = found[name]["aiprov"]
    lost = ours["source"]["damaged_s"]
    places = [each for each in ours["quality"]["findings"] if each["code"] == "damaged_audio"]
    assert sum(each["end"] - each["start"] for each in places) == pytest.approx(lost, abs=0.5)
    assert lost < (4.0 if name == "much" else 1.0)
    if lost > 0.01 * SECONDS:
        assert {each["severity"] for each in places} == {"suspect"}
        assert ours["quality"]["verdict"] == "suspect"


def test_much_damage_makes_the_verdict_suspect_and_says_where(found: dict[str, dict[str, Any]]) -> None:
    ours = found["much"]["aiprov"]
    assert ours["source"]["damaged_s"] > 1.0
    assert ours["quality"]["verdict"] == "suspect"


def test_some_of_the_small_damage_is_noticed(found: dict[str, dict[str, Any]]) -> None:
    small = [document["aiprov"]["source"]["damaged_s"] for name, document in found.items() if name != "much"]
    assert len(small) == 6
    assert any(lost > 0 for lost in small)


def test_a_sample_mp3_with_64_damaged_bytes_keeps_every_turn(tmp_path: Path, starter_models: Path) -> None:
    (tmp_path / "hit.mp3").write_bytes(damaged((SAMPLES / f"{NAME}.mp3").read_bytes(), 64, 7)[0])
    home = home_at(tmp_path / "user", starter_models)
    aiprov(home, "transcribe", tmp_path / "hit.mp3", "--model", "tiny.en", "-f", "json")
    document = transcript_in(tmp_path, "hit")
    turns = truth_of(NAME)["turns"]
    assert document["segments"][-1]["end"] == pytest.approx(turns[-1]["end"], abs=2.0)
    starts = [segment["start"] for segment in document["segments"]]
    assert sum(min(abs(turn["start"] - start) for start in starts) > 1.0 for turn in turns) <= 1
