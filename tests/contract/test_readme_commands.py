"""What the README tells people to type exists."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from aiprov.cli.app import app

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def typed():
    """Every `aiprov ...` in a fenced block, cut at what the shell does with it."""
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.S | re.M):
        for command in re.findall(r"(?:^|[\s/;&(])aiprov ([a-z-][^|>;&#\n)]*)", block.replace("\\\n", " ")):
            yield command.strip()


@pytest.mark.parametrize("line", sorted(set(typed())) or [pytest.param("--help", id="none yet")])
def test_a_command_line_of_the_readme_parses(line):
    words = shlex.split(line)
    command = get_command(app)
    while words and hasattr(command, "list_commands") and not words[0].startswith("-"):
        command = command.get_command(None, words.pop(0))
        assert command is not None, line
    if not hasattr(command, "list_commands"):
        command.make_context("aiprov", words).close()
