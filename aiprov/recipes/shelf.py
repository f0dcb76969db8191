"""Where recipes lie: those that come with aiprov, by name, and files of the user's."""

from __future__ import annotations

from pathlib import Path

from aiprov.errors import ConfigError
from aiprov.recipes.recipe import near

_ENDINGS = (".yaml", ".yml")


def shipped() -> dict[str, Path]:
    """The recipes that come with aiprov, by name: from the package, or from a checkout that is installed editable."""
    here = Path(__file__).resolve().parent
    found = sorted(here.glob("*.yaml")) or sorted((here.parents[1] / "recipes").glob("*.yaml"))
    return {path.stem: path for path in found}


def find(wished: str) -> Path:
    """The file of a recipe: one that comes with aiprov, by its name, or any file.

    Raises:
        ConfigError: There is no such recipe.
    """
    known = shipped()
    if wished in known:
        return known[wished]
    path = Path(wished)
    if path.is_file():
        return path
    if path.suffix in _ENDINGS or len(path.parts) > 1:
        raise ConfigError(f"there is no recipe {wished}", "check the file's name; `aiprov recipes list` shows others")
    raise ConfigError(f"there is no recipe {wished!r}", f"{near(wished, known)} A file of yours: name.yaml")
