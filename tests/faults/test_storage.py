"""Disks that are full, torn writes and folders that cannot be used: exit 6, nothing lost, nothing half-written."""

from __future__ import annotations

import errno
import os
import resource
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from aiprov.errors import StorageError
from aiprov.files import write_atomic
from aiprov.state import State
from batch_world import PRICE, ToyWork, World


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a fork, so that what it does to the process stays there; 0 when it returns."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "in", tmp_path / "home")


def test_a_torn_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")

    def write() -> None:
        limit_files(4096)
        with pytest.raises(StorageError, match=r"cannot write .*a\.json: File too large") as caught:
            write_atomic(path, b"x" * 100_000)
        assert "ulimit" in str(caught.value.hint)

    assert in_child(write) == 0
    assert os.listdir(tmp_path) == ["a.json"]
    assert path.read_bytes() == b"old"


def test_a_run_whose_output_does_not_fit_ends_with_the_answer_kept(world: World) -> None:
    world.put("a.mp3", "small")
    world.put("b.mp3", "word " * 300_000)

    def shout() -> None:
        limit_files(1_000_000)
        report = world.shout(work=one_at_a_time)
        assert report.exit_code == 6
        assert isinstance(report.ended_by, StorageError)
        assert [(file.path.name, file.status) for file in report.files] == [("a.mp3", "done"), ("b.mp3", "failed")]

    assert in_child(shout) == 0
    assert sorted(os.listdir(world.root)) == ["a.json", "a.mp3", "a.txt", "b.mp3"]
    toys: list[ToyWork] = []
    assert world.shout(work=toys.append).exit_code == 0
    assert toys[0].calls == []
    with State(world.home / "state.sqlite3") as state:
        assert [(row.cost, row.unknown) for row in state.charges(by="file")] == [(PRICE, 0)] * 2


def one_at_a_time(work: ToyWork) -> None:
    work.workers = 1
    work.lengths = {"a.mp3": 2.0}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_write_that_does_not_reach_the_disk_is_not_done(
    world: World, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    for name in ("a.mp3", "b.mp3", "c.mp3"):
        world.put(name)

    def failing(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", failing)
        report = world.shout(work=one_at_a_time)
    assert (report.exit_code, report.count("done"), report.count("failed")) == (6, 0, 1)
    assert os.strerror(code) in report.ended_by.message
    assert report.ended_by.hint
    assert sorted(os.listdir(world.root)) == ["a.mp3", "b.mp3", "c.mp3"]
    assert world.shout().count("done") == 3


def test_a_full_state_file_stops_the_run_before_the_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("a.mp3")
    world.shout()
    world.put("b.mp3", "other words")
    toys: list[ToyWork] = []

    def full(work: ToyWork) -> None:
        toys.append(work)
        begin = work.state.begin_attempt

        def begin_on_a_full_disk(*given: object, **named: object) -> int:
            connection = work.state._connection
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
            return [begin(*given, **named) for _ in range(10_000)][-1]

        monkeypatch.setattr(work.state, "begin_attempt", begin_on_a_full_disk)

    report = world.shout(work=full)
    assert report.exit_code == 6
    assert "the disk is full" in report.ended_by.message
    assert not (world.root / "b.json").exists()
    assert world.shout().count("done") == 1


def test_an_output_folder_below_a_file_is_refused_before_any_work(world: World) -> None:
    world.put("a.mp3")
    occupied = world.root / "occupied"
    occupied.write_text("a file")
    toys: list[ToyWork] = []
    for folder in (occupied, occupied / "below"):
        with pytest.raises(StorageError, match="occupied") as caught:
            world.shout(output_dir=folder, work=toys.append)
        assert "--output-dir" in str(caught.value.hint)
    assert all(toy.calls == [] for toy in toys)


def test_a_state_file_that_cannot_be_made_is_named(world: World) -> None:
    world.put("home", "a file where the folder should be")
    with pytest.raises(StorageError, match=r"cannot use .*state\.sqlite3"):
        State(world.root / "home" / "state.sqlite3")


def test_a_state_file_that_stays_locked_ends_in_a_storage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.sqlite3"
    State(path).close()
    monkeypatch.setattr("aiprov.state.db.BUSY_S", 0.0)
    holder = sqlite3.connect(path, isolation_level=None)
    with State(path) as state:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked"):
            state.begin_run("second")
        holder.execute("ROLLBACK")
        state.begin_run("third")
    holder.close()
