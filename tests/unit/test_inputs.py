"""What a user names becomes meetings: each once, and recordings with the transcripts that they have."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from aiprov.errors import ConfigError, InputError
from aiprov.pipelines.inputs import Meetings, meetings
from aiprov.pipelines.options import TranscribeOptions
from clerk_world import document

FORMATS = ("minutes.json", "minutes.md")


def content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def found(*inputs: Path | str, **wishes: object) -> Meetings:
    return meetings([str(each) for each in inputs], FORMATS, TranscribeOptions(("json",), **wishes), content)


def put(path: Path, made_from: Path | None = None) -> Path:
    """A recording; or a transcript, perhaps one that names its recording."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix != ".json":
        path.write_bytes(b"sound of " + path.name.encode())
        return path
    ours = {"schema": 1, "source": {"path": "x", "sha256": content(made_from)}} if made_from else None
    path.write_text(json.dumps(document() | ({"aiprov": ours} if ours else {})))
    return path


def test_a_transcript_is_summarized_and_a_recording_transcribed_first(tmp_path):
    talk, sync = put(tmp_path / "talk.mp3"), put(tmp_path / "sync.json")
    got = found(tmp_path)
    assert sorted(got.plan.paths) == [sync, talk]
    assert list(got.transcribing) == [talk]
    assert got.transcribing[talk].formats == ("json",)
    assert got.summarizing[talk].source == tmp_path / "talk.json"
    assert got.summarizing[sync].source == sync
    assert [path.name for path in got.summarizing[talk].outputs.values()] == ["talk.minutes.json", "talk.minutes.md"]


def test_a_recording_with_its_transcript_is_not_transcribed_again(tmp_path):
    talk = put(tmp_path / "talk.mp3")
    put(tmp_path / "talk.json", made_from=talk)
    got = found(tmp_path)
    assert (got.plan.paths, got.transcribing) == ([talk], {})
    elsewhere = found(talk, output_dir=tmp_path / "out")
    assert elsewhere.transcribing == {}
    assert elsewhere.summarizing[talk].source == tmp_path / "talk.json"
    assert elsewhere.summarizing[talk].start == str(tmp_path / "out" / "talk")


def test_the_transcript_of_another_recording_under_the_same_name_does_not_count(tmp_path):
    talk, other = put(tmp_path / "talk.mp3"), put(tmp_path / "other.mp3")
    put(tmp_path / "talk.json", made_from=other)
    assert list(found(talk).transcribing) == [talk]


def test_words_that_look_like_our_key_do_not_make_a_transcript(tmp_path):
    talk = put(tmp_path / "talk.mp3")
    said = f'"aiprov": {{"schema": 1, "source": {{"path": "x", "sha256": "{content(talk)}"'
    (tmp_path / "talk.json").write_text(json.dumps(document([("Eve", said)])))
    assert list(found(talk).transcribing) == [talk]


def test_in_a_folder_minutes_and_other_json_are_no_transcripts(tmp_path):
    sync = put(tmp_path / "sync.json")
    (tmp_path / "sync.minutes.json").write_text('{"segments": []}')
    (tmp_path / "old.minutes.json").write_text('{"segments": []}')
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "empty.json").write_text("")
    assert found(tmp_path).plan.paths == [sync]


def test_a_file_that_was_named_is_taken_at_its_word(tmp_path):
    (tmp_path / "package.json").write_text("{}")
    assert found(tmp_path / "package.json").plan.paths == [tmp_path / "package.json"]


def test_what_lies_beside_transcripts_is_left_out_with_a_word(tmp_path):
    sync = put(tmp_path / "sync.json")
    for suffix in (".srt", ".md"):
        sync.with_suffix(suffix).write_text("x")
    got = found(*sorted(tmp_path.iterdir()))
    assert got.plan.paths == [sync]
    assert got.plan.notes == ("2 files are neither a recording nor a transcript in JSON",)


def test_a_pattern_that_the_shell_left_alone_finds_both_kinds(tmp_path):
    put(tmp_path / "talk.mp3")
    put(tmp_path / "sync.json")
    assert len(found(tmp_path / "*").plan.paths) == 2


def test_a_recording_and_a_transcript_of_one_name_are_refused(tmp_path):
    put(tmp_path / "one" / "talk.mp3")
    put(tmp_path / "two" / "talk.json")
    with pytest.raises(InputError, match="would share the minutes") as caught:
        found(tmp_path / "one" / "talk.mp3", tmp_path / "two" / "talk.json", output_dir=tmp_path / "out")
    assert caught.value.code == "outputs_clash"


def test_a_missing_file_fails_by_name_and_an_empty_folder_is_nothing_to_do(tmp_path):
    (failure,) = found(tmp_path / "gone.json").plan.failures
    assert failure.error.code == "not_found"
    with pytest.raises(ConfigError, match="nothing to summarize"):
        found(tmp_path)
