from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiprov.files import sha256_of
from aiprov.state import State

OLD_NS = 1_700_000_000_000_000_000


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "state.sqlite3") as state:
        yield state


class Hasher:
    """Counts how often a file is really read."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, path: Path) -> str:
        self.calls += 1
        return sha256_of(path)


def put(path: Path, content: bytes, mtime_ns: int = OLD_NS) -> Path:
    path.write_bytes(content)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return path


def test_a_file_is_read_once_while_it_looks_the_same(state: State, tmp_path: Path) -> None:
    path, hasher = put(tmp_path / "a", b"words"), Hasher()
    first = state.content_sha256(path, hasher)
    assert [state.content_sha256(path, hasher) for _ in range(3)] == [first] * 3
    assert hasher.calls == 1
    assert state.known_sha256([path, tmp_path / "other"]) == {path: first}


def test_another_size_time_or_inode_means_reading_again(state: State, tmp_path: Path) -> None:
    path, hasher = put(tmp_path / "a", b"words"), Hasher()
    state.content_sha256(path, hasher)
    put(path, b"longer words")
    state.content_sha256(path, hasher)
    put(path, b"longer cords", OLD_NS + 1)
    state.content_sha256(path, hasher)
    put(tmp_path / "new", b"langer cords", OLD_NS + 1).replace(path)
    assert state.content_sha256(path, hasher) == sha256_of(path)
    assert hasher.calls == 4


def test_a_file_that_was_just_changed_is_not_remembered(state: State, tmp_path: Path) -> None:
    path, hasher = put(tmp_path / "a", b"words", time.time_ns() - 1_000_000_000), Hasher()
    state.content_sha256(path, hasher)
    facts = path.stat()
    path.write_bytes(b"cords")
    os.utime(path, ns=(facts.st_mtime_ns, facts.st_mtime_ns))
    assert state.content_sha256(path, hasher) == sha256_of(path)
    assert hasher.calls == 2


def test_a_file_with_a_time_in_the_future_is_not_remembered(state: State, tmp_path: Path) -> None:
    path, hasher = put(tmp_path / "a", b"words", time.time_ns() + 10**15), Hasher()
    assert state.content_sha256(path, hasher) == state.content_sha256(path, hasher)
    assert hasher.calls == 2


def test_a_file_that_changes_while_it_is_read_is_not_remembered(state: State, tmp_path: Path) -> None:
    path = put(tmp_path / "a", b"words")

    def slow(source: Path) -> str:
        digest = sha256_of(source)
        put(source, b"more words")
        return digest

    state.content_sha256(path, slow)
    assert state.content_sha256(path, sha256_of) == sha256_of(path)


def test_a_link_is_remembered_under_its_target(state: State, tmp_path: Path) -> None:
    path, hasher = put(tmp_path / "a", b"words"), Hasher()
    (tmp_path / "link").symlink_to(path)
    assert state.content_sha256(tmp_path / "link", hasher) == state.content_sha256(path, hasher)
    assert hasher.calls == 1


def test_a_missing_file_is_the_callers_to_report(state: State, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        state.content_sha256(tmp_path / "missing", sha256_of)
