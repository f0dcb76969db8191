"""A recipe's YAML is read with the place of every value; what is hostile or out of shape is refused by its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiprov.errors import ConfigError
from aiprov.recipes import find, read, shipped

ROOT = Path(__file__).parents[2]
NAMES = ["archive", "hybrid", "minutes", "private", "subtitles"]


@pytest.fixture
def recipe(tmp_path):
    def written(text):
        path = tmp_path / "house.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read(path)

    return written


def test_a_recipe_has_a_name_a_description_options_and_steps(recipe):
    found = recipe(
        """\
description: What we do with board meetings.
language: de
steps:
  - transcribe
  - summarize:
      style: brief
      otherwise: {method: extractive}
  - export:
  - embed: {}
"""
    )
    assert (found.name, found.description, list(found.options)) == (
        "house",
        "What we do with board meetings.",
        ["language"],
    )
    assert [step.name for step in found.steps] == ["transcribe", "summarize", "export", "embed"]
    minutes = found.steps[1]
    assert (minutes.options["style"].node.text, minutes.options["style"].node.line) == ("brief", 6)
    assert list(minutes.otherwise) == ["method"]
    assert found.steps[0].otherwise is None
    assert "otherwise" not in minutes.options


WRONG = {
    "nothing at all": ("", "is empty"),
    "a list at the top": ("- transcribe", "line 1: the document has to hold keys"),
    "no steps": ("description: x", "line 1: the recipe has no steps"),
    "steps that are a map": ("steps: {transcribe: {}}", "line 1: steps has to be a list"),
    "no step among the steps": ("steps: []", "line 1: steps holds no step"),
    "two steps in one": ("steps:\n  - {transcribe: {}, embed: {}}", "line 2: steps[0] has to be one step"),
    "a step that nobody knows": ("steps:\n  - transcribe\n  - sumarize: {}", "line 3: steps[1].sumarize is not a step"),
    "a step that is a number": ("steps: [1]", "line 1: steps[0] has to hold keys"),
    "a step that is nothing": ("steps: [~]", "line 1: steps[0] has to be one step"),
    "options that are a list": ("steps:\n  - embed: [1]", "line 2: steps[0].embed has to hold keys"),
    "transcribing last": ("steps: [summarize, transcribe]", "line 1: steps[1] comes too late"),
    "a step twice": ("steps:\n  - transcribe\n  - transcribe", "line 3: steps[1] is there twice"),
    "an archive before the minutes": ("steps: [embed, summarize]", "line 1: steps[0] comes too early"),
    "another way to embed": (
        "steps:\n  - embed:\n      otherwise: {}",
        "line 3: steps[0].embed.otherwise is not known",
    ),
    "a description of two lines": ('description: "a\\nb"\nsteps: [embed]', "line 1: description is not usable text"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_has_not_the_shape_is_refused_by_line_and_place(recipe, case):
    text, said = WRONG[case]
    with pytest.raises(ConfigError) as caught:
        recipe(text)
    assert "house.yaml" in caught.value.message
    assert said in caught.value.message
    assert caught.value.hint


def test_a_step_that_is_nearly_right_is_named(recipe):
    with pytest.raises(ConfigError) as caught:
        recipe("steps: [summarise]")
    assert caught.value.hint == "did you mean summarize?"


def bomb():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join([*lines, "steps: [transcribe]"])


HOSTILE = {
    "an alias bomb": bomb(),
    "an alias": "a: &a {x: 1}\nsteps: [embed: *a]",
    "a merge key": "steps:\n  - embed: {<<: {a: 1}}",
    "a tag that builds objects": 'steps: !!python/object/apply:os.system ["true"]',
    "a standard tag": "steps: [!!str transcribe]",
    "a key twice": "steps: [embed]\nsteps: [transcribe]",
    "an option twice": "steps:\n  - embed: {model: a, model: b}",
    "two documents": "steps: [embed]\n---\nsteps: [embed]",
    "too large": "# " + "x" * 70_000 + "\nsteps: [embed]",
    "nested too deep": "steps: [embed: {model: " + "[" * 200 + "]" * 200 + "}]",
    "very deep and open": "[" * 50_000,
    "not UTF-8": b"steps: [\xff\xfe]",
    "a NUL": "steps: [em\0bed]",
    "a terminal escape": 'steps:\n  - "\\e[2J": {}',
    "a key of a provider": "steps:\n  - summarize: {prompt: sk-canary-0123456789abcdef}",
    "a brace left open": "steps: [embed",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_yaml_is_refused_without_its_values(recipe, case):
    with pytest.raises(ConfigError) as caught:
        recipe(HOSTILE[case])
    said = f"{caught.value.message} {caught.value.hint}"
    assert "house.yaml" in said
    assert "canary" not in said
    assert said.isprintable()


def test_the_recipes_that_come_with_aiprov_are_found_by_name():
    assert list(shipped()) == NAMES
    for name, path in shipped().items():
        assert find(name) == path
        found = read(path)
        assert found.description.endswith(".")
        assert found.path == ROOT / "recipes" / f"{name}.yaml"


def test_a_file_is_found_by_its_path_and_a_name_that_is_nearly_right_is_said(tmp_path):
    own = tmp_path / "minutes"
    own.write_text("steps: [embed]")
    assert find(str(own)) == own
    assert find("minutes") != own
    with pytest.raises(ConfigError, match=r"no recipe gone\.yaml"):
        find("gone.yaml")
    with pytest.raises(ConfigError, match="no recipe 'minuts'") as caught:
        find("minuts")
    assert "did you mean minutes?" in caught.value.hint


def test_a_folder_is_no_recipe(tmp_path):
    with pytest.raises(ConfigError, match="there is no recipe"):
        find(str(tmp_path))
