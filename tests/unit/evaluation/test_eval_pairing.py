"""Transcripts find their references by name and place, and never take each other or themselves for one."""

from pathlib import Path

import pytest

from aiprov.errors import ConfigError
from aiprov.pipelines.pairing import pairs


@pytest.fixture
def put(tmp_path):
    """Makes empty files."""

    def files(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    return files


def found(*paths, reference=None):
    paired = pairs([Path(path) for path in paths], reference and Path(reference))
    return {str(pair.transcript): [str(each) for each in pair.references] for pair in paired}


def test_references_are_taken_from_the_same_place_of_their_tree_and_else_from_its_top(put):
    put("out/a.json", "out/2026/b.json", "out/2026/c.json", "refs/a.txt", "refs/2026/b.txt", "refs/b.txt", "refs/c.stm")
    assert found("out", reference="refs") == {
        "out/2026/b.json": ["refs/2026/b.txt"],
        "out/2026/c.json": ["refs/c.stm"],
        "out/a.json": ["refs/a.txt"],
    }


def test_a_transcript_without_a_reference_is_there_with_none(put):
    put("out/a.json", "out/b.json", "refs/a.txt")
    assert found("out", reference="refs") == {"out/a.json": ["refs/a.txt"], "out/b.json": []}


def test_several_references_of_a_recording_belong_together_who_speaks_first(put):
    put("a.json", "refs/a.txt", "refs/a.stm", "refs/a.rttm")
    assert found("a.json", reference="refs") == {"a.json": ["refs/a.rttm", "refs/a.stm", "refs/a.txt"]}


def test_beside_a_transcript_its_own_other_formats_are_no_reference(put):
    put("out/a.json", "out/a.txt", "out/a.rttm", "out/b.json", "out/b.ref.txt", "out/b.txt")
    expected = {"out/a.json": [], "out/b.json": ["out/b.ref.txt"]}
    assert found("out") == expected
    assert found("out", reference="out") == expected


def test_what_can_only_be_a_reference_keeps_out_what_could_be_a_transcript(put):
    put("out/a.json", "recordings/a.truth.json", "recordings/a.json", "recordings/a.rttm")
    assert found("out", reference="recordings") == {"out/a.json": ["recordings/a.truth.json"]}


def test_references_within_the_folder_of_transcripts_are_no_transcripts(put):
    put("a.json", "a.truth.json", "refs/a.json", ".hidden.json", "report.md")
    assert found(".", reference="refs") == {"a.json": ["refs/a.json"]}


def test_minutes_are_no_transcripts(put):
    put("out/a.json", "out/a.minutes.json", "out/a.ref.txt")
    assert list(found("out")) == ["out/a.json"]


def test_turns_alone_are_a_transcript_where_there_is_no_json(put):
    put("out/a.rttm", "out/b.rttm", "out/b.json", "refs/a.rttm", "refs/b.rttm")
    assert list(found("out", reference="refs")) == ["out/a.rttm", "out/b.json"]


def test_names_with_dots_keep_all_but_their_ending(put):
    put("out/v1.2.json", "refs/v1.txt", "refs/v1.2.txt")
    assert found("out", reference="refs") == {"out/v1.2.json": ["refs/v1.2.txt"]}


def test_one_reference_may_be_named_for_one_transcript_and_one_table_of_turns_for_many(put):
    put("out/a.json", "out/b.json", "truth.txt", "all.rttm")
    assert found("out/a.json", reference="truth.txt") == {"out/a.json": ["truth.txt"]}
    assert found("out", reference="all.rttm") == {"out/a.json": ["all.rttm"], "out/b.json": ["all.rttm"]}
    with pytest.raises(ConfigError, match=r"truth\.txt is one reference for 2 transcripts"):
        found("out", reference="truth.txt")


def test_a_transcript_named_twice_counts_once(put):
    put("out/a.json", "out/a.stm")
    assert found("out", "out/a.json") == {"out/a.json": ["out/a.stm"]}


def test_nothing_to_compare_says_what_is_missing(put):
    put("out/a.json", "empty/notes.md")
    with pytest.raises(ConfigError, match=r"no transcript has a reference in empty"):
        found("out", reference="empty")
    with pytest.raises(ConfigError, match="there are no transcripts") as caught:
        found("empty")
    assert "aiprov transcribe" in caught.value.hint
    with pytest.raises(ConfigError, match="refs does not exist"):
        found("out", reference="refs")
