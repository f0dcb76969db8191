"""The recipe `private` opens no connection, whatever keys there are: an attempt ends the child that makes it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from test_privacy_local import KEYS, aiprov, recording

from archive_world import talk, transcript

__all__ = ["recording"]  # a fixture

PRIVATE = {"LOCAL_WHISPER_MODEL": "tiny.en"}


def test_from_recording_to_archive_nothing_leaves(home_with_models: Path, recording: Path) -> None:
    arguments = ["run", "private", str(recording), "-o", str(home_with_models / "out")]
    done = aiprov(home_with_models, *arguments, "--json", **KEYS, **PRIVATE)
    assert done.returncode == 0, done.stderr
    (file,) = json.loads(done.stdout)["files"]
    assert file["steps"] == dict.fromkeys(("transcribe", "summarize", "embed"), "done")
    assert file["sent_to"] == []
    found = aiprov(home_with_models, "search", "agenda", "--privacy", "local", "--json", **KEYS)
    assert json.loads(found.stdout)["results"]


def test_the_same_steps_without_it_would_have_left(home_with_models: Path) -> None:
    meeting = transcript(home_with_models / "in" / "sync.json", *talk("budget", 2))
    done = aiprov(home_with_models, "run", "hybrid", str(meeting), "--json", **KEYS)
    assert done.returncode == 99
    assert "LEAVES" in done.stderr


@pytest.mark.parametrize("typed", [[], ["--privacy", "any"]])
def test_neither_setting_nor_command_line_loosens_it(home_with_models: Path, typed: list[str]) -> None:
    meeting = transcript(home_with_models / "in" / "sync.json", *talk("budget", 2))
    done = aiprov(
        home_with_models, "run", "private", str(meeting), *typed, "--json", AIPROV_PRIVACY="any", **KEYS, **PRIVATE
    )
    assert done.returncode == 0, done.stderr


def test_a_model_that_is_absent_is_not_fetched(aiprov_home: Path) -> None:
    aiprov_home.mkdir()
    meeting = transcript(aiprov_home / "in" / "sync.json", *talk("budget", 2))
    done = aiprov(aiprov_home, "run", "private", str(meeting), "--json", **KEYS)
    assert done.returncode not in (0, 99), done.stderr
    assert "all-minilm-l6-v2" in done.stdout
    shutil.rmtree(aiprov_home)
