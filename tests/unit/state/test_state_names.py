"""Names that people gave to speakers are kept for their recording."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aiprov.state import State, schema


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "state.sqlite3") as opened:
        yield opened


def test_names_are_found_again_by_the_recordings_content(state: State) -> None:
    state.give_names("a" * 64, {12.345: "Maria", 3.5: ""})
    assert state.given_names("a" * 64) == {3.5: "", 12.345: "Maria"}
    assert state.given_names("b" * 64) == {}


def test_new_names_replace_all_that_were_given_before(state: State) -> None:
    state.give_names("a" * 64, {1.0: "Maria", 2.0: "Peter"})
    state.give_names("b" * 64, {1.0: "Bob"})
    state.give_names("a" * 64, {3.0: "Maria"})
    assert state.given_names("a" * 64) == {3.0: "Maria"}
    assert state.given_names("b" * 64) == {1.0: "Bob"}


def test_a_file_of_the_second_version_gets_a_place_for_names(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(";".join(schema.MIGRATIONS[:2]))
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 2")
    with State(path) as state:
        assert state.given_names("a" * 64) == {}
        state.give_names("a" * 64, {1.0: "Maria"})
        assert state.given_names("a" * 64) == {1.0: "Maria"}
