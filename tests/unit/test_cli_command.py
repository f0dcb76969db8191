"""How every command parses and fails."""

import json
from typing import ClassVar

import pytest
import typer

from aiprov.cli.arguments import Options, bare_flags, units
from aiprov.cli.command import App, Noun, Root
from aiprov.errors import Busy
from cli_world import CliRunner

FLAGS = Options({"--force": None, "--audit": "--no-audit"}, frozenset({"--model", "-m"}))

app = App()


@app.command(examples=["toy run a"])
def run(
    names: list[str],
    word_limit: int = typer.Option(3, "--word-limit"),
    force: bool = typer.Option(False, "--force"),
    json: bool = typer.Option(False, "--json"),
) -> int:
    """Run the toy."""
    failures = {"busy": Busy("the folder is in use", "wait"), "bug": KeyError("x"), "stop": KeyboardInterrupt()}
    if names[0] in failures:
        raise failures[names[0]]
    typer.echo(f"{names} {word_limit} {force}")
    return int(names[0]) if names[0].isdigit() else 0


class Toys(Root):
    nouns: ClassVar = {"run": Noun(__name__, "Run the toy.", "Work"), "walk": Noun(__name__, "Walk.", "Work")}


toys = App(help="Toys.", cls=Toys)


def shell(*args):
    return CliRunner().invoke(toys, list(args))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["--force", "a"], ["--force", "a"]),
        (["--force", "True", "a"], ["--force", "a"]),
        (["--force", "False", "a"], ["a"]),
        (["--force=True"], ["--force"]),
        (["--audit", "False"], ["--no-audit"]),
        (["--audit=False"], ["--no-audit"]),
        (["--force", "true"], ["--force", "true"]),
        (["--model", "True", "--force"], ["--model", "True", "--force"]),
        (["--model", "--force", "True"], ["--model", "--force", "True"]),
        (["-m", "--force", "a"], ["-m", "--force", "a"]),
        (["--model=x", "True"], ["--model=x", "True"]),
        (["--", "--force", "True"], ["--", "--force", "True"]),
        (["--force"], ["--force"]),
        (["--model"], ["--model"]),
    ],
)
def test_booleans_take_whispers_true_and_false(typed, meant):
    assert bare_flags(typed, FLAGS) == meant


def test_units_spell_flags_with_dashes_and_keep_what_was_typed():
    found = list(units(["--Word_limit", "3", "a_b.mp3", "--"], valued={"--Word-limit"}, switches=set()))
    assert found == [("--Word-limit", ["--Word_limit", "3"]), ("a-b.mp3", ["a_b.mp3"]), ("--", ["--"])]


@pytest.mark.parametrize("spelling", ["--word-limit", "--word_limit"])
@pytest.mark.parametrize("form", ["{}={}", "{} {}"])
def test_flags_are_taken_in_both_spellings(spelling, form):
    assert shell("run", "a", *form.format(spelling, 7).split(" ")).stdout == "['a'] 7 False\n"


def test_names_with_underscores_stay_as_they_are():
    assert shell("run", "my_file_1.mp3").stdout == "['my_file_1.mp3'] 3 False\n"


def test_a_commands_answer_is_the_exit_code():
    assert shell("run", "3").exit_code == 3
    assert shell("run", "a").exit_code == 0


def test_an_error_is_said_once_with_its_hint_and_ends_with_its_code():
    result = shell("run", "busy")
    assert (result.exit_code, result.stdout, result.stderr) == (11, "", "error: the folder is in use\nhint: wait\n")


def test_an_error_is_one_json_document_when_json_was_asked_for():
    result = shell("run", "busy", "--json")
    assert json.loads(result.stdout) == {
        "schema": 1,
        "error": {"code": "busy", "message": "the folder is in use", "hint": "wait"},
    }
    assert result.exit_code == 11


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["run", "a", "--bogus"], "error: no such option: --bogus\nhint: `aiprov run --help` shows how it is used\n"),
        (["run", "a", "--word-limit", "x"], "error: invalid value for '--word-limit': "),
        (["run"], "error: missing argument 'names'\n"),
        (["runn"], "error: there is no command 'runn'\nhint: did you mean `aiprov run`?\n"),
        (["zzz"], "error: there is no command 'zzz'\nhint: `aiprov --help` lists the commands\n"),
    ],
)
def test_misuse_is_said_in_the_same_style_and_ends_with_2(args, said):
    result = shell(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(said)


def test_misuse_is_json_when_json_was_asked_for():
    result = shell("run", "a", "--bogus", "--json")
    assert json.loads(result.stdout)["error"]["code"] == "usage"


def test_a_bug_ends_with_1_and_says_how_to_see_more_without_a_traceback():
    result = shell("run", "bug")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: aiprov failed in a way it should not (KeyError)\nhint: set PYTHONDEVMODE=1")
    assert "Traceback" not in result.stderr


def test_an_interrupt_ends_with_130():
    assert shell("run", "stop").exit_code == 130


def test_no_command_at_all_shows_the_help_on_stderr():
    result = shell()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: aiprov ")


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_ends_with_the_examples_as_they_are_typed(flag):
    result = shell("run", flag)
    assert result.exit_code == 0
    assert result.stdout.endswith("\nExamples:\n  toy run a\n")


def test_the_overview_lists_commands_without_importing_them(monkeypatch):
    monkeypatch.setattr(Toys, "nouns", {"run": Noun("no.such.module", "Run the toy.", "Work")})
    assert "  run  Run the toy.\n" in shell("--help").stdout
