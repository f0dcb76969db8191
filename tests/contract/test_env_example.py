"""`.env.example` names the settings that have an effect, all of them and no others, with their defaults."""

import ast
import re
from dataclasses import fields, replace
from pathlib import Path

from aiprov import settings

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
NAMED = dict(re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE, re.M))
# They show settings and act on none; settings.py defines them.
SHOWING = {"doctor.py", "service.py", "settings.py"}
# Folders and files below `home`.
BELOW_HOME = {name for name, value in vars(settings.Settings).items() if isinstance(value, property)}
# `keys.py` reads these by the names of their providers.
KEYS = {"openai_api_key", "anthropic_api_key"}
FIELDS = {field.name for field in fields(settings.Settings)} - {"env_file"}


def taken_from_settings(path: Path) -> set[str]:
    """Attributes that a module takes from something called `settings`."""
    found = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute))
    return {node.attr for node in found if ast.unparse(node.value).rpartition(".")[2] == "settings"}


def test_the_example_names_the_settings_that_have_an_effect():
    modules = [path for path in (ROOT / "aiprov").rglob("*.py") if path.name not in SHOWING]
    taken = set().union(*map(taken_from_settings, modules))
    acting = KEYS | {"home" if name in BELOW_HOME else name for name in taken} & FIELDS
    assert set(NAMED) == {settings._VARIABLES.get(name, name.upper()) for name in acting}


def test_the_example_shows_the_defaults(tmp_path, monkeypatch):
    monkeypatch.delenv("AIPROV_HOME")
    lines = [f"{name}={value}" for name, value in NAMED.items() if name != "AIPROV_HOME"]
    written = tmp_path / "example"
    written.write_text("\n".join(lines))
    assert replace(settings.load(written), env_file=None) == settings.load()
