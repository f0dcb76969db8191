"""Terms are proposed as a glossary.txt that can be read again, and a glossary can be looked at."""

import json
from pathlib import Path

import pytest

from aiprov.core.glossary import Term
from aiprov.glossary import read_glossary
from cli_world import aiprov


def words(text, sure):
    return [{"word": f" {w}", "start": i, "end": i + 1, "probability": sure} for i, w in enumerate(text.split())]


@pytest.fixture
def transcripts(tmp_path):
    folder = tmp_path / "out" / "deep"
    folder.mkdir(parents=True)
    for number, text in enumerate(["we run Kubernetes and Kubernetes, Zoltan said", "they said Cubanetis, too"]):
        segment = {"id": 0, "start": 0, "end": 9, "text": f" {text}", "words": words(text, 0.6)}
        (folder / f"{number}.json").write_text(json.dumps({"text": text, "segments": [segment], "language": "en"}))
    return folder


def test_what_is_proposed_is_a_glossary(transcripts, tmp_path):
    result = aiprov("glossary", "suggest", "out")
    assert result.exit_code == 0
    assert "Kubernetes: Cubanetis  # spelled in different ways, 3 times: we run Kubernetes" in result.stdout
    (tmp_path / "glossary.txt").write_text(result.stdout)
    assert read_glossary(Path("glossary.txt")).terms == (Term("Kubernetes", ("Cubanetis",)), Term("Zoltan"))


def test_it_is_one_json_document_where_asked(transcripts):
    found = json.loads(aiprov("glossary", "suggest", transcripts / "0.json", transcripts / "1.json", "--json").stdout)
    assert (found["schema"], found["files"]) == (1, 2)
    assert found["suggestions"][0] == {
        "term": "Kubernetes",
        "count": 3,
        "why": "spelled in different ways",
        "aliases": ["Cubanetis"],
        "example": "we run Kubernetes and Kubernetes, Zoltan said",
    }


def test_a_file_that_is_none_does_not_stop_the_others(transcripts, tmp_path):
    (tmp_path / "bad.json").write_text("{")
    result = aiprov("glossary", "suggest", "bad.json", "none.json", "out")
    assert result.exit_code == 3
    assert "bad.json is not a transcript" in result.stderr
    assert "none.json does not exist" in result.stderr
    assert "Zoltan" in result.stdout


def test_minutes_in_a_folder_are_not_taken_for_transcripts(transcripts):
    folder = transcripts if transcripts.is_dir() else transcripts.parent
    (folder / "sync.minutes.json").write_text("{}")
    assert aiprov("glossary", "suggest", folder).exit_code == 0


def test_nothing_to_propose_is_said_and_printed_as_nothing(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"text": "", "segments": [], "language": "en"}))
    result = aiprov("glossary", "suggest", "a.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing to propose" in result.stderr


def test_a_glossary_can_be_looked_at(tmp_path):
    (tmp_path / "glossary.yaml").write_text("aiprov: [eye prov]\nMaria: {kind: person}\n")
    shown = aiprov("glossary", "check")
    assert shown.stdout.splitlines() == ["TERM    KIND    ALIASES", "aiprov          eye prov", "Maria   person"]
    found = json.loads(aiprov("glossary", "check", "glossary.yaml", "--json").stdout)
    assert found["terms"][0] == {"text": "aiprov", "aliases": ["eye prov"], "kind": None}


def test_looking_at_none_or_a_bad_one_is_an_error(tmp_path):
    assert aiprov("glossary", "check").exit_code == 2
    (tmp_path / "glossary.txt").write_text("ok\n???\n")
    result = aiprov("glossary", "check")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: glossary.txt, line 2: this is no term\n")
