"""A folder of transcripts is measured against its references, pooled, as a table and as one JSON document."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov import evaluation
from aiprov.state import State
from cli_world import aiprov

QUALITY = {"verdict": "ok", "coverage": 0.5, "speech_s": 8.0, "redecoded_s": 0.0, "findings": []}
SOURCE = {"path": "a.mp3", "sha256": "0" * 64, "duration_s": 10.0, "damaged_s": 0.0}


def transcript(*said, language="en", **more):
    """A transcript of (start, end, speaker or None, text)."""
    segments = [
        {"start": start, "end": end, "text": f" {text}"} | ({"speaker": who} if who else {})
        for start, end, who, text in said
    ]
    return json.dumps({"text": " ".join(each[3] for each in said), "segments": segments, "language": language, **more})


@pytest.fixture
def world(tmp_path):
    """Two meetings: one of ten words, and one of two that is all wrong; a transcript without a reference."""
    files = {
        "out/long.json": transcript(
            (0, 4, "SPEAKER_00", "Good morning everyone, Maria is here."),
            (4, 7, "SPEAKER_01", "Hello from Zermat today"),
            aiprov={
                "schema": 1,
                "source": SOURCE,
                "provider": "local",
                "model": "base",
                "quality": QUALITY,
                "language_probability": 1.0,
            },
        ),
        "out/short.json": transcript((0, 1, None, "goodbye")),
        "out/alone.json": transcript((0, 1, None, "Hi")),
        "refs/long.stm": (
            "long 1 Ann 0 4 good morning everyone Maria is here\nlong 1 Bob 4 8 hello from Zermatt today\n"
        ),
        "refs/short.txt": "see you",
        "names.txt": "Zermatt  # a place\nMaria: Mareia\n",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def shown(*args, code=0):
    result = aiprov("eval", *args)
    assert result.exit_code == code, result.stderr
    return result


def measured(*args, code=0):
    return json.loads(shown(*args, "--json", code=code).stdout)


def test_the_table_has_a_row_for_each_transcript_and_their_sum(world):
    lines = shown("out", "--reference", "refs").stdout.splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    assert rows["out/long.json"][:6] == ["10", "1", "0", "0", "10.00", "10.00"]
    assert rows["out/short.json"] == ["2", "1", "1", "0", "100.00"]
    assert rows["total"][:5] == ["12", "2", "1", "0", "25.00"]
    assert lines[-1] == "skipped out/alone.json: it has no reference"
    assert "rare" not in lines[0]


def test_the_sum_is_pooled_and_no_mean_of_rates(world):
    totals = measured("out", "--reference", "refs")["totals"]
    assert totals["wer"] == {"rate": 0.25, "words": 12, "substitutions": 2, "deletions": 1, "insertions": 0}
    assert [totals[key] for key in ("files", "done", "skipped", "failed")] == [3, 2, 1, 0]


def test_the_document_says_what_was_found_and_how(world):
    document = measured("out", "--reference", "refs", "--rare-words", "names.txt")
    long = next(each for each in document["files"] if each["path"] == "out/long.json")
    assert (long["status"], long["references"], long["normaliser"]) == ("done", ["refs/long.stm"], "whisper-english")
    assert (long["provider"], long["model"], long["error"]) == ("local", "base", None)
    # The reference's speech is 8 s; the collars leave 0.25-3.75 and 4.25-7.75, of which the last 0.75 s are missed.
    assert long["der"] == {
        "rate": 0.10714, "speech_s": 7.0, "missed_s": 0.75, "false_alarm_s": 0.0, "confusion_s": 0.0
    }  # fmt: skip
    assert long["cpwer"]["rate"] == 0.1
    assert long["speakers"] == {"reference": 2, "found": 2, "right": 1, "recordings": 1}
    assert long["rare_words"] == {"rate": 0.5, "said": 2, "found": 1, "inserted": 0}
    assert long["coverage"] == {"rate": 0.5, "speech_s": 8.0, "covered_s": 4.0}
    assert document["settings"] == {
        "collar_s": 0.25,
        "overlap": "scored",
        "language": None,
        "normalisers": ["whisper-english"],
        "rare_words": 2,
        "totals": "pooled",
    }
    assert document["models"] == []


def test_collar_and_overlap_are_as_asked_and_said(world):
    (world / "refs/long.stm").write_text("long 1 Ann 0 4 good\nlong 1 Bob 3 8 hello\n")
    options = ("out/long.json", "--reference", "refs/long.stm", "--collar", "0")
    assert measured(*options)["files"][0]["der"]["speech_s"] == 9.0
    document = measured(*options, "--skip-overlap")
    assert document["files"][0]["der"]["speech_s"] == 7.0
    assert (document["settings"]["collar_s"], document["settings"]["overlap"]) == (0.0, "skipped")
    assert "collar 0 s on each side" in shown(*options).stderr
    assert "(pyannote.metrics: collar=0.5); overlapping speech is scored" in shown(*options[:3]).stderr


def test_the_language_chooses_the_normaliser_and_can_be_told(world):
    (world / "refs/short.txt").write_text("20 Grüße", encoding="utf-8")
    (world / "out/short.json").write_text(transcript((0, 1, None, "twenty GRÜSSE"), language="de"))
    options = ("out/short.json", "--reference", "refs")
    assert measured(*options)["files"][0]["wer"]["substitutions"] == 2
    told = measured(*options, "--language", "English")
    assert (told["files"][0]["wer"]["substitutions"], told["settings"]["normalisers"]) == (0, ["whisper-english"])


def test_who_speaks_can_be_measured_without_words(world):
    (world / "out/long.rttm").write_text("SPEAKER long 1 0 4 <NA> <NA> S0 <NA> <NA>\n")
    file = measured("out/long.rttm", "--reference", "refs", "--collar", "0")["files"][0]
    assert (file["wer"], file["cpwer"], file["normaliser"]) == (None, None, None)
    assert (file["der"]["missed_s"], file["speakers"]["found"]) == (4.0, 1)


def test_one_bad_file_does_not_stop_the_others(world):
    (world / "out/alone.json").write_text("{")
    (world / "refs/alone.txt").write_text("Hi")
    (world / "refs/short.txt").write_bytes(b"\xff")
    document = measured("out", "missing.json", "--reference", "refs", code=3)
    codes = {each["path"]: each["error"] and each["error"]["code"] for each in document["files"]}
    assert codes == {
        "out/alone.json": "bad_transcript",
        "out/long.json": None,
        "out/short.json": "bad_reference",
        "missing.json": None,
    }
    assert document["totals"]["wer"]["words"] == 10


def test_a_transcript_that_is_missing_is_named(world):
    (world / "refs/missing.txt").write_text("Hi")
    assert "missing.json is not a file" in shown("missing.json", "--reference", "refs", code=3).stderr


def test_turns_and_words_tell_nothing_of_each_other(world):
    (world / "refs/short.txt").rename(world / "refs/short.rttm")
    (world / "refs/short.rttm").write_text("SPEAKER short 1 0 1 <NA> <NA> A <NA> <NA>\n")
    result = shown("out/short.json", "--reference", "refs", code=3)
    assert "out/short.json and refs/short.rttm tell nothing of the same kind" in result.stderr


def test_without_any_reference_nothing_is_measured(world):
    result = shown("out", code=2)
    assert result.stderr.startswith("error: no transcript has a reference beside them\nhint: a reference has")
    assert shown("out", "--reference", "refs", "--rare-words", "none.txt", code=2).stderr.startswith("error: none.txt")


def test_missing_packages_are_named_before_a_transcript_is_blamed(world, monkeypatch):
    monkeypatch.setattr(evaluation, "_PACKAGES", ("no_such_package",))
    assert "hint: pip install 'aiprov[eval]'" in shown("out", "--reference", "refs", code=2).stderr


def test_how_fast_a_model_is_comes_from_the_ledger(world, aiprov_home):
    now = [datetime(2026, 11, 20, 12, tzinfo=UTC)]
    with State(aiprov_home / "state.sqlite3", lambda: now[0]) as state:
        attempt = state.begin_attempt(
            state.begin_run("transcribe"),
            operation="transcription",
            provider="local",
            model="base",
            request_hash="x",
            path=Path("a.mp3"),
            audio_s=100.0,
            free=True,
        )
        now[0] += timedelta(seconds=8)
        state.settle(attempt, cost=Decimal(0), usage={}, answer=None)
    models = measured("out", "--reference", "refs")["models"]
    assert models == [{"provider": "local", "model": "base", "rtf": 0.08, "audio_s": 100.0}]
    assert "RTF of local/base: 0.080 s per second of audio" in shown("out", "--reference", "refs").stderr
