"""`aiprov embed` and `aiprov search` as they are typed."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from aiprov.cli.search import _marked
from archive_world import talk, transcript
from cli_world import aiprov

FAKE = ("--provider", "fake")


@pytest.fixture
def folder(tmp_path: Path, aiprov_home: Path) -> Path:
    aiprov_home.mkdir()
    (aiprov_home / "aiprov.yaml").write_text("providers:\n  fake: {priority: 1}\n")
    transcript(tmp_path / "in" / "2026-03-10 finance.json", *talk("budget", 2))
    transcript(tmp_path / "in" / "walk.json", *talk("dog", 2))
    return tmp_path / "in"


@pytest.fixture
def archive(folder: Path) -> Path:
    assert aiprov("embed", folder, *FAKE).exit_code == 0
    return folder


def test_embed_says_one_line_for_each_file_and_one_for_all(folder):
    result = aiprov("embed", "in", *FAKE)
    assert sorted(result.stdout.splitlines()) == [
        "2 done",
        "done in/2026-03-10 finance.json: 1 excerpt",
        "done in/walk.json: 1 excerpt",
        "text of 2 files left this machine, to fake.invalid",
    ]
    assert aiprov("embed", "in", *FAKE).stdout == "nothing to do: 2 in the archive\n"


def test_embed_reports_as_json_like_other_batches(folder):
    result = aiprov("embed", folder, *FAKE, "--json")
    report = json.loads(result.stdout)
    assert [file["status"] for file in report["files"]] == ["done", "done"]
    assert report["totals"]["done"] == 2
    assert report["files"][0]["model"] == "fake-embedding"


def test_failures_are_said_with_their_hint_and_the_exit_code_is_3(folder):
    (folder / "broken.json").write_text("{")
    result = aiprov("embed", folder / "broken.json", folder / "walk.json", *FAKE)
    assert result.exit_code == 3
    assert "failed" in result.stdout
    assert "broken.json is not a transcript" in result.stdout
    assert "hint: give a JSON file" in result.stderr


def test_another_model_is_refused_with_exit_code_2(archive):
    result = aiprov("embed", archive, *FAKE, "--model", "fake-other")
    assert result.exit_code == 2


def test_search_prints_json_in_the_contracts_shape(archive):
    document = json.loads(aiprov("search", "budget", "--limit", "1", "--json", "--words-only").stdout)
    assert list(document) == ["results"]
    (hit,) = document["results"]
    assert list(hit) == ["meeting", "path", "start", "end", "speaker", "text", "score"]
    assert hit["meeting"] == "2026-03-10 finance"
    assert hit["path"] == str(archive / "2026-03-10 finance.json")
    assert (hit["start"], hit["end"], hit["speaker"]) == (0.0, 4.5, "Anna")
    assert hit["text"] == "Number 0 is about the budget that we know."


def test_search_tells_people_where_who_and_what(archive):
    lines = aiprov("search", "budget", "--limit", "1", "--words-only").stdout.splitlines()
    assert lines[0].startswith("1. 2026-03-10 finance  0:00  (")
    assert lines[1] == "   Anna: Number 0 is about the budget that we know."


def test_filters_narrow_the_search(archive):
    def meetings(*args):
        found = json.loads(aiprov("search", "number", "--words-only", "--json", *args).stdout)["results"]
        return {hit["meeting"] for hit in found}

    assert meetings() == {"2026-03-10 finance", "walk"}
    assert meetings("--since", "2026-03-10", "--until", "2026-03-10") == {"2026-03-10 finance"}
    assert meetings("--meeting", "WALK") == {"walk"}
    assert meetings("--speaker", "ben") == {"2026-03-10 finance", "walk"}
    assert meetings("--speaker", "carla") == set()
    assert meetings("--since", "7d") == set()


def test_of_a_speaker_only_their_own_words_are_shown(archive):
    found = json.loads(aiprov("search", "number", "--speaker", "okafor", "--json", "--words-only").stdout)["results"]
    assert {hit["speaker"] for hit in found} == {"Ben Okafor"}


def test_nothing_found_is_said_and_no_error(archive):
    result = aiprov("search", "giraffe", "--words-only")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "nothing was found\n")
    assert json.loads(aiprov("search", "giraffe", "--words-only", "--json").stdout) == {"results": []}


@pytest.mark.parametrize("args", [(" ",), ("x", "--since", "yesterday"), ("x", "--limit", "0"), ()])
def test_what_makes_no_sense_is_refused(archive, args):
    assert aiprov("search", *args).exit_code == 2


def test_without_an_archive_search_says_how_one_is_made(folder):
    result = aiprov("search", "budget")
    assert result.exit_code == 2
    assert "there is no archive" in result.stderr
    assert "aiprov embed" in result.stderr


def test_an_archive_that_nothing_came_into_is_said_to_be_empty(folder):
    (folder / "broken.json").write_text("{")
    assert aiprov("embed", folder / "broken.json", *FAKE).exit_code == 3
    result = aiprov("search", "budget", "--words-only")
    assert (result.exit_code, "is empty" in result.stderr) == (2, True)


def test_words_of_the_query_are_bold_and_nothing_steers_the_terminal():
    from rich.console import Console

    screen = Console(file=io.StringIO(), force_terminal=True, color_system="standard", markup=False, highlight=False)
    screen.print(_marked("  A\x1b]0;x\x07nna: ", "the Budgets [bold]rise[/bold]\x1b[2J", "budget"))
    shown = screen.file.getvalue()
    assert "\x1b[1mBudgets\x1b[0m" in shown
    assert "[bold]rise[/bold]\\x1b[2J" in shown
    assert "\x1b]" not in shown


def test_hostile_transcripts_and_queries_reach_no_terminal(folder):
    transcript(folder / "evil.json", ("Eve\x1b[2J", "Pay \x1b]8;;http://x\x07now\u202e \ud800 [red]at once[/red]."))
    assert aiprov("embed", folder, *FAKE).exit_code == 0
    result = aiprov("search", "pay \x1b[31m now", "--words-only", "--limit", "1")
    assert "[red]at once[/red]" in result.stdout
    assert not set("\x1b\x07\u202e") & set(result.stdout + result.stderr)


def test_the_archive_may_lie_elsewhere(folder, tmp_path):
    assert aiprov("embed", folder, *FAKE, "--archive", tmp_path / "deep" / "mine.db").exit_code == 0
    assert aiprov("search", "budget", "--words-only").exit_code == 2
    assert aiprov("search", "budget", "--words-only", "--archive", tmp_path / "deep" / "mine.db").stdout


def test_export_writes_excerpts_with_their_vectors(archive, tmp_path):
    assert aiprov("embed", "--export", "jsonl", "-o", "out").stdout == "wrote out/archive.jsonl\n"
    rows = [json.loads(line) for line in (tmp_path / "out" / "archive.jsonl").read_text().splitlines()]
    assert [row["meeting"] for row in rows] == ["2026-03-10 finance", "walk"]
    assert rows[0]["speakers"] == ["Anna", "Ben Okafor"]
    assert len(rows[0]["vector"]) == 8


def test_export_as_npy_has_a_row_for_each_line_beside_it(archive, tmp_path):
    import numpy as np

    aiprov("embed", "--export", "npy", "-o", "out")
    matrix = np.load(tmp_path / "out" / "archive.npy")
    rows = (tmp_path / "out" / "archive.rows.jsonl").read_text().splitlines()
    assert matrix.shape == (len(rows), 8)
    assert "vector" not in rows[0]


def test_export_as_parquet_says_what_it_needs(archive, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = aiprov("embed", "--export", "parquet")
    assert result.exit_code == 2
    assert "pip install pyarrow" in result.stderr


def test_embed_without_anything_to_do_is_refused(folder):
    assert aiprov("embed").exit_code == 2


def test_an_answer_is_what_people_said_where_no_chat_model_can_be_trusted(archive):
    result = aiprov("search", "budget", "--answer", "--limit", "1", "--json", "--privacy", "local", "--words-only")
    answer = json.loads(result.stdout)["answer"]
    assert answer["method"] == "extractive"
    assert answer["sentences"][0]["text"] == "Number 0 is about the budget that we know."
    assert answer["sentences"][0]["citations"] == [1]
