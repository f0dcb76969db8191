"""`aiprov models` as people and scripts meet it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aiprov.cli.app import app
from model_world import entry_of, pin, whisper_files, write_files

FILES = whisper_files(20_000)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(aiprov_home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process: exit code, stdout, stderr."""
    import typer

    pin(aiprov_home / "models", entry_of(FILES))

    def run(*args: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            typer.main.get_command(app).main(["models", *args])
        captured = capsys.readouterr()
        return int(stop.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture
def stick(tmp_path: Path) -> str:
    """A directory with the model's files."""
    return str(write_files(tmp_path / "stick", FILES))


def test_the_folder_of_a_verified_model_is_all_that_path_prints(run: Run, stick: str, aiprov_home: Path) -> None:
    assert run("pull", "small-test", "--source", stick)[0] == 0
    assert run("path", "small-test") == (0, f"{aiprov_home / 'models' / 'small-test'}\n", "")
    (aiprov_home / "models/small-test/config.json").write_bytes(b"{}")
    code, out, err = run("path", "small-test")
    assert (code, out) == (4, "")
    assert "'config.json' has the wrong size" in err


def test_a_pull_says_what_came_and_where_it_is(run: Run, stick: str, aiprov_home: Path) -> None:
    code, out, err = run("pull", "small-test", "--source", stick)
    assert (code, out) == (0, f"small-test is ready: {aiprov_home / 'models' / 'small-test'}\n")
    assert "fetched small-test/model.bin" in err
    assert run("pull", "small-test", "--quiet") == (0, "", "")


def test_one_model_that_cannot_be_had_does_not_stop_the_others(run: Run, stick: str) -> None:
    code, out, err = run("pull", "nonsense", "small-test", "--source", stick, "--json")
    document = json.loads(out)
    assert code == 2
    assert [model["name"] for model in document["models"]] == ["small-test"]
    assert [failure["name"] for failure in document["failed"]] == ["nonsense"]
    assert "there is no model called 'nonsense'" in err


def test_the_list_shows_what_is_here(run: Run, stick: str) -> None:
    run("pull", "small-test", "--source", stick)
    code, out, _ = run("list")
    assert code == 0
    assert [line.split()[-1] for line in out.splitlines() if line.startswith("small-test ")] == ["here"]
    assert any("starter" in line for line in out.splitlines() if line.startswith("base "))
    models: dict[str, Any] = {model["name"]: model for model in json.loads(run("list", "--json")[1])["models"]}
    assert [name for name, model in models.items() if model["present"]] == ["small-test"]
    assert models["base"]["sources"] == ["hub", "index"]


def test_verify_names_the_file_that_is_wrong_and_exits_4(run: Run, stick: str, aiprov_home: Path) -> None:
    run("pull", "small-test", "--source", stick)
    assert run("verify")[0] == 0
    (aiprov_home / "models/small-test/more.py").write_text("")
    code, out, err = run("verify")
    assert (code, out) == (4, "small-test is not right: more.py: extra\n")
    assert "aiprov models pull small-test replaces it" in err
    assert json.loads(run("verify", "--json")[1])["models"][0]["ok"] is False


def test_nothing_is_removed_unasked(run: Run, stick: str, aiprov_home: Path) -> None:
    run("pull", "small-test", "--source", stick)
    code, _, err = run("rm", "small-test")
    assert (code, "--yes" in err) == (2, True)
    assert (aiprov_home / "models/small-test").is_dir()
    assert run("rm", "--yes", "small-test")[0] == 0
    assert not (aiprov_home / "models/small-test").exists()


def test_a_model_can_be_added_used_and_forgotten(run: Run, stick: str) -> None:
    code, out, _ = run("add", stick, "--name", "mine")
    assert code == 0
    assert out.startswith("added mine: transcription, ")
    assert run("verify", "mine")[0] == 0
    assert run("rm", "--yes", "mine")[0] == 0
    assert run("path", "mine")[0] == 2


def test_recommendations_name_one_best_of_each_kind(run: Run) -> None:
    document = json.loads(run("recommend", "--json")[1])
    assert len([model for model in document["models"] if model["best"]]) <= 4
    code, out, _ = run("recommend")
    assert code == 0
    assert out.startswith("this machine: ")


def test_listing_and_recommending_import_no_engine_and_no_network_library(aiprov_home: Path) -> None:
    code = (
        "import sys\n"
        "from aiprov.cli.app import app\n"
        "import typer\n"
        "try:\n    typer.main.get_command(app).main(['models', sys.argv[1]])\n"
        "except SystemExit as stop:\n    assert not stop.code\n"
        "print([name for name in sys.modules if name.split('.')[0] in ("
        "'huggingface_hub', 'openai', 'anthropic', 'torch', 'numpy', 'av', 'faster_whisper', 'llama_cpp', 'httpx2',"
        "'sentence_transformers', 'pydantic_settings', 'rich')], file=sys.stderr)"
    )
    for command in ("list", "recommend"):
        done = subprocess.run([sys.executable, "-c", code, command], capture_output=True, text=True, check=True)
        assert done.stderr == "[]\n"
