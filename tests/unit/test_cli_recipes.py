"""`aiprov run` and `aiprov recipes` as they are typed; a played provider embeds, and minutes are quotes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aiprov.archive import Archive
from archive_world import transcript
from clerk_world import TALK
from cli_world import aiprov

HOUSE = """\
description: What this house does.
steps:
  - summarize: {method: extractive, format: [json, md]}
  - export: {format: txt}
  - embed: {provider: fake}
"""


@pytest.fixture
def folder(tmp_path: Path, aiprov_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two transcripts and a recipe, in the current folder."""
    monkeypatch.setenv("AIPROV_OFFLINE", "1")
    aiprov_home.mkdir()
    (aiprov_home / "aiprov.yaml").write_text("providers:\n  fake: {priority: 1}\n")
    (tmp_path / "house.yaml").write_text(HOUSE)
    for name in ("2026-03-10 pricing", "sync"):
        transcript(tmp_path / "in" / f"{name}.json", *TALK, ("Anna", f"That was the meeting called {name}."))
    return tmp_path


def test_a_recipe_of_ones_own_is_carried_out_and_search_finds_what_it_made(folder):
    done = aiprov("run", "house.yaml", "in", "-o", "out")
    assert done.exit_code == 0, done.output
    assert "2 done" in done.stdout
    names = sorted(path.name for path in (folder / "out").iterdir())
    assert names == [
        f"{name}.{form}" for name in ("2026-03-10 pricing", "sync") for form in ("minutes.json", "minutes.md", "txt")
    ]
    found = json.loads(aiprov("search", "second licence", "--words-only", "--json").stdout)["results"]
    assert found[0]["meeting"] in ("sync", "2026-03-10 pricing")


def test_the_report_has_every_step_of_every_file(folder):
    report = json.loads(aiprov("run", "house.yaml", "in", "--json").stdout)
    for file in report["files"]:
        assert file["steps"] == dict.fromkeys(("summarize", "export", "embed"), "done")
        assert file["sent_to"] == ["fake.invalid"]
    again = aiprov("run", "house.yaml", "in")
    assert again.stdout.startswith("nothing to do: 2")


def test_another_archive_can_be_chosen(folder):
    assert aiprov("run", "house.yaml", "in", "--archive", "own.sqlite3").exit_code == 0
    archive = Archive(folder / "own.sqlite3")
    assert len(archive.contents()) == 4
    archive.close()


def test_a_dry_run_says_what_would_be_done(folder):
    done = aiprov("run", "house.yaml", "in", "--dry-run")
    assert done.exit_code == 0
    assert done.stdout.count("planned in/") == 2
    assert not list((folder / "in").glob("*.md"))


def test_privacy_local_forbids_what_the_recipe_wants(folder):
    done = aiprov("run", "house.yaml", "in", "--privacy", "local", "--json")
    assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (2, "privacy")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("minuts", "in"), "did you mean minutes?"),
        (("gone.yaml", "in"), "there is no recipe gone.yaml"),
        (("house.yaml",), "no meetings were named"),
        (("house.yaml", "nothing-here"), "nothing-here"),
        (("house.yaml", "in", "--max-cost", "much"), "--max-cost takes an amount"),
    ],
)
def test_what_cannot_be_done_is_said(folder, typed, said):
    done = aiprov("run", *typed)
    assert done.exit_code in (2, 3)
    assert said in done.output


def test_the_list_shows_what_comes_with_aiprov():
    lines = aiprov("recipes", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["archive", "hybrid", "minutes", "private", "subtitles"]
    found = json.loads(aiprov("recipes", "list", "--json").stdout)["recipes"]
    assert {each["name"] for each in found} == {line.split()[0] for line in lines[1:]}


def test_what_show_prints_is_the_recipe_to_the_byte(tmp_path):
    shown = aiprov("recipes", "show", "minutes").stdout
    (tmp_path / "own.yaml").write_text(shown)
    assert aiprov("recipes", "check", tmp_path / "own.yaml").exit_code == 0
    assert (Path(__file__).parents[2] / "recipes" / "minutes.yaml").read_text() == shown


def test_check_says_that_a_recipe_is_right_or_what_is_not(folder):
    good = aiprov("recipes", "check", "house.yaml")
    assert (good.exit_code, good.stdout) == (0, "house.yaml is right: summarize, export, embed\n")
    (folder / "house.yaml").write_text(HOUSE.replace("method:", "methd:"))
    bad = aiprov("recipes", "check", "house.yaml", "--json")
    assert bad.exit_code == 2
    error = json.loads(bad.stdout)["error"]
    assert error["message"] == "house.yaml, line 3: steps[0].summarize.methd is not an option of summarize"
    assert error["hint"] == "did you mean method?"


def test_check_as_json_says_what_was_understood(folder):
    found = json.loads(aiprov("recipes", "check", "house.yaml", "--json").stdout)["recipe"]
    assert found["steps"][0] == {"step": "summarize", "options": {"method": "extractive", "format": ["json", "md"]}}
