"""The doctor finds what would stop the work, and changes nothing."""

import json
import sys
from pathlib import Path

import pytest

from aiprov import doctor
from aiprov.core.secret import Secret
from aiprov.settings import Settings
from cli_world import aiprov


@pytest.fixture(autouse=True)
def engines_that_load(monkeypatch):
    """Loading torch takes seconds; what is done with an engine's answer is what matters here."""
    engine = doctor._ENGINES[0]._replace(code="print('fine')")
    monkeypatch.setattr(doctor, "_ENGINES", (engine,))


def findings(settings, state=None):
    return {(check.area, check.name): check for check in doctor.examine(settings) if state in (None, check.state)}


def with_engine(monkeypatch, **changes):
    monkeypatch.setattr(doctor, "_ENGINES", (doctor._ENGINES[0]._replace(**changes),))


def test_a_machine_that_has_all_is_well(aiprov_home):
    assert findings(Settings(home=aiprov_home), "wrong") == {}
    assert not aiprov_home.exists()


def test_an_engine_that_crashes_is_a_finding(aiprov_home, monkeypatch):
    with_engine(monkeypatch, code="import os; os.abort()")
    check = findings(Settings(home=aiprov_home), "wrong")["engine", "speech"]
    assert check.detail == "faster-whisper crashed: Aborted"
    assert "pip install" in check.hint


def test_an_engine_that_does_not_load_says_why(aiprov_home, monkeypatch):
    with_engine(monkeypatch, code="import no_such_engine")
    check = findings(Settings(home=aiprov_home), "wrong")["engine", "speech"]
    assert check.detail == "faster-whisper does not load: ModuleNotFoundError: No module named 'no_such_engine'"


def test_an_engine_that_hangs_is_given_up(aiprov_home, monkeypatch):
    monkeypatch.setattr(doctor, "_LOAD_LIMIT_S", 0.05)
    with_engine(monkeypatch, code="import threading; threading.Event().wait()")
    assert "did not load within" in findings(Settings(home=aiprov_home), "wrong")["engine", "speech"].detail


def test_an_engine_that_is_not_installed_is_wrong_only_when_it_is_needed(aiprov_home, monkeypatch):
    with_engine(monkeypatch, package="no-such-package")
    assert ("engine", "speech") in findings(Settings(home=aiprov_home), "wrong")
    with_engine(monkeypatch, package="no-such-package", otherwise="note")
    assert ("engine", "speech") in findings(Settings(home=aiprov_home), "note")


def test_a_module_in_the_current_folder_is_not_taken_for_an_engine(aiprov_home, monkeypatch, tmp_path):
    (tmp_path / "wave.py").write_text("raise SystemExit('planted')")
    with_engine(monkeypatch, code="import wave; print('fine')")
    assert findings(Settings(home=aiprov_home))["engine", "speech"].state == "ok"


def test_keys_show_their_last_four_characters_only(aiprov_home):
    check = findings(Settings(home=aiprov_home, openai_api_key=Secret("sk-canary-0123456789abcd")))[
        "key", "OPENAI_API_KEY"
    ]
    assert check.detail == "set (…abcd), in the environment"


def test_a_home_that_cannot_be_written_is_wrong(tmp_path):
    (tmp_path / "file").write_text("")
    check = findings(Settings(home=tmp_path / "file" / "home"), "wrong")["folder", "home"]
    assert "AIPROV_HOME" in check.hint


def test_an_absent_model_is_fetched_later_but_not_offline(aiprov_home):
    assert findings(Settings(home=aiprov_home))["model", "base"].state == "note"
    assert findings(Settings(home=aiprov_home, offline=True))["model", "base"].state == "wrong"


def test_a_model_that_does_not_exist_is_wrong(aiprov_home):
    check = findings(Settings(home=aiprov_home, local_whisper_model="bsae"), "wrong")["model", "bsae"]
    assert check.hint


def test_a_full_disk_and_scarce_memory_are_noticed(aiprov_home, monkeypatch):
    monkeypatch.setattr(doctor, "_SPACE_NEEDED", 1 << 60)
    monkeypatch.setattr(doctor, "_MEMORY_WANTED", 1 << 60)
    found = findings(Settings(home=aiprov_home))
    assert found["machine", "disk"].state == "wrong"
    assert found["machine", "memory"].state == "note"


def test_the_command_prints_a_line_for_each_and_ends_with_0():
    result = aiprov("doctor")
    assert result.exit_code == 0
    assert f"python: {sys.version.split()[0]}" in result.stdout
    assert result.stdout.splitlines()[-1] == "all that is needed works"


def test_the_command_ends_with_2_when_something_needed_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("AIPROV_OFFLINE", "1")
    result = aiprov("doctor", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 2
    assert document["ok"] is False
    assert {"area", "name", "state", "detail", "hint"} == set(document["checks"][0])


def test_settings_that_cannot_be_used_are_named(monkeypatch):
    monkeypatch.setenv("LOCAL_DEVICE", "gpu")
    result = aiprov("doctor", "--json")
    assert result.exit_code == 2
    assert "LOCAL_DEVICE" in json.loads(result.stdout)["error"]["message"]


def test_no_key_is_printed(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcd")
    assert "canary" not in aiprov("doctor", "--json").output


def test_nothing_is_written(tmp_path):
    before = sorted(Path(tmp_path).rglob("*"))
    aiprov("doctor")
    assert sorted(Path(tmp_path).rglob("*")) == before
