"""A state file that is cut, altered, foreign or newer: named, kept, and never believed."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import zlib
from decimal import Decimal
from pathlib import Path

import pytest

from aiprov.errors import IntegrityError
from aiprov.state import State, schema

HASHES = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(40)]


def fill(state: State) -> None:
    run = state.begin_run("test")
    for number, request_hash in enumerate(HASHES):
        attempt = state.begin_attempt(
            run, operation="chat", provider="toy", model="m", request_hash=request_hash, path=Path(f"{number}.mp3")
        )
        answer = random.Random(number).randbytes(2000)
        state.settle(attempt, cost=Decimal(number) / 7, usage={"tokens": number}, answer=answer)
    state.end_run(run, 0)


def everything(path: Path) -> object:
    """All charges and answers, as they come out."""
    with State(path) as state:
        return state.charges(by="file"), [state.answer(request_hash) for request_hash in HASHES]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "state.sqlite3"
    with State(path) as state:
        fill(state)
    return path


def assert_refused(path: Path, match: str) -> IntegrityError:
    before = path.read_bytes()
    with pytest.raises(IntegrityError, match=match) as caught:
        everything(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 4
    assert path.read_bytes() == before
    return caught.value


@pytest.mark.parametrize("tenth", range(10))
def test_a_file_cut_anywhere_is_refused_and_kept(path: Path, tenth: int) -> None:
    os.truncate(path, path.stat().st_size * tenth // 10)
    assert "kept as it is" in str(assert_refused(path, "damaged").hint)


def test_a_flipped_byte_is_noticed_or_harmless(path: Path, tmp_path: Path) -> None:
    expected = everything(path)
    rng = random.Random(2)
    noticed = 0
    for number in range(100):
        copy = tmp_path / f"{number}.sqlite3"
        content = bytearray(path.read_bytes())
        content[rng.randrange(len(content))] ^= rng.randint(1, 255)
        copy.write_bytes(content)
        try:
            found = everything(copy)
        except IntegrityError:
            noticed += 1
        else:
            assert found == expected
    assert noticed > 30


def test_an_answer_that_an_index_has_lost_is_not_paid_for_again(path: Path, tmp_path: Path) -> None:
    expected, content = everything(path), path.read_bytes()
    wanted = HASHES[5].encode()
    places = [at for at in range(len(content)) if content.startswith(wanted, at)]
    assert len(places) == 3  # the ledger, the answers, and their index
    for at in places:
        copy = tmp_path / f"{at}.sqlite3"
        copy.write_bytes(content[:at] + (b"1" if wanted[:1] == b"0" else b"0") + content[at + 1 :])
        try:
            found = everything(copy)
        except IntegrityError:
            continue
        assert found == expected


def test_an_altered_amount_is_not_added_up(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE attempts SET cost = '0.01' WHERE id = 3")
    connection.close()
    with State(path) as state, pytest.raises(IntegrityError, match="row 3 of the ledger"):
        state.charges()


@pytest.mark.parametrize("content", [b"no zlib", b"", zlib.compress(b"another answer"), "text"])
def test_an_altered_answer_is_not_used(path: Path, content: object) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE answers SET content = ? WHERE request_hash = ?", (content, HASHES[0]))
    connection.close()
    with State(path) as state:
        with pytest.raises(IntegrityError, match=HASHES[0][:12]) as caught:
            state.answer(HASHES[0])
        assert "--force" in str(caught.value.hint)
        assert state.answer(HASHES[1])


def killed_while_open(path: Path) -> None:
    """Leave the file as a killed process does, with its newest entries in `-wal`."""
    pid = os.fork()
    if pid == 0:
        try:
            fill(State(path))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_entries_of_a_killed_process_are_there(path: Path) -> None:
    before = everything(path)
    path.unlink()
    killed_while_open(path)
    assert path.with_name("state.sqlite3-wal").stat().st_size > 0
    assert everything(path) == before


def test_a_removed_wal_is_noticed(path: Path) -> None:
    path.unlink()
    killed_while_open(path)
    path.with_name("state.sqlite3-wal").unlink()
    with pytest.raises(IntegrityError, match=r"state\.sqlite3-wal, which holds the newest entries, is gone"):
        State(path)
    path.with_name("state.sqlite3-shm").unlink()
    with State(path) as state:  # as the hint says: what was saved before the -wal
        assert state.charges() == []


def test_a_wal_without_its_file_is_noticed(path: Path) -> None:
    path.unlink()
    killed_while_open(path)
    path.unlink()
    with pytest.raises(IntegrityError, match=r"it is gone, but state\.sqlite3-wal is there"):
        State(path)
    assert not path.exists()


def test_a_newer_file_is_refused_with_both_versions(path: Path) -> None:
    newer = len(schema.MIGRATIONS) + 1
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {newer}")
    connection.close()
    error = assert_refused(path, f"its version {newer}, known here {newer - 1}")
    assert "update aiprov" in str(error.hint)


def test_another_programs_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    assert_refused(path, "a database of another program")


@pytest.mark.parametrize("content", [b"", b"SQLite", b"just some text, no database at all" * 10, b"\x1f\x8b" * 100])
def test_what_is_no_database_is_refused_and_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.sqlite3"
    path.write_bytes(content)
    assert_refused(path, "is damaged: (it is empty|file is not a database)")


def test_a_missing_file_is_made_new_and_private(path: Path) -> None:
    shutil.rmtree(path.parent)
    with State(path) as state:
        assert state.charges() == []
    assert path.stat().st_mode & 0o777 == 0o600
