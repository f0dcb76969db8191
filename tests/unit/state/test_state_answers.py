from __future__ import annotations

import hashlib
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.state import State


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "state.sqlite3") as state:
        yield state


def keep(state: State, request_hash: str, answer: bytes | None) -> None:
    attempt = state.begin_attempt(
        state.begin_run("test"), operation="chat", provider="p", model="m", request_hash=request_hash, path=Path("x")
    )
    state.settle(attempt, cost=Decimal(0), usage={}, answer=answer)


@pytest.mark.parametrize(
    "answer",
    [b"", b"words", bytes(range(256)) * 100, "Zürich 東京".encode(), random.Random(1).randbytes(8192), b"x" * 8193],
)
def test_an_answer_comes_back_byte_by_byte(state: State, answer: bytes) -> None:
    keep(state, "h", answer)
    assert state.answer("h") == answer


def test_an_answer_takes_less_room_than_its_words(state: State, tmp_path: Path) -> None:
    keep(state, "h", b"the same words over and over " * 40_000)
    state.close()
    assert (tmp_path / "state.sqlite3").stat().st_size < 200_000


def test_an_attempt_can_be_settled_without_an_answer(state: State) -> None:
    keep(state, "h", None)
    assert state.answer("h") is None


def test_of_several_requests_the_first_that_has_an_answer_counts(state: State) -> None:
    for name in ("a", "b"):
        keep(state, name, name.encode())
    assert state.first_answer(["c", "b", "a"]) == ("b", b"b")
    assert state.first_answer(["a", "b"]) == ("a", b"a")
    assert state.first_answer(["c", "d"]) is None


def test_digests_of_many_answers_come_in_a_few_queries(state: State) -> None:
    for name in ("a", "b"):
        keep(state, name, name.encode())
    queries: list[str] = []
    state._connection.set_trace_callback(queries.append)
    found = state.answer_digests(["a", "b", *map(str, range(10_000))])
    assert found == {name: hashlib.sha256(name.encode()).hexdigest() for name in ("a", "b")}
    assert len(queries) == 3


def test_a_forgotten_answer_is_gone_and_its_charge_stays(state: State) -> None:
    keep(state, "h", b"words")
    state.forget_answer("h")
    state.forget_answer("never there")
    assert state.answer("h") is None
    assert state.charges()[0].attempts == 1


def test_the_file_and_what_sqlite_lays_beside_it_are_private(state: State, tmp_path: Path) -> None:
    keep(state, "h", b"words")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"state.sqlite3", "state.sqlite3-wal", "state.sqlite3-shm"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_file_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    State(path).close()
    path.chmod(0o644)
    State(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_every_connection_waits_and_writes_ahead_and_syncs_unless_told_otherwise(state: State) -> None:
    connection = state._connection
    settings = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert settings == {"journal_mode": "wal", "synchronous": 2}
    assert connection.execute("PRAGMA busy_timeout").fetchone()[0] == 30_000


def test_an_older_file_is_brought_up_to_date_and_keeps_its_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.sqlite3"
    with State(path) as state:
        keep(state, "h", b"words")
    from aiprov.state import schema

    more = "CREATE TABLE budgets (run_id TEXT); ALTER TABLE runs ADD COLUMN host TEXT;"
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, more))
    for _ in range(2):
        with State(path) as state:
            assert state.answer("h") == b"words"
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
        assert connection.execute("SELECT host FROM runs").fetchall() == [(None,)]
    connection.close()


def test_opening_the_file_again_drops_no_lock_of_this_process(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with State(path) as first:
        keep(first, "h", b"words")
        State(path).close()
        # Were the locks gone, this process would take itself for the last one and remove the -wal at its end.
        code = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM runs'); c.close()"
        subprocess.run([sys.executable, "-c", code, str(path)], check=True)
        assert path.with_name("state.sqlite3-wal").exists()
        keep(first, "i", b"more words")
    with State(path) as again:
        assert again.answer("i") == b"more words"


def test_a_creation_that_was_killed_is_begun_anew(tmp_path: Path) -> None:
    for name in (
        ".state.sqlite3.new",
        ".state.sqlite3.new-journal",
        ".state.sqlite3.new-wal",
        ".state.sqlite3.new-shm",
    ):
        (tmp_path / name).write_bytes(b"half of something")
    with State(tmp_path / "state.sqlite3") as state:
        keep(state, "h", b"words")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "state.sqlite3"]
