"""`aiprov recipes`: which there are, what they say, and whether one of your own is right. Carries out none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aiprov.cli.command import App
from aiprov.cli.output import Output
from aiprov.cli.wishes import Json

if TYPE_CHECKING:
    from aiprov.configfile.values import Value
    from aiprov.recipes import Recipe

app = App(
    help="List, show and check recipes.",
    examples=["aiprov recipes list", "aiprov recipes show minutes > house.yaml", "aiprov recipes check house.yaml"],
)

Name = Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's name, or a file of yours.")]


@app.command("list", examples=["aiprov recipes list", "aiprov recipes list --json"])
def list_recipes(json: Json = False) -> int:
    """List the recipes that come with aiprov."""
    from aiprov.recipes import read, shipped

    out, found = Output(json=json), [read(path) for path in shipped().values()]
    if json:
        out.document({"schema": 1, "recipes": [_shape(each) for each in found]})
    else:
        out.table(("name", "steps", ""), [(each.name, _steps(each), each.description) for each in found])
    return 0


@app.command(examples=["aiprov recipes show hybrid", "aiprov recipes show minutes > house.yaml"])
def show(recipe: Name, json: Json = False) -> int:
    """Print a recipe.

    What is printed is a recipe again: change it, and give the file to `aiprov run`.
    """
    from aiprov.recipes import find, read

    out, found = Output(json=json), read(find(recipe))
    if json:
        out.document({"schema": 1, "recipe": _shape(found)})
    else:
        out.data(found.text.rstrip("\n"))
    return 0


@app.command(examples=["aiprov recipes check house.yaml", "aiprov recipes check house.yaml --json"])
def check(recipe: Name, json: Json = False) -> int:
    """Check a recipe without doing anything.

    Every step, option and value is looked at as `aiprov run` would, with the settings that apply here. The exit code is
    2 when something is not right, and the message names file, line and key.
    """
    from aiprov import settings
    from aiprov.cli.recipe_options import options_from
    from aiprov.recipes import find, read

    out = Output(json=json)
    found = read(find(recipe))
    options_from(found, {}, settings.load(settings.find_env_file()), (), out)
    out.line(f"{found.path} is right: {_steps(found)}")
    if json:
        out.document({"schema": 1, "recipe": _shape(found)})
    return 0


def _steps(recipe: Recipe) -> str:
    return ", ".join(step.name for step in recipe.steps)


def _shape(recipe: Recipe) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "path": str(recipe.path),
        "description": recipe.description,
        "options": _said(recipe.options),
        "steps": [
            {"step": step.name, "options": _said(step.options)}
            | ({} if step.otherwise is None else {"otherwise": _said(step.otherwise)})
            for step in recipe.steps
        ],
    }


def _said(options: Mapping[str, Value]) -> dict[str, Any]:
    return {name: value.anything() for name, value in options.items()}
