"""Every command has a help page that says what it does and shows how it is typed."""

import re
import shlex

import pytest
from typer.main import get_command

from aiprov.cli.app import app
from cli_world import aiprov


def commands(group=None, path=()):
    """Yield every command with its path, nouns with verbs included."""
    group = group or get_command(app)
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        yield (*path, name), command
        if hasattr(command, "list_commands"):
            yield from commands(command, (*path, name))


COMMANDS = dict(commands())
each_command = pytest.mark.parametrize("path", COMMANDS, ids=" ".join)


@each_command
def test_a_help_page_says_what_the_command_does_and_ends_with_examples(path):
    page = aiprov(*path, "--help")
    assert page.exit_code == 0
    assert page.stdout.startswith(f"Usage: aiprov {' '.join(path)} ")
    examples = page.stdout.split("\nExamples:\n")[1].splitlines()
    assert examples
    assert any(f"aiprov {' '.join(path)}" in example for example in examples)
    assert page.stdout == aiprov(*path, "-h").stdout


@each_command
def test_the_first_line_of_help_is_one_sentence(path):
    first = COMMANDS[path].help.split("\n\n")[0]
    assert first.endswith(".")
    assert first[0].isupper()


@each_command
def test_every_option_is_explained(path):
    for param in COMMANDS[path].params:
        assert param.help, param.name


@each_command
def test_examples_are_command_lines_that_parse(path):
    for example in COMMANDS[path].epilog.splitlines():
        words = shlex.split(re.search(r"aiprov [^|>)]*", example)[0])[1:]
        command = get_command(app)
        while words and hasattr(command, "list_commands"):
            command = command.get_command(None, words.pop(0))
        command.make_context("aiprov", words, resilient_parsing=False).close()


def test_the_overview_says_of_each_noun_what_its_own_page_says():
    overview = get_command(app)
    for name, noun in overview.nouns.items():
        assert overview.get_command(None, name).help.split("\n\n")[0].replace("\n", " ") == noun.help
