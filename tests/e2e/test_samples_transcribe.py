"""The main job on the sample meetings with the real starter models."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from speech_world import (
    FORMATS,
    NAMES,
    SAMPLES,
    aiprov,
    command,
    environment,
    excerpt_of,
    files_in,
    home_at,
    transcript_in,
    truth_of,
    word_errors,
)

from aiprov.core.passages import ends_sentence
from aiprov.state import State

TWO = ("customer-interview", "product-sync")
LONGEST_S = 15.0


class Run:
    """A finished run: where, and what it reported."""

    def __init__(self, folder: Path, models: Path, *arguments: object) -> None:
        self.home = home_at(folder / "home", models)
        self.out = folder / "out"
        self.arguments = ("transcribe", *arguments, "-o", self.out)
        self.report = aiprov(self.home, *self.arguments)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, starter_models: Path) -> Run:
    """The README's main job: the samples' folder with the default model."""
    return Run(tmp_path_factory.mktemp("base"), starter_models, SAMPLES, "--language", "en")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, starter_models: Path) -> Run:
    """Two of the recordings, in a folder of their own, with the smallest model."""
    folder = tmp_path_factory.mktemp("tiny")
    return Run(folder, starter_models, copied(folder), "--model", "tiny.en")


def copied(folder: Path) -> Path:
    """Two samples in `folder`/in: outputs name their recordings relative to themselves."""
    (folder / "in").mkdir()
    for name in TWO:
        shutil.copy(SAMPLES / f"{name}.mp3", folder / "in")
    return folder / "in"


def test_every_recording_has_its_transcript_in_every_format(base: Run) -> None:
    assert set(files_in(base.out)) == {f"{name}.{form}" for name in NAMES for form in FORMATS}
    assert [file["status"] for file in base.report["files"]] == ["done"] * 3
    for file in base.report["files"]:
        assert (file["provider"], file["model"], file["cost_usd"], file["error"]) == ("local", "base", 0.0, None)


def test_at_most_one_word_in_twenty_is_wrong(base: Run) -> None:
    assert word_errors(NAMES, base.out) <= 0.05


@pytest.mark.parametrize("name", NAMES)
def test_no_transcript_is_far_worse_than_the_others(base: Run, name: str) -> None:
    assert word_errors((name,), base.out) <= 0.08


def offsets(run: Run, name: str) -> list[tuple[float, str]]:
    """For every turn, how far its start is from the nearest segment's start, in seconds."""
    starts = [segment["start"] for segment in transcript_in(run.out, name)["segments"]]
    return [(min(abs(turn["start"] - start) for start in starts), turn["text"]) for turn in truth_of(name)["turns"]]


@pytest.mark.parametrize("name", NAMES)
def test_every_turn_begins_with_a_segment(base: Run, name: str) -> None:
    assert [turn for turn in offsets(base, name) if turn[0] > 1.0] == []


def test_most_turns_begin_to_within_a_third_of_a_second(base: Run) -> None:
    assert median(offset for name in NAMES for offset, _ in offsets(base, name)) < 0.3


@pytest.mark.parametrize("name", NAMES)
def test_no_segment_is_too_long_to_read(base: Run, name: str) -> None:
    for segment in transcript_in(base.out, name)["segments"]:
        assert 0 < segment["end"] - segment["start"] <= LONGEST_S
        assert sum(ends_sentence(word["word"]) for word in segment["words"]) <= 2


@pytest.mark.parametrize("name", NAMES)
def test_segments_and_words_are_in_order_inside_the_recording_and_make_up_the_text(base: Run, name: str) -> None:
    document = transcript_in(base.out, name)
    segments = document["segments"]
    assert [segment["id"] for segment in segments] == list(range(len(segments)))
    assert "".join(segment["text"] for segment in segments).strip() == document["text"]
    words = [word for segment in segments for word in segment["words"]]
    assert [word["start"] for word in words] == sorted(word["start"] for word in words)
    assert all(0 <= word["start"] <= word["end"] <= truth_of(name)["duration_s"] + 0.1 for word in words)
    for segment in segments:
        assert segment["text"] == "".join(word["word"] for word in segment["words"])
        assert segment["start"] == segment["words"][0]["start"]


