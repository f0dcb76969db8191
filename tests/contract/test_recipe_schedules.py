"""The cron line, systemd units and workflow that are offered name commands that exist, in a form that is read."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from aiprov.cli.app import app
from aiprov.recipes import find

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "recipes"
UNITS = [RECIPES / "systemd" / f"aiprov.{kind}" for kind in ("service", "timer")]


def parses(words: list[str]) -> None:
    """A command line of `aiprov run`, by its own parser; the recipe is there."""
    verb, *rest = words
    command = get_command(app).get_command(None, verb)
    params = command.make_context(f"aiprov {verb}", rest).params
    assert params["inputs"]
    assert find(params["recipe"]).is_file()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with an `aiprov` that only writes down what it is told."""
    program = tmp_path / "me" / "aiprov" / ".venv" / "bin" / "aiprov"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$HOME/said"\n')
    program.chmod(0o755)
    return tmp_path / "me"


def test_the_cron_line_runs_a_recipe(home):
    (line,) = [line for line in (RECIPES / "cron.example").read_text().splitlines() if line[:1] not in ("#", "")]
    *when, command = line.split(maxsplit=5)
    assert when == ["15", "2", "*", "*", "*"]
    assert "%" not in command  # cron makes a new line of it
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}  # what cron gives
    subprocess.run(["/bin/sh", "-c", command], env=environment, check=True, cwd=home)
    words = (home / "said").read_text().splitlines()
    assert f"{home}/meetings" in words
    parses(words)


def test_the_service_runs_a_recipe(home):
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read(UNITS[0])
    program, *words = shlex.split(unit["Service"]["ExecStart"].replace("%h", str(home)))
    assert Path(program).is_file()
    parses(words)
    assert unit["Service"]["SuccessExitStatus"].split() == ["3", "11"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_units_as_they_are(home, tmp_path):
    (tmp_path / "run").mkdir(mode=0o700)
    environment = {"HOME": str(home), "XDG_RUNTIME_DIR": str(tmp_path / "run"), "PATH": "/usr/bin:/bin"}
    command = ["systemd-analyze", "verify", "--user", *map(str, UNITS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_workflow_is_one_and_its_commands_exist():
    workflow = yaml.safe_load((RECIPES / "github-actions.yml").read_text())
    assert set(workflow) == {"name", True, "jobs"}  # YAML 1.1 reads `on` as true
    (job,) = workflow["jobs"].values()
    assert job["runs-on"]
    assert job["permissions"] == {"contents": "read"}
    install, run = [step["run"] for step in job["steps"] if "run" in step]
    parses(shlex.split(run)[1:])
    extra = install.partition("[")[2].partition("]")[0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert extra in project["project"]["optional-dependencies"]
    assert (ROOT / "constraints.txt").is_file()


def test_the_wheel_takes_all_recipes_with_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    expected = {f"recipes/{path.name}": f"aiprov/recipes/{path.name}" for path in RECIPES.glob("*.yaml")}
    assert {name: place for name, place in included.items() if name.startswith("recipes/")} == expected


def test_the_readme_of_the_recipes_shows_one_that_is_right(tmp_path):
    from aiprov.cli.recipe_wishes import check_whole, otherwise_of, wishes_of
    from aiprov.recipes import read

    text = (RECIPES / "README.md").read_text()
    (block,) = text.split("```yaml\n")[1:]
    (tmp_path / "house.yaml").write_text(block.partition("```")[0])
    recipe = read(tmp_path / "house.yaml")
    check_whole(recipe)
    assert all(wishes_of(step, recipe) for step in recipe.steps)
    assert otherwise_of(recipe.steps[1], recipe)["model"] == "llama-3.1-8b"


def test_the_readme_of_the_recipes_names_all_of_them():
    text = (RECIPES / "README.md").read_text()
    assert all(f"[{path.stem}]({path.name})" in text for path in RECIPES.glob("*.yaml"))
