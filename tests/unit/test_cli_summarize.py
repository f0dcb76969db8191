"""`aiprov summarize` on the command line, without a chat model or an engine for embeddings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clerk_world import document
from cli_world import aiprov


@pytest.fixture
def meeting(tmp_path: Path) -> Path:
    path = tmp_path / "sync.json"
    path.write_text(json.dumps(document()))
    return path


@pytest.fixture(autouse=True)
def _nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIPROV_OFFLINE", "1")


def test_a_transcript_becomes_minutes_and_the_report_says_so(meeting):
    found = aiprov("summarize", meeting, "--method", "extractive", "--json")
    assert found.exit_code == 0, found.output
    report = json.loads(found.stdout)
    (file,) = report["files"]
    assert (file["status"], file["model"], file["steps"]) == ("done", "words", {"summarize": "done"})
    assert [Path(path).name for path in file["outputs"]] == [f"sync.minutes.{form}" for form in ("json", "md", "html")]
    assert json.loads((meeting.parent / "sync.minutes.json").read_text())["schema"] == 1


def test_formats_and_folder_are_chosen(meeting, tmp_path):
    found = aiprov("summarize", meeting, "--method", "extractive", "-f", "md", "-o", tmp_path / "out")
    assert found.exit_code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["sync.minutes.md"]


def test_the_day_of_the_meeting_dates_what_is_due(meeting):
    aiprov("summarize", meeting, "--method", "extractive", "--date", "2026-03-10")
    (task,) = json.loads((meeting.parent / "sync.minutes.json").read_text())["action_items"]
    assert task["due_date"] == "2026-03-13"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (("--date", "soon"), "--date takes a day"),
        (("-f", "pdf"), "no minutes in 'pdf'"),
        (("--language", "klingon"), "no language 'klingon'"),
        (("--template", "gone.md"), "gone.md cannot be read"),
        (("--prompt-file", "gone.txt"), "gone.txt cannot be read"),
        (("--max-cost", "much"), "--max-cost takes an amount"),
        (("--method", "abstractive", "--provider", "nobody"), "no provider 'nobody'"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_done(meeting, wish, said):
    found = aiprov("summarize", meeting, *wish)
    assert found.exit_code == 2
    assert said in str(found.exception or "") + found.output
    assert list(meeting.parent.glob("*.minutes.*")) == []


def test_what_is_no_transcript_fails_by_name_with_code_3(tmp_path):
    (tmp_path / "odd.json").write_text("{}")
    found = aiprov("summarize", tmp_path / "odd.json", "--method", "extractive")
    assert found.exit_code == 3
    assert "odd.json is not a transcript" in found.output


def test_no_input_is_wrong_usage():
    assert aiprov("summarize", "--quiet").exit_code == 2