@pytest.mark.parametrize("name", NAMES)
def test_the_audit_finds_the_transcripts_whole(base: Run, name: str) -> None:
    document = transcript_in(base.out, name)
    ours = document["aiprov"]
    assert (document["language"], ours["language_probability"]) == ("en", 1.0)
    assert ours["quality"]["verdict"] == "ok"
    assert ours["quality"]["coverage"] > 0.97
    spoken = sum(turn["end"] - turn["start"] for turn in truth_of(name)["turns"])
    assert ours["quality"]["speech_s"] == pytest.approx(spoken, rel=0.15)
    assert ours["source"]["damaged_s"] == 0.0
    assert ours["source"]["duration_s"] == pytest.approx(truth_of(name)["duration_s"], abs=0.1)
    (file,) = [file for file in base.report["files"] if Path(file["path"]).stem == name]
    assert (file["verdict"], file["notes"]) == ("ok", [])


def test_a_second_run_over_finished_work_does_nothing(base: Run) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in base.out.iterdir()}
    report = aiprov(base.home, *base.arguments)
    assert [file["status"] for file in report["files"]] == ["skipped"] * 3
    assert {path.name: path.stat().st_mtime_ns for path in base.out.iterdir()} == before
    with State(base.home / "state.sqlite3") as state:
        assert [row.attempts for row in state.charges(by="file")] == [1, 1, 1]


def test_export_renders_the_same_bytes_again(base: Run, tmp_path: Path) -> None:
    transcripts = [base.out / f"{name}.json" for name in NAMES]
    aiprov(base.home, "export", *transcripts, "-f", ",".join(FORMATS), "-o", tmp_path / "again")
    again, first = files_in(tmp_path / "again"), files_in(base.out)
    assert {name: again[name] == content for name, content in first.items()} == dict.fromkeys(first, True)


def test_the_smallest_model_reads_the_samples_too_and_needs_no_language(tiny: Run) -> None:
    assert word_errors(TWO, tiny.out) <= 0.08
    for name in TWO:
        document = transcript_in(tiny.out, name)
        assert (document["aiprov"]["model"], document["language"]) == ("tiny.en", "en")
        assert document["aiprov"]["language_probability"] == 1.0


def test_the_language_is_detected_when_none_is_named(tmp_path: Path, starter_models: Path) -> None:
    excerpt = excerpt_of("customer-interview", 20.0, tmp_path / "excerpt.wav")
    document = transcript_in(Run(tmp_path, starter_models, excerpt, "-f", "json").out, "excerpt")
    assert (document["language"], document["aiprov"]["model"]) == ("en", "base")
    assert 0.5 < document["aiprov"]["language_probability"] < 1.0
    assert "bakery" in document["text"]


def polled(process: subprocess.Popen[bytes], most_s: float) -> Iterator[None]:
    """Moments at which to look whether something has happened, while the process is at work."""
    for _ in range(int(most_s / 0.05)):
        yield
        try:
            code = process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the run came to its end too early, with code {code}")
    raise AssertionError(f"nothing happened within {most_s} s")


def attempts_in(home: Path) -> list[Any]:
    if not (home / "state.sqlite3").is_file():
        return []
    with State(home / "state.sqlite3") as state:
        return state.charges(by="file")


def test_a_run_killed_in_the_middle_and_run_again_gives_the_bytes_of_an_undisturbed_one(
    tiny: Run, tmp_path: Path, starter_models: Path
) -> None:
    home, recordings, out = home_at(tmp_path / "home", starter_models), copied(tmp_path), tmp_path / "out"
    arguments = ("transcribe", recordings, "--model", "tiny.en", "--workers", 1, "-o", out)
    process = subprocess.Popen(command(*arguments), env=environment(home), stdout=subprocess.DEVNULL)
    try:
        # One recording is answered, and the other is at work.
        for _ in polled(process, 300.0):
            rows = attempts_in(home)
            if any(row.audio_s > 0 for row in rows) and any(row.running for row in rows):
                break
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL
    finished = {name: content for name, content in files_in(out).items() if not name.startswith(".")}
    expected = files_in(tiny.out)
    assert len(finished) < len(expected)
    assert all(content == expected[name] for name, content in finished.items())

    report = aiprov(home, "transcribe", recordings, "--model", "tiny.en", "-o", out)
    assert {file["status"] for file in report["files"]} <= {"done", "skipped"}
    assert files_in(out) == expected
    rows = attempts_in(home)
    assert [(row.running, row.unknown, row.failed) for row in rows] == [(0, 0, 0)] * len(TWO)
    assert sum(row.attempts for row in rows) > len(TWO)
    assert all(row.audio_s == pytest.approx(truth_of(Path(row.key).stem)["duration_s"], abs=0.2) for row in rows)
