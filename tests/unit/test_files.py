from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import socket
import stat
from pathlib import Path

import pytest

from aiprov.errors import Busy, StorageError
from aiprov.files import RunLock, sha256_of, storage_error, sweep_parts, write_atomic


def test_the_hash_of_a_file_is_its_contents(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_hashing_tells_its_progress_and_can_be_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * (2 << 20) + b"y")
    blocks: list[int] = []
    sha256_of(path, blocks.append)
    assert blocks == [1 << 20, 1 << 20, 1]

    def stop(size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sha256_of(path, stop)


def test_an_atomic_write_makes_folders_and_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.txt"
    write_atomic(path, b"first")
    write_atomic(path, b"second")
    assert path.read_bytes() == b"second"
    assert os.listdir(path.parent) == ["a.txt"]


@pytest.mark.parametrize(
    "name", ["x" * 251 + ".txt", "ж" * 125 + ".txt", "a\nb.txt", "-rf", "\u202egpj.txt", "\udcff.txt", "a\x07.txt"]
)
def test_any_name_that_the_file_system_takes_can_be_written(tmp_path: Path, name: str) -> None:
    write_atomic(tmp_path / name, b"content")
    assert os.listdir(tmp_path) == [name]


def test_a_symbolic_link_is_replaced_and_never_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    link = tmp_path / "out.txt"
    link.symlink_to(target)
    write_atomic(link, b"ours")
    assert target.read_bytes() == b"precious"
    assert not link.is_symlink()
    assert link.read_bytes() == b"ours"


def test_a_write_that_breaks_off_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a.txt", b"content")
    assert os.listdir(tmp_path) == []


def test_the_content_reaches_the_disk_before_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        seen.append(sorted(name.rsplit("-", 1)[-1] for name in os.listdir(tmp_path)))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    write_atomic(tmp_path / "a.txt", b"content")
    assert seen == [["a.txt.part"], ["a.txt"]]


def test_a_file_system_that_cannot_sync_folders_is_good_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def no_folders(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", no_folders)
    write_atomic(tmp_path / "a.txt", b"content")
    assert (tmp_path / "a.txt").read_bytes() == b"content"


def test_a_folder_in_the_way_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt" / "inner").mkdir(parents=True)
    with pytest.raises(StorageError, match=r"cannot write .*a\.txt: Is a directory"):
        write_atomic(tmp_path / "a.txt", b"content")
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.ENOTDIR])
def test_a_storage_error_names_the_file_and_a_next_step(code: int) -> None:
    error = storage_error(OSError(code, os.strerror(code)), Path("out/a.json"))
    assert error.message == f"cannot write out/a.json: {os.strerror(code)}"
    assert error.hint
    assert error.exit_code == 6


def test_sweeping_takes_our_leftovers_and_nothing_else(tmp_path: Path) -> None:
    for name in (".aiprov-0123456789abcdef-a.json.part", "a.part", ".aiprov-notes", "a.json"):
        (tmp_path / name).write_bytes(b"")
    sweep_parts(tmp_path)
    sweep_parts(tmp_path / "missing")
    assert sorted(os.listdir(tmp_path)) == [".aiprov-notes", "a.json", "a.part"]


def test_a_lock_holds_every_folder_and_leaves_nothing_behind(tmp_path: Path) -> None:
    one, two, notes = tmp_path / "one", tmp_path / "two", tmp_path / "locks"
    with RunLock([two, one], notes):
        for folder in (one, two):
            with pytest.raises(Busy, match=f"{folder} is in use by another run .process {os.getpid()} on "):
                RunLock([folder], notes).__enter__()
    assert os.listdir(notes) == []
    assert os.listdir(one) == []
    with RunLock([one, two], notes):
        pass


def test_a_run_that_meets_a_lock_holds_none_of_its_folders(tmp_path: Path) -> None:
    free, held, notes = tmp_path / "a", tmp_path / "b", tmp_path / "locks"
    with RunLock([held], notes):
        with pytest.raises(Busy):
            RunLock([free, held], notes).__enter__()
        with RunLock([free], notes):
            pass


def test_two_names_of_one_folder_are_one_lock(tmp_path: Path) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    names = [folder, tmp_path / "link", tmp_path / "real" / ".." / "real"]
    with RunLock(names, tmp_path / "locks"), pytest.raises(Busy):
        RunLock(names[1:2], tmp_path / "locks").__enter__()


def test_waiting_ends_when_the_lock_is_free(tmp_path: Path) -> None:
    holder = RunLock([tmp_path / "a"], tmp_path / "locks")
    holder.__enter__()
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            holder.release()

    with RunLock([tmp_path / "a"], tmp_path / "locks", wait=True, sleep=wait):
        assert len(waits) == 3


@pytest.mark.parametrize(
    "note",
    [
        "",
        "{",
        "[]",
        '{"pid": "x"}',
        '{"pid": -1, "host": "HOST"}',
        '{"pid": 0, "host": "HOST"}',
        '{"pid": 99999999999999999999, "host": "HOST"}',
        '{"pid": 1e400, "host": "HOST"}',
        '{"pid": {}, "host": []}',
        "\x00" * 100,
    ],
)
def test_a_garbled_note_does_not_hide_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, note: str) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with RunLock([tmp_path / "a"], tmp_path / "locks"):
        (path,) = (tmp_path / "locks").iterdir()
        path.write_text(note.replace("HOST", socket.gethostname()))
        with pytest.raises(Busy, match="its process could not be named"):
            RunLock([tmp_path / "a"], tmp_path / "locks").__enter__()


def test_a_note_of_a_dead_process_names_nobody_and_one_from_elsewhere_its_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    with RunLock([tmp_path / "a"], tmp_path / "locks"):
        (path,) = (tmp_path / "locks").iterdir()
        for host, said in ((socket.gethostname(), "could not be named"), ("elsewhere", f"process {pid} on elsewhere")):
            path.write_text(json.dumps({"pid": pid, "host": host}))
            with pytest.raises(Busy, match=said):
                RunLock([tmp_path / "a"], tmp_path / "locks").__enter__()


def test_a_lock_without_room_for_its_note_holds_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("a file where the folder should be")
    with RunLock([tmp_path / "a"], tmp_path / "locks"):
        pass


def test_a_folder_that_cannot_be_locked_is_held_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock = fcntl.flock

    def like_nfs(descriptor: int, operation: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EBADF, "Bad file descriptor")
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", like_nfs)
    for _ in range(2):
        with RunLock([tmp_path / "a"], tmp_path / "locks"), pytest.raises(Busy, match=f"process {os.getpid()}"):
            RunLock([tmp_path / "a"], tmp_path / "locks").__enter__()


def test_more_folders_than_descriptors_are_locked_anyway(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, before[1]))
    try:
        with RunLock([tmp_path / str(number) for number in range(100)], tmp_path / "locks"):
            assert len(os.listdir(tmp_path / "locks")) == 100
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
