"""Finished transcripts are rendered again without harm to what stands there."""

import json
import os

import pytest

from cli_world import aiprov

WORDS = [{"word": " Hi", "start": 0.0, "end": 0.4, "probability": 0.9}, {"word": " there.", "start": 0.5, "end": 1.0}]
TRANSCRIPT = {
    "text": " Hi there.",
    "segments": [{"id": 0, "start": 0.0, "end": 1.0, "text": " Hi there.", "words": WORDS}],
}


@pytest.fixture
def meeting(tmp_path):
    path = tmp_path / "in" / "meeting.json"
    path.parent.mkdir()
    path.write_text(json.dumps({**TRANSCRIPT, "language": "en"}))
    return path


def test_formats_appear_beside_the_transcript(meeting):
    result = aiprov("export", "in/meeting.json", "-f", "srt,txt")
    assert result.exit_code == 0
    assert result.stdout == "wrote in/meeting.srt\nwrote in/meeting.txt\n"
    assert (meeting.with_suffix(".txt")).read_text() == "Hi there.\n"


def test_all_leaves_the_transcript_itself_alone(meeting):
    before = meeting.read_bytes()
    assert aiprov("export", meeting, "-f", "all").exit_code == 0
    assert sorted(os.listdir(meeting.parent)) == [
        f"meeting.{form}" for form in ("json", "md", "srt", "tsv", "txt", "vtt")
    ]
    assert meeting.read_bytes() == before


def test_another_folder_can_be_named_and_takes_json_too(meeting, tmp_path):
    assert aiprov("export", meeting, "-f", "json,vtt", "-o", tmp_path / "out" / "deep").exit_code == 0
    assert sorted(os.listdir(tmp_path / "out" / "deep")) == ["meeting.json", "meeting.vtt"]


def test_line_options_cut_the_subtitles(meeting):
    aiprov("export", meeting, "-f", "srt", "--max_line_width", "4")
    assert "\nHi\nthere.\n" in meeting.with_suffix(".srt").read_text()


def test_a_second_export_writes_nothing(meeting):
    aiprov("export", meeting, "-f", "srt")
    before = os.stat(meeting.with_suffix(".srt"))
    result = aiprov("export", "in/meeting.json", "-f", "srt")
    assert result.stdout == "kept in/meeting.srt: it is the same\n"
    after = os.stat(meeting.with_suffix(".srt"))
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_that_differs_is_kept_unless_forced(meeting):
    edited = meeting.with_suffix(".srt")
    edited.write_text("mine")
    result = aiprov("export", "in/meeting.json", "-f", "srt,txt")
    assert result.exit_code == 3
    assert result.stderr == "error: in/meeting.srt exists and differs\nhint: --force overwrites it\n"
    assert edited.read_text() == "mine"
    assert not meeting.with_suffix(".txt").exists()
    assert aiprov("export", "in/meeting.json", "-f", "srt", "--force").exit_code == 0
    assert edited.read_text().startswith("1\n")


def test_the_transcript_itself_is_never_overwritten(meeting):
    meeting.write_text(meeting.read_text() + "\n")
    result = aiprov("export", meeting, "-f", "json", "-o", meeting.parent, "--force")
    assert result.exit_code == 3
    assert "is the transcript itself" in result.stderr


def test_one_bad_transcript_does_not_stop_the_others(meeting, tmp_path):
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "latin.json").write_bytes(b'{"text": "\xe9"}')
    (tmp_path / "folder.json").mkdir()
    names = ("bad.json", "latin.json", "folder.json", "missing.json", "in/meeting.json")
    result = aiprov("export", *names, "-f", "txt", "--json")
    files = json.loads(result.stdout)["files"]
    assert result.exit_code == 3
    assert [file["error"] and file["error"]["code"] for file in files] == [
        "bad_transcript",
        "bad_transcript",
        "not_a_file",
        "not_found",
        None,
    ]
    assert json.loads(result.stdout)["totals"] == {"files": 5, "done": 1, "skipped": 0, "failed": 4}
    assert meeting.with_suffix(".txt").exists()


def test_line_options_without_word_times_name_the_file(meeting):
    bare = {"text": "Hi", "segments": [{"start": 0, "end": 1, "text": "Hi"}], "language": "en"}
    meeting.write_text(json.dumps(bare))
    result = aiprov("export", "in/meeting.json", "-f", "srt", "--highlight-words")
    assert result.stderr.startswith("error: in/meeting.json: the transcript has no word times")


@pytest.mark.parametrize("other", ["in/meeting.json", "in/../in/meeting.json"])
def test_the_same_transcript_twice_is_no_clash(meeting, other):
    assert aiprov("export", meeting, other, "-f", "txt").exit_code == 0


def test_two_transcripts_of_one_name_are_refused_before_anything_is_written(meeting, tmp_path):
    (tmp_path / "meeting.json").write_text(meeting.read_text())
    result = aiprov("export", meeting, "meeting.json", "-f", "txt", "-o", "out")
    assert result.exit_code == 2
    assert "would share the output name meeting" in result.stderr
    assert not (tmp_path / "out").exists()


def test_only_json_beside_the_transcript_makes_no_sense(meeting):
    assert aiprov("export", meeting, "-f", "json").exit_code == 2


def test_a_folder_that_cannot_be_written_ends_with_6(meeting, tmp_path):
    (tmp_path / "out").write_text("a file")
    assert aiprov("export", meeting, "-f", "txt", "-o", tmp_path / "out").exit_code == 6


def test_a_link_in_the_way_is_replaced_and_not_written_through(meeting, tmp_path):
    (tmp_path / "precious").write_text("precious")
    meeting.with_suffix(".txt").symlink_to(tmp_path / "precious")
    assert aiprov("export", meeting, "-f", "txt", "--force").exit_code == 0
    assert (tmp_path / "precious").read_text() == "precious"
    assert not meeting.with_suffix(".txt").is_symlink()


def test_speakers_are_in_every_format_that_says_who_speaks(meeting):
    spoken = json.loads(meeting.read_text())
    spoken["segments"][0]["speaker"] = "Maria"
    meeting.write_text(json.dumps(spoken))
    assert aiprov("export", meeting, "-f", "srt,vtt,txt,rttm,md").exit_code == 0
    texts = {form: meeting.with_suffix(f".{form}").read_text() for form in ("srt", "vtt", "txt", "rttm", "md")}
    assert "\n[Maria]: Hi there.\n" in texts["srt"]
    assert "\n<v Maria>Hi there.\n" in texts["vtt"]
    assert texts["txt"] == "[Maria]: Hi there.\n"
    assert texts["rttm"] == "SPEAKER transcript 1 0.000 1.000 <NA> <NA> Maria <NA> <NA>\n"
    assert "** Hi there." in texts["md"]
    assert " Maria**" in texts["md"]


def test_rttm_of_a_transcript_without_speakers_is_refused_with_the_way_to_them(meeting):
    result = aiprov("export", "in/meeting.json", "-f", "rttm")
    assert result.exit_code == 3
    assert "in/meeting.json: the transcript does not say who speaks" in result.stderr
    assert "--diarize" in result.stderr
